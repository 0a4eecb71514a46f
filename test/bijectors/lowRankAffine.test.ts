import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { LowRankAffine } from '../../src/bijectors/index.ts';
import { Rng } from '../../src/random.ts';
import { solve } from '../oracle/calculus.ts';
import { type LowRankParts, lowRankMatrix } from '../oracle/linear.ts';

const rows = (values: Float32Array, width: number): number[][] =>
  Array.from({ length: values.length / width }, (_, i) => Array.from(values.subarray(i * width, (i + 1) * width)));

const identity = (dim: number): number[][] =>
  Array.from({ length: dim }, (_, i) => Array.from({ length: dim }, (__, j) => (i === j ? 1 : 0)));
const transposed = (matrix: number[][]): number[][] => matrix[0]!.map((_, i) => matrix.map((row) => row[i]!));
const oneNorm = (matrix: number[][]): number =>
  Math.max(...transposed(matrix).map((column) => column.reduce((sum, value) => sum + Math.abs(value), 0)));

/** Parameters drawn with this spread, as tensors and as numbers. */
function drawn(seed: string, dim: number, rank: number, spread: number, triangular = true) {
  const rng = new Rng(seed);
  const normal = (size: number, std: number) => rng.fillNormal(new Float32Array(size)).map((value) => value * std);
  const shift = normal(dim, 1);
  const logDiagonal = normal(dim, 1);
  const offDiagonal = normal((dim * (dim - 1)) / 2, spread);
  const v = normal(dim * rank, spread);
  const logD = normal(rank, 1);
  const parts: LowRankParts = Object.fromEntries(
    Object.entries({ shift, logDiagonal, ...(triangular && { offDiagonal }), v, logD }).map(([name, values]) => [
      name,
      Array.from(values),
    ]),
  ) as unknown as LowRankParts;
  const bijector = new LowRankAffine({
    shift: tf.tensor1d(shift),
    logDiagonal: tf.tensor1d(logDiagonal),
    ...(triangular && { offDiagonal: tf.tensor1d(offDiagonal) }),
    v: tf.tensor2d(v, [dim, rank]),
    logD: tf.tensor1d(logD),
  });
  return { bijector, parts };
}

describe('M + V D Vᵀ is invertible for every value of its parameters', () => {
  const cases = ['a', 'b'].flatMap((seed) =>
    [0.1, 1, 3, 30, 1e4].flatMap((spread) => [true, false].map((triangular) => ({ seed, spread, triangular }))),
  );

  test.each(cases)('seed $seed, spread $spread, triangular: $triangular', ({ seed, spread, triangular }) => {
    const [dim, rank] = [5, 3];
    const { bijector, parts } = drawn(seed, dim, rank, spread, triangular);
    const matrix = lowRankMatrix(parts);
    const direction = Array.from(new Rng(`${seed}/x`).fillNormal(new Float64Array(dim)));
    const form = matrix.reduce(
      (sum, row, i) => sum + direction[i]! * row.reduce((total, entry, j) => total + entry * direction[j]!, 0),
      0,
    );
    expect(form).toBeGreaterThan(0);

    const y = Array.from(new Rng(`${seed}/y`).fillNormal(new Float64Array(dim)));
    const { logAbsDet, solution } = solve(
      matrix,
      y.map((value, i) => value - parts.shift![i]!),
    );
    const [x, logDet] = bijector.inverseAndLogDet(tf.tensor1d(y));
    const values = Array.from(x.dataSync());
    expect(values.every(Number.isFinite)).toBe(true);
    // What rounding does to the inverse grows with the condition of the matrix, and that of C counts until it is solved again.
    const condition = oneNorm(matrix) * oneNorm(transposed(identity(dim).map((unit) => solve(matrix, unit).solution)));
    const bound = 2e-6 * condition + (1e-7 * condition * bijector.capacitanceCondition().dataSync()[0]!) ** 2;
    if (bound < 0.2) {
      const error = Math.hypot(...values.map((value, i) => value - solution[i]!));
      expect(error / Math.hypot(...solution)).toBeLessThan(bound);
      expect(Math.abs(logDet.dataSync()[0]! + logAbsDet)).toBeLessThan(bound);
    }
    expect(bound < 0.2 || spread > 3).toBe(true);
    expect(Number.isFinite(logDet.dataSync()[0]!)).toBe(true);
  });

  test('the capacitance matrix is I + √D Vᵀ M⁻¹ V √D, and its symmetric part at least I', () => {
    const { bijector, parts } = drawn('capacitance', 4, 2, 1);
    const m = lowRankMatrix({ ...parts, v: parts.v.map(() => 0) });
    const u = rows(Float32Array.from(parts.v), 2).map((row) => row.map((v, k) => v * Math.exp(parts.logD![k]! / 2)));
    const columns = [0, 1].map((k) => u.map((row) => row[k]!));
    const wanted = columns.map((left, i) =>
      columns.map((right, k) => {
        const solved = solve(m, right).solution;
        return left.reduce((sum, value, row) => sum + value * solved[row]!, i === k ? 1 : 0);
      }),
    );
    const c = bijector.capacitance().arraySync() as number[][];
    c.flat().forEach((value, i) => expect(value).toBeCloseTo(wanted.flat()[i]!, 4));
    const [[a, b], [d, e]] = wanted as [[number, number], [number, number]];
    const least = (a + e) / 2 - Math.hypot((a - e) / 2, (b + d) / 2);
    expect(least).toBeGreaterThanOrEqual(1);

    const determinant = a * e - b * d;
    const norm = (x: number[]) => Math.max(Math.abs(x[0]!) + Math.abs(x[2]!), Math.abs(x[1]!) + Math.abs(x[3]!));
    const condition = norm([a, b, d, e]) * norm([e, -b, -d, a].map((value) => value / determinant));
    expect(bijector.capacitanceCondition().dataSync()[0]! / condition).toBeCloseTo(1, 4);
  });
});
