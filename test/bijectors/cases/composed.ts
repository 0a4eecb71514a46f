import * as b from '../../../src/bijectors/index.ts';
import * as oracles from '../../oracle/bijectors.ts';
import type { BijectorCase } from './bijectorCase.ts';

import { variable } from './variable.ts';

/** The tutorial's "MLP bijector", mixed with every other way to compose. */
const mixed: readonly BijectorCase[] = [
  {
    name: 'Chain of affine layers, PReLUs and a permutation',
    make: () =>
      new b.Chain([
        b.TriangularAffine.learnable(2),
        new b.PRelu({ dim: 2 }),
        new b.Reverse(2),
        new b.Invert(b.TriangularAffine.learnable(2)),
        new b.PRelu(),
      ]),
    oracle: oracles.chain(
      oracles.triangularAffine,
      oracles.prelu,
      () => (x) => x.toReversed(),
      oracles.inverted(oracles.triangularAffine),
      oracles.prelu,
    ),
    dim: 2,
  },
  {
    name: 'squashed conditional coupling',
    make: (rng) =>
      new b.Chain([
        new b.Tanh(),
        new b.Invert(
          new b.Invert(
            new b.Coupling({
              dim: 2,
              transformed: [1],
              family: b.affineFamily,
              contextDim: 1,
              hidden: [3],
              activation: 'silu',
              rng,
            }),
          ),
        ),
      ]),
    oracle: oracles.chain(
      oracles.elementwise(Math.tanh),
      oracles.inside(
        'bijector.bijector',
        oracles.coupling(oracles.affine, [1], undefined, (x) => x / (1 + Math.exp(-x))),
      ),
    ),
    dim: 2,
    contextDim: 1,
    domain: [-1.5, 1.5],
    edges: { inverse: [-1, -0.5, 0, 0.5, 1] },
  },
];

export const composed: readonly BijectorCase[] = [
  ...mixed,
  {
    name: 'Invert',
    make: () => new b.Invert(new b.ShiftScale({ shift: variable([1]), logScale: variable([1]) })),
    oracle: oracles.inverted((v) => (x) => x.map((value) => v.shift![0]! + value * Math.exp(v.logScale![0]!))),
    dim: 2,
    identity: true,
  },
  {
    name: 'Chain of elementwise bijectors',
    make: () => new b.Chain([new b.ShiftScale({ scale: 3, shift: 1 }), new b.Tanh()]),
    oracle: oracles.elementwise((x) => 1 + 3 * Math.tanh(x)),
    dim: 2,
    edges: { inverse: [-100, -2, 4, 100] },
  },
  {
    name: 'Blockwise',
    make: (rng) =>
      new b.Blockwise(
        [
          new b.Tanh(),
          new b.Coupling({ dim: 2, transformed: [1], family: b.affineFamily, contextDim: 2, hidden: [3], rng }),
          b.TriangularAffine.learnable(1),
        ],
        [1, undefined, undefined],
      ),
    oracle: (variables, context) => {
      const coupling = oracles.inside('bijectors.1', oracles.coupling(oracles.affine, [1]))(variables, context);
      const affine = oracles.inside('bijectors.2', oracles.triangularAffine)(variables, context);
      return (x) => [Math.tanh(x[0]!), ...coupling(x.slice(1, 3)), ...affine(x.slice(3))];
    },
    dim: 4,
    contextDim: 2,
    domain: [-1.5, 1.5],
    edges: { inverse: [-1, -0.5, 0, 0.5, 1] },
  },
  {
    name: 'Blockwise with a map to another size, inverted in a Chain',
    make: () =>
      new b.Invert(
        new b.Chain([
          new b.Invert(new b.Blockwise([new b.SoftmaxCentered(1), new b.Identity()], [undefined, 1])),
          new b.Shift([0.1, 0.2, 0.3]),
        ]),
      ),
    oracle: () => (x) => {
      const first = 1 / (1 + Math.exp(-x[0]!));
      return [first - 0.1, 1 - first - 0.2, x[1]! - 0.3];
    },
    inverse: () => (y) => [Math.log((y[0]! + 0.1) / (y[1]! + 0.2)), y[2]! + 0.3],
    dim: 2,
    outputDim: 3,
  },
];
