import * as tf from '@tensorflow/tfjs-core';
import { textTable } from '../cli/report/table.ts';
import {
  Autoregressive,
  affineFamily,
  type Bijector,
  Coupling,
  compile,
  LowRankAffine,
  type Module,
  Rng,
} from '../src/index.ts';

const BATCH = 64;
const RANK = 2;
const HIDDEN = [64, 64];
const DIMS = [2, 4, 8, 16, 32, 64, 128, 256, 512];
/** From here on arithmetic dominates: a layer's dim is the hidden layers' width or more. */
const FIRST_FITTED = 64;
/** Milliseconds that each number is measured for; the least time counts, since the machine may be busy. */
const SPENT = 1500;

/** Once: the log-determinants of `events` events. */
interface Subject {
  readonly events: number;
  run(): number;
  dispose?(): void;
}

const subjects: Record<string, (dim: number, rng: Rng) => Subject> = {
  coupling: (dim, rng) =>
    ofModule(new Coupling({ dim, transformed: 'second', family: affineFamily, hidden: HIDDEN, rng }), rng),
  MAF: (dim, rng) => ofModule(new Autoregressive({ dim, family: affineFamily, hidden: HIDDEN, rng }), rng),
  'M + V D Vᵀ': lowRank,
  'dense determinant': denseDeterminant,
};

function ofModule(bijector: Bijector & Module, rng: Rng): Subject {
  const { dim } = bijector;
  const logDets = compile(({ x }: { x: tf.Tensor }) => ({ logDet: bijector.inverseLogDet(x) }), {
    name: 'bench/scaling',
    state: [bijector],
  });
  const onArrays = logDets.onArrays({ x: { shape: [BATCH, dim!] } });
  const x = rng.fillNormal(new Float32Array(BATCH * dim!));
  return {
    events: BATCH,
    run: () => onArrays({ x }).logDet[0]!,
    dispose() {
      logDets.dispose();
      bijector.dispose();
    },
  };
}

/** One map of rank 2 for each event, as a context gives it. */
function lowRank(dim: number, rng: Rng): Subject {
  const shapes = { x: [BATCH, dim], logDiagonal: [BATCH, dim], v: [BATCH, dim, RANK], logD: [BATCH, RANK] };
  const logDets = compile(
    ({ x, ...parameters }: Record<keyof typeof shapes, tf.Tensor>) => ({
      logDet: new LowRankAffine(parameters).inverseLogDet(x),
    }),
    { name: 'bench/scaling', state: [] },
  );
  const names = Object.keys(shapes) as (keyof typeof shapes)[];
  const entries = <T>(of: (name: keyof typeof shapes) => T) =>
    Object.fromEntries(names.map((name) => [name, of(name)])) as Record<keyof typeof shapes, T>;
  const onArrays = logDets.onArrays(entries((name) => ({ shape: shapes[name] })));
  const inputs = entries((name) => rng.fillNormal(new Float32Array(tf.util.sizeFromShape(shapes[name]))));
  return { events: BATCH, run: () => onArrays(inputs).logDet[0]!, dispose: () => logDets.dispose() };
}

/** What a layer without a structure costs: log|det| of a Jacobian by elimination with pivots, O(dim³). */
function denseDeterminant(dim: number, rng: Rng): Subject {
  const matrix = rng.fillNormal(new Float64Array(dim * dim));
  const rows = new Float64Array(dim * dim);
  return {
    events: 1,
    run() {
      rows.set(matrix);
      let logDet = 0;
      for (let i = 0; i < dim; i++) {
        let pivot = i;
        for (let j = i + 1; j < dim; j++) {
          if (Math.abs(rows[j * dim + i]!) > Math.abs(rows[pivot * dim + i]!)) pivot = j;
        }
        if (pivot !== i) {
          for (let k = i; k < dim; k++) {
            const swap = rows[i * dim + k]!;
            rows[i * dim + k] = rows[pivot * dim + k]!;
            rows[pivot * dim + k] = swap;
          }
        }
        logDet += Math.log(Math.abs(rows[i * dim + i]!));
        for (let j = i + 1; j < dim; j++) {
          const factor = rows[j * dim + i]! / rows[i * dim + i]!;
          for (let k = i + 1; k < dim; k++) rows[j * dim + k]! -= factor * rows[i * dim + k]!;
        }
      }
      return logDet;
    },
  };
}

/** Times log-determinants over dimensions and prints them with the exponents p of time ∝ dimᵖ. */
export function scaling(): void {
  const names = Object.keys(subjects);
  const times = names.map((name) => DIMS.map((dim) => microseconds(subjects[name]!(dim, new Rng(`${name}/${dim}`)))));
  const fitted = DIMS.map((dim) => dim >= FIRST_FITTED);
  const exponents = times.map((own) =>
    slope(DIMS.filter((_, i) => fitted[i]).map(Math.log), own.filter((_, i) => fitted[i]).map(Math.log)),
  );
  const line = (label: string, values: readonly number[], digits: number) => [
    label,
    ...values.map((value) => value.toFixed(digits)),
  ];
  console.log(
    textTable({
      title: `log-determinant of an event, µs; batches of ${BATCH}, networks of ${HIDDEN.join('-')}`,
      columns: ['dimensions', ...names],
      rows: [
        ...DIMS.map((dim, i) =>
          line(
            String(dim),
            times.map((own) => own[i]!),
            2,
          ),
        ),
        line(`exponent from ${FIRST_FITTED} on`, exponents, 2),
      ],
    }),
  );
}

/** The least time of one event. */
function microseconds({ run, events, dispose }: Subject): number {
  const end = performance.now() + SPENT;
  let least = Number.POSITIVE_INFINITY;
  let repeats = 1;
  while (performance.now() < end) {
    const start = performance.now();
    for (let i = 0; i < repeats; i++) run();
    const ms = performance.now() - start;
    least = Math.min(least, ms / repeats);
    // Blocks of about a millisecond: long for the clock, and short enough that some are left in peace.
    if (ms < 1) repeats *= 2;
  }
  dispose?.();
  return (1000 * least) / events;
}

/** The slope of the line of least squares. */
function slope(x: readonly number[], y: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const covariance = x.reduce((sum, value, i) => sum + (value - mx) * (y[i]! - my), 0);
  return covariance / x.reduce((sum, value) => sum + (value - mx) ** 2, 0);
}
