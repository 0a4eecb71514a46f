import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { estimatedEntropy } from '../../agents/core/policyGradient.ts';
import {
  boxSquash,
  type Distribution,
  MixtureSameFamily,
  MultivariateNormalDiag,
  Rng,
  SquashedDistribution,
} from '../../src/index.ts';
import { gradient } from '../oracle/calculus.ts';

const ROWS = 10_000;
/** About three standard errors of the estimates. */
const TOLERANCE = 0.03;
/** Two logits, two means, two log standard deviations. */
const PARAMETERS = [0.4, -0.5, -1, 0.7, -0.6, -0.2];

/** H of tanh(u) for u of the mixture, by the trapezoidal rule in float64: H[u] + E[log (1 − tanh²u)]. */
function squashedEntropy([l0, l1, m0, m1, s0, s1]: number[]): number {
  const total = Math.exp(l0!) + Math.exp(l1!);
  const density = (u: number): number =>
    [
      [l0!, m0!, s0!],
      [l1!, m1!, s1!],
    ].reduce((sum, [logit, mean, logScale]) => {
      const z = (u - mean!) / Math.exp(logScale!);
      return (
        sum + (Math.exp(logit!) / total) * (Math.exp(-0.5 * z * z) / (Math.exp(logScale!) * Math.sqrt(2 * Math.PI)))
      );
    }, 0);
  const step = 0.01;
  let entropy = 0;
  for (let u = -9; u <= 9; u += step) {
    const p = density(u);
    if (p > 0) entropy += step * p * (2 * (Math.LN2 - u - Math.log1p(Math.exp(-2 * u))) - Math.log(p));
  }
  return entropy;
}

const squash = boxSquash({ low: [-1], high: [1] });

function entropyAndGradient(
  parameters: number[],
  latent: (parameters: tf.Tensor[]) => Distribution,
): [number, number[]] {
  const { value, grads } = tf.valueAndGrads((...variables: tf.Tensor[]) =>
    estimatedEntropy(new SquashedDistribution(latent(variables), squash), new Rng('samples')),
  )(parameters.map((parameter) => tf.scalar(parameter)));
  return [value.dataSync()[0]!, grads.map((gradient) => gradient.dataSync()[0]!)];
}

test('samples that are not reparameterized: value and gradient are those of quadrature, also by the weights', () => {
  const rows = (x: tf.Tensor): tf.Tensor => tf.tile(tf.reshape(x, [1, 1]), [ROWS, 1]);
  const pair = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.concat([rows(a), rows(b)], 1);
  const [value, gradients] = entropyAndGradient(
    PARAMETERS,
    ([l0, l1, m0, m1, s0, s1]) =>
      new MixtureSameFamily({
        logits: pair(l0!, l1!),
        components: new MultivariateNormalDiag({
          loc: tf.expandDims(pair(m0!, m1!), 2),
          logScale: tf.expandDims(pair(s0!, s1!), 2),
        }),
      }),
  );
  expect(Math.abs(value - squashedEntropy(PARAMETERS))).toBeLessThan(TOLERANCE);
  const expected = gradient(squashedEntropy, PARAMETERS);
  // Through the samples alone the gradient by the logits would be about 0.
  expect(Math.abs(expected[0]!)).toBeGreaterThan(0.1);
  gradients.forEach((entry, i) => expect(Math.abs(entry - expected[i]!)).toBeLessThan(TOLERANCE));
});

test('reparameterized samples: the same for one Gaussian', () => {
  const rows = (x: tf.Tensor): tf.Tensor => tf.tile(tf.reshape(x, [1, 1]), [ROWS, 1]);
  const [value, gradients] = entropyAndGradient(
    [0.3, -0.4],
    ([mean, logScale]) => new MultivariateNormalDiag({ loc: rows(mean!), logScale: rows(logScale!) }),
  );
  const exact = ([mean, logScale]: number[]) => squashedEntropy([0, -40, mean!, 0, logScale!, 0]);
  expect(Math.abs(value - exact([0.3, -0.4]))).toBeLessThan(TOLERANCE);
  const expected = gradient(exact, [0.3, -0.4]);
  gradients.forEach((entry, i) => expect(Math.abs(entry - expected[i]!)).toBeLessThan(TOLERANCE));
});

test('a single row has no other to be compared with, and is no NaN', () => {
  const distribution = new SquashedDistribution(
    new MixtureSameFamily({
      logits: tf.zeros([1, 2]),
      components: new MultivariateNormalDiag({ loc: tf.zeros([1, 2, 1]), logScale: tf.zeros([1, 2, 1]) }),
    }),
    squash,
  );
  expect(Number.isFinite(estimatedEntropy(distribution, new Rng(0)).dataSync()[0])).toBe(true);
});
