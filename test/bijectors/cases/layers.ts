import * as b from '../../../src/bijectors/index.ts';
import type { Rng } from '../../../src/random.ts';
import * as oracles from '../../oracle/bijectors.ts';
import type { BijectorCase } from './bijectorCase.ts';

import { families } from './families.ts';

/** Over every family: of one number by a context, of some of three numbers, and a chain that takes each number in turn, by a context. */
const overFamilies: readonly BijectorCase[] = families.flatMap(({ family, oracle, domain, angles = false, shown }) => {
  const shared = { identity: true, angles, domain };
  const options = { family, hidden: [4] };
  const [first, second] = [[0], [1]].map(
    (transformed) => (rng: Rng) =>
      new b.Coupling({ ...options, dim: 2, contextDim: 2, transformed, rng: rng.split(transformed[0]!) }),
  );
  return [
    {
      ...shared,
      name: `Conditioned ${family.name}, conditional`,
      make: (rng: Rng) => new b.Conditioned({ ...options, dim: 1, contextDim: 2, rng }),
      oracle: oracles.conditioned(oracle),
      dim: 1,
      contextDim: 2,
    },
    {
      ...shared,
      name: `Coupling ${family.name}, three entries`,
      make: (rng: Rng) => new b.Coupling({ ...options, dim: 3, transformed: 'even', rng }),
      oracle: oracles.coupling(oracle, [0, 2], shown),
      dim: 3,
    },
    {
      ...shared,
      name: `Chain of couplings ${family.name}, conditional`,
      make: (rng: Rng) => new b.Chain([second!(rng), first!(rng)]),
      oracle: oracles.chain(oracles.coupling(oracle, [1], shown), oracles.coupling(oracle, [0], shown)),
      dim: 2,
      contextDim: 2,
    },
  ];
});

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
