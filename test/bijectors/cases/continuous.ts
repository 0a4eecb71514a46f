import * as b from '../../../src/bijectors/index.ts';
import { inverseNeuralOde, neuralOde } from '../../oracle/neuralOde.ts';
import type { BijectorCase } from './bijectorCase.ts';

const silu = (x: number): number => x / (1 + Math.exp(-x));

export const continuous: readonly BijectorCase[] = [
  {
    name: 'NeuralOde',
    make: (rng) => new b.NeuralOde({ field: new b.MlpField({ dim: 2, hidden: [4], rng }) }),
    oracle: neuralOde(),
    inverse: inverseNeuralOde(),
    dim: 2,
    identity: true,
  },
  {
    name: 'NeuralOde, conditional, two hidden layers',
    make: (rng) =>
      new b.NeuralOde({
        field: new b.MlpField({ dim: 2, contextDim: 2, hidden: [3, 4], rng }),
        solver: { kind: 'fixed', steps: 8 },
      }),
    oracle: neuralOde(),
    inverse: inverseNeuralOde(),
    dim: 2,
    contextDim: 2,
    identity: true,
  },
  {
    name: 'NeuralOde, three hidden layers',
    make: (rng) => new b.NeuralOde({ field: new b.MlpField({ dim: 1, hidden: [3, 2, 3], activation: 'silu', rng }) }),
    oracle: neuralOde(24, silu),
    inverse: inverseNeuralOde(24, silu),
    dim: 1,
    identity: true,
  },
];
