import * as b from '../../../src/bijectors/index.ts';
import * as flows from '../../../src/flows/index.ts';
import * as oracles from '../../oracle/bijectors.ts';
import { type BlockOracleOptions, block, blockInverse } from '../../oracle/blockAutoregressive.ts';
import { triangularAffineParameters } from '../../oracle/linear.ts';
import type { BijectorCase } from './bijectorCase.ts';
import { BINS, BOUND } from './families.ts';

const reversed: oracles.Oracle = () => (x) => x.toReversed();
const inReverse = (oracle: oracles.Oracle): oracles.Oracle => oracles.chain(reversed, oracle, reversed);

interface Sizes {
  readonly dim: number;
  readonly hidden: readonly number[];
}

/** One number; two hidden layers; layers in which some number has no unit, or none that sees its own. */
const sizes: readonly Sizes[] = [
  { dim: 1, hidden: [3] },
  { dim: 2, hidden: [4, 3] },
  { dim: 3, hidden: [2, 4] },
];

const blocks: readonly BijectorCase[] = sizes.flatMap(({ dim, hidden }) =>
  [0, 2].flatMap((contextDim) =>
    (['inverse', 'forward'] as const).map((parallel): BijectorCase => {
      const options: BlockOracleOptions = { dim, contextDim };
      return {
        name: `BlockAutoregressive of ${dim}, parallel ${parallel}${contextDim > 0 ? ', conditional' : ''}`,
        make: (rng) => new b.BlockAutoregressive({ dim, contextDim, hidden, parallel, rng }),
        oracle: parallel === 'forward' ? block(options) : blockInverse(options),
        ...(parallel === 'inverse' && { inverse: block(options) }),
        dim,
        contextDim,
      };
    }),
  ),
);

/** Block neural autoregressive layers, triangular affine maps, and the flows of both: maps with a triangular Jacobian. */
export const triangular: readonly BijectorCase[] = [
  ...blocks,
  ...[0, 2].flatMap((contextDim): BijectorCase[] => {
    const suffix = contextDim > 0 ? ', conditional' : '';
    const sizes = { dim: 2, contextDim };
    const mix = oracles.conditioned(triangularAffineParameters(2));
    const bend = oracles.conditioned(oracles.spline(BINS, BOUND));
    return [
      ...[1, 3].map((dim) => ({
        name: `Conditioned triangularAffine of ${dim}${suffix}`,
        make: (rng: Parameters<BijectorCase['make']>[0]) =>
          new b.Conditioned({ dim, contextDim, family: b.triangularAffineFamily, hidden: [4], rng }),
        oracle: oracles.conditioned(triangularAffineParameters(dim)),
        dim,
        contextDim,
        identity: true,
      })),
      {
        name: `blockAutoregressiveFlow${suffix}`,
        make: (rng) => flows.blockAutoregressiveFlow({ ...sizes, hidden: [3], parallel: 'forward', rng }).bijector,
        oracle: oracles.chain(block(sizes), inReverse(block(sizes))),
        ...sizes,
      },
      {
        name: `triangularSplineFlow${suffix}`,
        make: (rng) =>
          flows.triangularSplineFlow({ ...sizes, layers: 2, bins: BINS, bound: BOUND, hidden: [3], rng }).bijector,
        oracle: oracles.chain(oracles.chain(mix, bend), oracles.chain(inReverse(mix), bend)),
        ...sizes,
        identity: true,
        domain: [-1.8, 1.8],
      },
    ];
  }),
];
