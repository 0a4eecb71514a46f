import * as b from '../../../src/bijectors/index.ts';
import * as flows from '../../../src/flows/index.ts';
import type { Rng } from '../../../src/random.ts';
import * as oracles from '../../oracle/autoregressive.ts';
import { affine, chain, circular, type FamilyOracle, spline } from '../../oracle/bijectors.ts';
import type { BijectorCase } from './bijectorCase.ts';

import { BINS, BOUND, cosSin, families } from './families.ts';

/** Autoregressive over every family, with a context parallel in the inverse, and without one forward. */
const layers: readonly BijectorCase[] = families.flatMap(({ family, oracle, domain, angles = false, shown }) =>
  (['inverse', 'forward'] as const).map((parallel): BijectorCase => {
    const contextDim = parallel === 'inverse' ? 2 : 0;
    // What takes many parameters is smaller, for the sake of the time that gradients by each in float64 take.
    const { order, hidden } =
      family.parameterCount > 2 ? { order: [1, 0], hidden: [3] } : { order: [2, 0, 1], hidden: [5, 4] };
    const dim = order.length;
    const of = parallel === 'forward' ? oracles.autoregressiveOfInput : oracles.autoregressiveOfOutput;
    return {
      name: `Autoregressive ${family.name}, parallel ${parallel}${contextDim > 0 ? ', conditional' : ''}`,
      make: (rng: Rng) => new b.Autoregressive({ dim, family, contextDim, parallel, order, hidden, rng }),
      oracle: of(oracle, { dim, contextDim, order, shown }),
      dim,
      contextDim,
      identity: true,
      angles,
      domain,
    };
  }),
);

interface FlowCase {
  readonly flow: (options: Parameters<typeof flows.maf>[0]) => flows.Flow;
  readonly oracle: FamilyOracle;
  readonly parallel: 'forward' | 'inverse';
  readonly angles?: boolean;
}

const flowCases: Record<string, FlowCase> = {
  maf: { flow: flows.maf, oracle: affine, parallel: 'inverse' },
  iaf: { flow: flows.iaf, oracle: affine, parallel: 'forward' },
  autoregressiveSplineFlow: {
    flow: (options) => flows.autoregressiveSplineFlow({ ...options, bins: BINS, bound: BOUND }),
    oracle: spline(BINS, BOUND),
    parallel: 'inverse',
  },
  circularAutoregressiveSplineFlow: {
    flow: (options) => flows.circularAutoregressiveSplineFlow({ ...options, bins: BINS, parallel: 'forward' }),
    oracle: circular(BINS),
    parallel: 'forward',
    angles: true,
  },
};

/** The bijectors of whole flows, whose layers go from left to right and from right to left. */
const wholeFlows: readonly BijectorCase[] = Object.entries(flowCases).flatMap(
  ([name, { flow, oracle, parallel, angles = false }]) =>
    [parallel === 'inverse' ? 2 : 0].map((contextDim): BijectorCase => {
      const layer = (order: readonly number[]) => {
        const shown = angles ? cosSin : undefined;
        const of = parallel === 'forward' ? oracles.autoregressiveOfInput : oracles.autoregressiveOfOutput;
        return of(oracle, { dim: 2, contextDim, order, shown });
      };
      return {
        name: `${name}${contextDim > 0 ? ', conditional' : ''}`,
        make: (rng) => flow({ dim: 2, contextDim, layers: 2, hidden: [3], rng }).bijector,
        oracle: chain(layer([0, 1]), layer([1, 0])),
        dim: 2,
        contextDim,
        identity: true,
        angles,
        domain: angles ? [-3, 3] : [-1.8, 1.8],
      };
    }),
);

export const autoregressive: readonly BijectorCase[] = [...layers, ...wholeFlows];
