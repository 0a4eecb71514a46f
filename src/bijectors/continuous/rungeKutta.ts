import * as tf from '@tensorflow/tfjs-core';

/** An explicit Runge–Kutta method: stage i is at time cᵢ and at x + h Σⱼ aᵢⱼ kⱼ, and a step is h Σ bᵢ kᵢ. */
export interface RungeKutta {
  readonly times: readonly number[];
  readonly stages: readonly (readonly number[])[];
  readonly weights: readonly number[];
}

/** The methods of fixed steps, by name. */
export const rungeKuttas = {
  /** Order 1, one evaluation a step. */
  euler: { times: [0], stages: [[]], weights: [1] },
  /** Order 2, two evaluations a step. */
  midpoint: { times: [0, 1 / 2], stages: [[], [1 / 2]], weights: [0, 1] },
  /** Dormand & Prince, "A family of embedded Runge–Kutta formulae", 1980: order 5, six evaluations a step. */
  'dormand-prince': {
    times: [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1],
    stages: [
      [],
      [1 / 5],
      [3 / 40, 9 / 40],
      [44 / 45, -56 / 15, 32 / 9],
      [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
      [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
    ],
    weights: [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
  },
} as const satisfies Readonly<Record<string, RungeKutta>>;

export type RungeKuttaName = keyof typeof rungeKuttas;

/** The velocity of x, and the rates of what is integrated along its path, as the divergence. */
export type Rates = readonly [velocity: tf.Tensor, ...others: tf.Tensor[]];

/** What is followed: rates at a point and a time. */
export type Field<R extends Rates> = (x: tf.Tensor, t: number) => R;

/** Where a path has come to, and the integrals along it, as many as there are other rates. */
export type Reached<R extends Rates> = { -readonly [K in keyof R]: tf.Tensor };

/** Steps of equal length. Nothing depends on values, so that it can be compiled. */
export function integrateFixed<R extends Rates>(
  field: Field<R>,
  start: tf.Tensor,
  [from, to]: readonly [number, number],
  { steps, method }: { readonly steps: number; readonly method: RungeKutta },
): Reached<R> {
  const h = (to - from) / steps;
  let x = start;
  let integrals: tf.Tensor[] | undefined;
  for (let step = 0; step < steps; step++) {
    const { value, increments } = advance(method, field, x, from + step * h, h);
    x = value;
    integrals = integrals?.map((integral, i) => tf.add(integral, increments[i]!)) ?? increments;
  }
  return [x, ...integrals!] as unknown as Reached<R>;
}

/** One step: where it ends, by how much the integrals grow, and the rates on the way. */
export function advance<R extends Rates>(
  { times, stages: rows, weights }: RungeKutta,
  field: Field<R>,
  x: tf.Tensor,
  t: number,
  h: number,
  first = field(x, t),
) {
  const stages: R[] = [first];
  for (const [i, row] of rows.entries()) {
    if (i > 0) stages.push(field(tf.add(x, combined(stages, 0, row, h)), t + times[i]! * h));
  }
  const increments = first.slice(1).map((_, i) => combined(stages, i + 1, weights, h));
  return { value: tf.add(x, combined(stages, 0, weights, h)), increments, stages };
}

/** h Σ weightᵢ · stageᵢ, of the velocities (part 0) or of another rate. */
export function combined(stages: readonly Rates[], part: number, weights: readonly number[], h: number): tf.Tensor {
  const terms = weights.flatMap((weight, i) => (weight === 0 ? [] : [tf.mul(stages[i]![part]!, weight * h)]));
  return terms.reduce((sum, term) => tf.add(sum, term));
}
