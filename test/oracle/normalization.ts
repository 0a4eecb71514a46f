/** Layers of networks that normalize, in float64. */

type Rows = readonly (readonly number[])[];

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: readonly number[]): number => mean(values.map((value) => (value - mean(values)) ** 2));
const columns = (rows: Rows): number[][] => rows[0]!.map((_, i) => rows.map((row) => row[i]!));

/** Each row by its own mean and variance. */
export function layerNorm(rows: Rows, scale: readonly number[], shift: readonly number[], epsilon: number): number[][] {
  return rows.map((row) => {
    const deviation = Math.sqrt(variance(row) + epsilon);
    return row.map((value, i) => (scale[i]! * (value - mean(row))) / deviation + shift[i]!);
  });
}

export interface Running {
  readonly mean: readonly number[];
  readonly variance: readonly number[];
}

/** r and d of each column beside running statistics. */
export function renormCorrections(
  rows: Rows,
  running: Running,
  options: { epsilon: number; maxScale: number; maxShift: number },
) {
  const clip = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);
  return columns(rows).map((column, i) => {
    const deviation = Math.sqrt(running.variance[i]! + options.epsilon);
    const r = Math.sqrt(variance(column) + options.epsilon) / deviation;
    const d = (mean(column) - running.mean[i]!) / deviation;
    return {
      r: clip(r, 1 / options.maxScale, options.maxScale),
      d: clip(d, -options.maxShift, options.maxShift),
      clipped: r > options.maxScale || r < 1 / options.maxScale || Math.abs(d) > options.maxShift,
    };
  });
}

/** Each column by the statistics of the batch, moved and stretched by r and d, which are held fixed. */
export function batchRenorm(
  rows: Rows,
  corrections: readonly { readonly r: number; readonly d: number }[],
  scale: readonly number[],
  shift: readonly number[],
  epsilon: number,
): number[][] {
  const statistics = columns(rows).map((column) => ({ mean: mean(column), variance: variance(column) }));
  return rows.map((row) =>
    row.map((value, i) => {
      const { r, d } = corrections[i]!;
      const normalized = (value - statistics[i]!.mean) / Math.sqrt(statistics[i]!.variance + epsilon);
      return scale[i]! * (normalized * r + d) + shift[i]!;
    }),
  );
}
