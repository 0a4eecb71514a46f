import { expect } from 'vitest';

/** Draws, row by row, and the log-density at them. */
export interface Draws {
  readonly sample: readonly (readonly number[])[];
  readonly logProb: readonly number[];
}

/** The difference of two numbers; of angles the shortest way round. */
export type Difference = (to: number, from: number) => number;
export const onALine: Difference = (to, from) => to - from;
export const onACircle: Difference = (to, from) => {
  const way = to - from;
  return way - 2 * Math.PI * Math.round(way / (2 * Math.PI));
};

/** The entry with the share `share` of the values below it. */
function quantile(values: readonly number[], share: number): number {
  return Float64Array.from(values).sort()[Math.floor(share * values.length)]!;
}

/**
 * The integral over the plane of a density of vectors of one or two numbers, by the midpoint rule in x = center + width · sinh t: cells
 * are fine where the draws are, and reach a hundred widths out. Over `[low, high]` where bounds are given.
 */
export function integral(
  { sample }: Draws,
  logProb: (points: number[][]) => readonly number[],
  { cells = 200, bounds }: { cells?: number; bounds?: readonly [low: number, high: number] } = {},
): number {
  const reach = Math.asinh(100);
  const axes = sample[0]!.map((_, d) => {
    const column = sample.map((row) => row[d]!);
    const center = quantile(column, 0.5);
    const width = (quantile(column, 0.75) - quantile(column, 0.25)) / 2;
    return Array.from({ length: cells }, (_, i) => {
      const unit = (2 * (i + 0.5)) / cells - 1;
      if (bounds !== undefined) {
        const half = (bounds[1] - bounds[0]) / 2;
        return { x: bounds[0] + half * (1 + unit), size: (2 * half) / cells };
      }
      const t = reach * unit;
      return { x: center + width * Math.sinh(t), size: (width * Math.cosh(t) * 2 * reach) / cells };
    });
  });
  const grid = axes.reduce<{ x: number[]; size: number }[]>(
    (cellsSoFar, axis) =>
      cellsSoFar.flatMap(({ x, size }) => axis.map((each) => ({ x: [...x, each.x], size: size * each.size }))),
    [{ x: [], size: 1 }],
  );
  const logProbs = logProb(grid.map(({ x }) => x));
  return grid.reduce((sum, { size }, i) => sum + Math.exp(logProbs[i]!) * size, 0);
}

/**
 * That draws in the plane and their density agree: E[1{‖X − c‖ ≤ r} / p(X)] is the volume of a ball in their middle, to four standard
 * errors, which are at most 5 % of it.
 */
export function expectVolume({ sample, logProb }: Draws, difference: Difference = onALine): void {
  const center = sample[0]!.map((_, d) =>
    quantile(
      sample.map((row) => row[d]!),
      0.5,
    ),
  );
  const distances = sample.map((x) => Math.hypot(...x.map((value, d) => difference(value, center[d]!))));
  const radius = Math.min(quantile(distances, 0.3), 3);
  const weights = distances.map((distance, i) => (distance <= radius ? Math.exp(-logProb[i]!) : 0));
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  const variance = weights.reduce((sum, weight) => sum + (weight - mean) ** 2, 0) / (weights.length - 1);
  const standardError = Math.sqrt(variance / weights.length);
  const volume = Math.PI * radius ** 2;
  expect(standardError).toBeLessThan(0.05 * volume);
  expect(Math.abs(mean - volume)).toBeLessThan(4 * standardError);
}
