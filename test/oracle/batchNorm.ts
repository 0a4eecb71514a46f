import type { Oracle } from './bijectors.ts';

export interface BatchNormNumbers {
  readonly epsilon: number;
  readonly shift?: readonly number[];
  readonly logScale?: readonly number[];
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean and variance (divided by the count) of each column. */
export function statistics(rows: readonly (readonly number[])[]): { mean: number[]; variance: number[] } {
  const columns = rows[0]!.map((_, i) => rows.map((row) => row[i]!));
  return {
    mean: columns.map(mean),
    variance: columns.map((column) => mean(column.map((value) => (value - mean(column)) ** 2))),
  };
}

/** What training makes of a batch of data, and log ∂x/∂y of each entry with the batch's statistics held fixed. */
export function batchNormTraining(rows: readonly (readonly number[])[], numbers: BatchNormNumbers) {
  const { mean: center, variance } = statistics(rows);
  const { epsilon, shift, logScale } = numbers;
  const factors = variance.map((value, i) => Math.exp(logScale?.[i] ?? 0) / Math.sqrt(value + epsilon));
  return {
    x: rows.map((row) => row.map((value, i) => (value - center[i]!) * factors[i]! + (shift?.[i] ?? 0))),
    logDet: factors.map(Math.log),
  };
}

/** By running statistics, from noise to data. */
export const batchNorm =
  (epsilon: number): Oracle =>
  ({ runningMean, runningVariance, shift, logScale }) =>
  (x) =>
    x.map((value, i) => {
      const deviation = Math.sqrt(runningVariance![i]! + epsilon);
      return runningMean![i]! + (deviation * (value - (shift?.[i] ?? 0))) / Math.exp(logScale?.[i] ?? 0);
    });
