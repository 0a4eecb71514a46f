import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { PRelu, ShiftScale } from '../../src/bijectors/index.ts';
import { derivative } from '../oracle/calculus.ts';

/** Data N(0.3, 1), as points of equal spacing with their weights. */
const points = Array.from({ length: 16_001 }, (_, i) => -8 + i / 1000);
const weights = points.map((y) => Math.exp(-0.5 * (y - 0.3) ** 2) / Math.sqrt(2 * Math.PI) / 1000);

/** E[log p(Y)] for Y = shift + PReLU(Z), Z ~ N(0, 1), slope 0.4, in float64; between two points the jump is at its own place. */
function meanLogProb(shift: number): number {
  const logDensity = (y: number, negative: boolean) => {
    const z = (y - shift) / (negative ? 0.4 : 1);
    return -0.5 * z ** 2 - 0.5 * Math.log(2 * Math.PI) - (negative ? Math.log(0.4) : 0);
  };
  return points.reduce((sum, y, i) => {
    const below = Math.min(Math.max((shift - y) * 1000 + 0.5, 0), 1);
    return sum + weights[i]! * (below * logDensity(y, true) + (1 - below) * logDensity(y, false));
  }, 0);
}

/** The derivative of the same by the shift, as the bijector has it. */
function slope(at: number, crossingWidth: number): number {
  const prelu = new PRelu({ initialSlope: 0.4, crossingWidth });
  const shift = tf.tidy(() => tf.variable(tf.scalar(at)));
  const { grads } = tf.variableGrads(() => {
    const [u, first] = new ShiftScale({ shift }).inverseAndLogDet(tf.tensor1d(points));
    const [z, second] = prelu.inverseAndLogDet(u);
    const logProbs = tf.add(tf.add(first, second), tf.mul(tf.square(z), -0.5));
    return tf.sum(tf.mul(logProbs, tf.tensor1d(weights))) as tf.Scalar;
  }, [shift]);
  return grads[shift.name]!.dataSync()[0]!;
}

test.each([-1, 0.2, 1.5])('at %s the gradient of a mean log-density has the part of what passes the kink', (at) => {
  const exact = derivative((t) => meanLogProb(at + t), 0.02);
  const missing = (-Math.log(0.4) * Math.exp(-0.5 * (at - 0.3) ** 2)) / Math.sqrt(2 * Math.PI);
  expect(slope(at, 0)).toBeCloseTo(exact - missing, 2);
  expect(Math.abs(slope(at, 0.1) - exact)).toBeLessThan(0.01);
  expect(Math.abs(missing)).toBeGreaterThan(0.05);
});

test('values and log-determinants are those without', () => {
  const x = tf.linspace(-3, 3, 13);
  const [exact, crossing] = [0, 0.1].map((crossingWidth) => new PRelu({ initialSlope: 0.4, crossingWidth }));
  for (const direction of ['forwardAndLogDet', 'inverseAndLogDet'] as const) {
    const [wanted, got] = [exact!, crossing!].map((prelu) => prelu[direction](x).map((part) => part.arraySync()));
    expect(got![0]).toEqual(wanted![0]);
    (got![1] as number[]).forEach((value, i) => expect(value).toBeCloseTo((wanted![1] as number[])[i]!, 6));
  }
});
