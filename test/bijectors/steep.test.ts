import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { Planar, Sylvester } from '../../src/bijectors/index.ts';
import { Rng } from '../../src/random.ts';

const DIM = 3;
const ROWS = 256;
const EPSILON = 2 ** -24;
const dot = (left: readonly number[], right: readonly number[]) => left.reduce((sum, x, i) => sum + x * right[i]!, 0);
const aboveMinusOne = (x: number) => (x > 0 ? x : 0.999 * Math.expm1(x / 0.999));

/** The t with t + s tanh t = c, by bisection. */
function bentRoot(c: number, s: number): number {
  let [low, high] = [c - Math.abs(s) - 1, c + Math.abs(s) + 1];
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (middle + s * Math.tanh(middle) < c) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

const slopeAt = (t: number, s: number) => 1 + s / Math.cosh(t) ** 2;

/** Vectors of this length in random directions. */
function directions(rng: Rng, length: number): number[][] {
  return Array.from({ length: ROWS }, () => {
    const vector = Array.from({ length: DIM }, () => rng.normal());
    return vector.map((x) => Math.fround((x * length) / Math.hypot(...vector)));
  });
}

/** The gradient by y of Σ (x + log-determinant), which is finite. */
const slopes = (bijector: Planar | Sylvester, y: tf.Tensor) =>
  tf
    .grad((input) => {
      const [x, logDet] = bijector.inverseAndLogDet(input);
      return tf.add(tf.sum(x), tf.sum(logDet));
    })(y)
    .dataSync();

test.each([1, 10, 30, 100])('Planar with |w| = |u| = %i', (length) => {
  const rng = new Rng(`planar ${length}`);
  const [w, u] = [directions(rng, length), directions(rng, length)] as [number[][], number[][]];
  const b = w.map(() => Math.fround(rng.normal()));
  const y = directions(rng, 1).map((row) => row.map((value) => Math.fround(value * length * rng.uniform(0, 2))));
  const planar = new Planar({ w: tf.tensor2d(w), u: tf.tensor2d(u), b: tf.tensor1d(b) });
  const [x, logDet] = planar.inverseAndLogDet(tf.tensor2d(y));
  const [xs, logDets] = [x.arraySync() as number[][], logDet.arraySync() as number[]];
  y.forEach((row, i) => {
    const wanted = dot(w[i]!, u[i]!);
    const s = aboveMinusOne(wanted);
    const t = bentRoot(dot(w[i]!, row) + b[i]!, s);
    const moved = u[i]!.map((value, k) => value + ((s - wanted) / dot(w[i]!, w[i]!)) * w[i]![k]!);
    const slope = slopeAt(t, s);
    // What rounding wᵀy, wᵀû and their sum costs the root.
    const rounding = (8 * EPSILON * (Math.abs(dot(w[i]!, row)) + length * (length + Math.hypot(...row)) + 1)) / slope;
    row.forEach((value, k) => {
      const error = Math.abs(xs[i]![k]! - (value - Math.tanh(t) * moved[k]!));
      const bent = Math.min(2, rounding / Math.cosh(t) ** 2) * Math.abs(moved[k]!);
      expect(error, `row ${i}`).toBeLessThan(bent + 1e-6 * (1 + length));
    });
    const change = Math.abs(2 * Math.tanh(t) * (s / slope / Math.cosh(t) ** 2));
    expect(Math.abs(logDets[i]! + Math.log(slope)), `row ${i}`).toBeLessThan(1e-5 + 2 * change * rounding);
  });
  expect(slopes(planar, tf.tensor2d(y)).every(Number.isFinite)).toBe(true);
});

// Of rank 1 along the first axis: x + (s / r) tanh(r x₀ + b) e₀.
test.each([1, 10, 100])('Sylvester with r = r̃ = %i', (length) => {
  const rng = new Rng(`sylvester ${length}`);
  const s = Array.from({ length: ROWS }, () => Math.fround(length * length * rng.uniform(-0.1, 1)));
  const b = s.map(() => Math.fround(rng.normal()));
  const y = directions(rng, 1).map((row) => row.map((value) => Math.fround(value * length * rng.uniform(0, 2))));
  const logDiagonal = Math.fround(Math.log(length));
  const sylvester = new Sylvester({
    // The reflection of e₀ by (1, 0, 0) is −e₀.
    v: tf.tensor3d(s.map(() => [[1, 0, 0]])),
    strength: tf.tensor2d(s.map((value) => [value])),
    logDiagonal: tf.fill([ROWS, 1], logDiagonal),
    b: tf.tensor2d(b.map((value) => [value])),
  });
  const [x, logDet] = sylvester.inverseAndLogDet(tf.tensor2d(y));
  const [xs, logDets] = [x.arraySync() as number[][], logDet.arraySync() as number[]];
  y.forEach((row, i) => {
    const steepness = aboveMinusOne(s[i]!);
    const r = Math.exp(logDiagonal);
    const t = bentRoot(-r * row[0]! + b[i]!, steepness);
    const slope = slopeAt(t, steepness);
    const rounding = (8 * EPSILON * (r * Math.abs(row[0]!) + Math.abs(s[i]!) + 1)) / slope;
    expect(Math.abs(xs[i]![0]! + (t - b[i]!) / r), `row ${i}`).toBeLessThan(rounding / r + 1e-6 * (1 + length));
    const change = Math.abs(2 * Math.tanh(t) * (steepness / slope / Math.cosh(t) ** 2));
    expect(Math.abs(logDets[i]! + Math.log(slope)), `row ${i}`).toBeLessThan(1e-5 + 2 * change * rounding);
  });
  expect(slopes(sylvester, tf.tensor2d(y)).every(Number.isFinite)).toBe(true);
});
