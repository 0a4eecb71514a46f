import * as b from '../../../src/bijectors/index.ts';
import type { Rng } from '../../../src/random.ts';
import * as oracles from '../../oracle/bijectors.ts';
import type { BijectorCase } from './bijectorCase.ts';

import { families } from './families.ts';

/** Conditioned and Coupling over every family, with and without context, and Chains of them. */
const overFamilies: readonly BijectorCase[] = families.flatMap(({ family, oracle, domain, angles = false, shown }) =>
  [0, 2].flatMap((contextDim) => {
    const shared = { contextDim, identity: true, angles, domain };
    const options = { family, contextDim, hidden: [4] };
    const kind = `${family.name}${contextDim > 0 ? ', conditional' : ''}`;
    return [
      {
        ...shared,
        name: `Conditioned ${kind}`,
        make: (rng: Rng) => new b.Conditioned({ ...options, dim: 1, rng }),
        oracle: oracles.conditioned(oracle),
        dim: 1,
      },
      {
        ...shared,
        name: `Conditioned ${kind}, two entries`,
        make: (rng: Rng) => new b.Conditioned({ ...options, dim: 2, rng }),
        oracle: oracles.conditioned(oracle),
        dim: 2,
      },
      {
        ...shared,
        name: `Coupling ${kind}, three entries`,
        make: (rng: Rng) => new b.Coupling({ ...options, dim: 3, transformed: 'even', rng }),
        oracle: oracles.coupling(oracle, [0, 2], shown),
        dim: 3,
      },
      {
        ...shared,
        name: `Chain of couplings ${kind}`,
        make: (rng: Rng) =>
          new b.Chain([
            new b.Coupling({ ...options, dim: 2, transformed: 'second', rng: rng.split(0) }),
            new b.Coupling({ ...options, dim: 2, transformed: 'first', rng: rng.split(1) }),
          ]),
        oracle: oracles.chain(oracles.coupling(oracle, [1], shown), oracles.coupling(oracle, [0], shown)),
        dim: 2,
      },
    ];
  }),
);

export const layers: readonly BijectorCase[] = [
  ...overFamilies,
  {
    name: 'LocationScale',
    make: (rng) => new b.LocationScale({ dim: 2, rng }),
    oracle: oracles.locationScale(),
    dim: 2,
    identity: true,
  },
  {
    name: 'LocationScale, conditional, free scale',
    make: (rng) => new b.LocationScale({ dim: 2, contextDim: 2, hidden: [4], initialScale: 0.3, rng }),
    oracle: oracles.locationScale(),
    dim: 2,
    contextDim: 2,
  },
  {
    name: 'LocationScale, conditional scale',
    make: (rng) => new b.LocationScale({ dim: 2, contextDim: 2, hidden: [4], scale: 'state', initialScale: 0.3, rng }),
    oracle: oracles.locationScale(0.3),
    dim: 2,
    contextDim: 2,
  },
  {
    name: 'SoftmaxCentered',
    make: () => new b.SoftmaxCentered(2),
    oracle: () => (x) => {
      const weights = [...x, 0].map(Math.exp);
      const sum = weights.reduce((total, weight) => total + weight, 0);
      return weights.map((weight) => weight / sum);
    },
    inverse: () => (y) => y.slice(0, -1).map((value) => Math.log(value / y.at(-1)!)),
    dim: 2,
    outputDim: 3,
    edges: { inverse: [-1, 0, 1e-45, 1e-30, 0.3, 1, 100] },
  },
];
