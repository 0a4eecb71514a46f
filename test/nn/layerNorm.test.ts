import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { compile, LayerNorm, Mlp, Rng } from '../../src/index.ts';
import { gradient } from '../oracle/calculus.ts';
import { layerNorm } from '../oracle/normalization.ts';
import { perturb } from '../support/perturb.ts';

const rows = [
  [0.3, -1.2, 2, 0.7],
  [100, 101, 99, 100.5],
  [-2, -2, -2, -2],
];
const numbers = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());

test('value and gradients are those of the float64 formula, compiled; a constant vector has finite ones', () => {
  const norm = perturb(new LayerNorm({ dim: 4 }), new Rng(1));
  const weights = new Rng(2).normalTensor([3, 4]);
  const w = numbers(weights);
  const run = compile(
    ({ x, weights }: { x: tf.Tensor; weights: tf.Tensor }) => {
      const loss = (input: tf.Tensor) => tf.sum(tf.mul(norm.apply(input), weights)) as tf.Scalar;
      const { grads } = tf.variableGrads(() => loss(x), norm.trainableVariables());
      return {
        y: norm.apply(x),
        byX: tf.grad(loss)(x),
        byScale: grads[norm.scale.name]!,
        byShift: grads[norm.shift.name]!,
      };
    },
    { name: 'layerNorm', state: [norm] },
  );
  const { y, byX, byScale, byShift } = run({ x: tf.tensor2d(rows), weights });
  const [scale, shift] = [numbers(norm.scale), numbers(norm.shift)];
  const of = (x: number[], s = scale, t = shift) =>
    layerNorm([x.slice(0, 4), x.slice(4, 8), x.slice(8)], s, t, 1e-5).flat();
  const flat = rows.flat();
  const loss = (values: number[]) => values.reduce((sum, value, i) => sum + value * w[i]!, 0);
  const near = (got: tf.Tensor, wanted: number[], tolerance: number) =>
    numbers(got).forEach((value, i) => {
      expect(Math.abs(value - wanted[i]!) / (1 + Math.abs(wanted[i]!))).toBeLessThan(tolerance);
    });
  near(y!, of(flat), 1e-5);
  near(
    byX!,
    gradient((x) => loss(of(x)), flat, 1e-5),
    2e-4,
  );
  near(
    byScale!,
    gradient((s) => loss(of(flat, s)), scale, 1e-5),
    1e-5,
  );
  near(
    byShift!,
    gradient((t) => loss(of(flat, scale, t)), shift, 1e-5),
    1e-5,
  );
});

test('a network with it normalizes before each activation', () => {
  const network = perturb(
    new Mlp({ inputDim: 2, hidden: [4], outputDim: 1, activation: 'relu', layerNorm: true, rng: new Rng(3) }),
    new Rng(4),
  );
  const [first, last] = network.layers as [(typeof network.layers)[0], (typeof network.layers)[0]];
  const x = tf.tensor2d([[0.4, -0.9]]);
  const wanted = last.apply(tf.relu(network.layerNorms[0]!.apply(first.apply(x))));
  expect(numbers(network.apply(x))).toEqual(numbers(wanted));
  expect(Object.keys(network.stateDict()).slice(4)).toEqual(['layerNorms.0.scale', 'layerNorms.0.shift']);
});
