import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import type { Activation } from '../../src/nn/dense.ts';
import { Dense, initializers, Mlp, stopGradient } from '../../src/nn/index.ts';
import { Rng } from '../../src/random.ts';
import { gradient } from '../oracle/calculus.ts';
import { mlp, type Variables } from '../oracle/mlp.ts';
import { perturb } from '../support/perturb.ts';

const rng = new Rng('nn');
const activations: Record<Activation, (x: number) => number> = {
  identity: (x) => x,
  tanh: Math.tanh,
  relu: (x) => Math.max(x, 0),
  leakyRelu: (x) => (x > 0 ? x : 0.01 * x),
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  silu: (x) => x / (1 + Math.exp(-x)),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  softplus: (x) => Math.log1p(Math.exp(x)),
};

describe('Mlp', () => {
  test.each(Object.entries(activations) as [Activation, (x: number) => number][])(
    'with %s: values and gradients are those of the float64 network',
    (activation, f) => {
      const network = perturb(new Mlp({ inputDim: 3, hidden: [5, 4], outputDim: 2, activation, rng }), rng);
      const variables: Variables = Object.fromEntries(
        Object.entries(network.stateDict()).map(([path, { values }]) => [path, Array.from(values)]),
      );
      const x = [
        [0.5, -1, 2],
        [-0.3, 0.8, -1.5],
      ];
      const output = network.apply(tf.tensor2d(x)).arraySync() as number[][];
      output.forEach((row, i) => {
        mlp(variables, x[i]!, f).forEach((value, k) => {
          expect(row[k]).toBeCloseTo(value, 5);
        });
      });

      const objective = (moved: Variables) =>
        x.reduce((sum, row) => sum + mlp(moved, row, f).reduce((s, value, k) => s + value * (k + 1), 0), 0);
      const { grads } = tf.variableGrads(
        () => tf.sum(tf.mul(network.apply(tf.tensor2d(x)), [1, 2])) as tf.Scalar,
        network.trainableVariables(),
      );
      for (const [path, variable] of network.namedVariables()) {
        const wanted = gradient((values) => objective({ ...variables, [path]: values }), variables[path]!, 1e-4);
        Array.from(grads[variable.name]!.dataSync()).forEach((value, i) => {
          expect(value, path).toBeCloseTo(wanted[i]!, 4);
        });
      }
    },
  );

  test('is made of orthogonal kernels of gain √2, a last one of gain outputScale, and zero biases', () => {
    const state = new Mlp({ inputDim: 4, hidden: [4], outputDim: 4, outputScale: 0.01, rng }).stateDict();
    const norm = (path: string) => Math.hypot(...state[path]!.values);
    expect(Object.keys(state)).toEqual(['layers.0.kernel', 'layers.0.bias', 'layers.1.kernel', 'layers.1.bias']);
    expect(norm('layers.0.kernel')).toBeCloseTo(Math.sqrt(2 * 4), 5);
    expect(norm('layers.1.kernel')).toBeCloseTo(0.01 * 2, 5);
    expect(norm('layers.0.bias') + norm('layers.1.bias')).toBe(0);
  });

  test('takes other initializers, and no hidden layer', () => {
    const linear = new Mlp({ inputDim: 2, hidden: [], outputDim: 3, outputInitializer: initializers.constant(1), rng });
    expect(linear.apply(tf.tensor2d([[2, 3]])).arraySync()).toEqual([[5, 5, 5]]);
    const zero = new Mlp({ inputDim: 2, hidden: [8], outputDim: 3, outputScale: 0, rng });
    expect(zero.apply(tf.tensor2d([[2, 3]])).arraySync()).toEqual([[0, 0, 0]]);
    expect(zero.parameterCount()).toBe(3 * 8 + 9 * 3);
  });
});

describe('Dense', () => {
  test('without a bias has one variable, and dispose frees it', () => {
    const before = tf.memory().numTensors;
    const layer = new Dense({ inputDim: 2, outputDim: 2, bias: false, rng });
    expect(layer.variables().length).toBe(1);
    layer.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('stopGradient', () => {
  test('is a constant to differentiation, also where integers come in between', () => {
    const slope = tf.grad((x) =>
      tf.mul(
        x,
        stopGradient(() => tf.cast(tf.argMax(tf.stack([x, tf.mul(x, 2)])), 'float32')),
      ),
    );
    expect(slope(tf.tensor1d([3, -1])).arraySync()).toEqual([1, 0]);
  });
});
