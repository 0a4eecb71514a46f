import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Distribution } from '../distributions/distribution.ts';
import { compile, type Outputs } from '../engine/compile.ts';
import { count, positive } from '../options/fields.ts';
import { checkArgument, parseOptions } from '../options/parse.ts';
import { type Rng, rngSchema } from '../random.ts';

const modesOptions = z.strictObject({
  rng: rngSchema.describe('the stream of the draws'),
  starts: count(64, 'how many draws are started from', 'draws'),
  steps: count(200, 'steps of the ascent, at most', 'steps'),
  dip: positive(0.05, 'ends belong to one mode if the log-density falls by no more than this between them', 'nats'),
});

/** Options of {@link modes}. */
export type ModesOptions = z.input<typeof modesOptions>;

/** A mode as an ascent found it. */
export interface Mode {
  /** The densest point that was reached. */
  readonly x: readonly number[];
  readonly logProb: number;
  /** Share of the draws whose ascent ended there: an estimate of the mass of what ascends to it. */
  readonly share: number;
  /** The standard error of the share. */
  readonly standardError: number;
}

const NEAREST = 4;
/** The ascents are done when ten steps bring none of them more, nats. */
const LEAST_GAIN = 1e-5;
/** Points along a segment at which the density is looked at. */
const BETWEEN = 9;

/**
 * Modes of a density, numerically: from `starts` draws gradient ascent of log p, by steps that grow where they succeed and shrink
 * where they do not, so that it never descends; then ends are joined, two and two and so on, where along the segment between them log p
 * falls by no more than `dip` below the densest end of either side. The densest first.
 *
 * For angles, ends are joined the short way round the circle, and modes are in [−π, π).
 *
 * A ridge of equal density, a ring, is one mode. What it finds depends on the draws: a mode of little mass needs many starts; a mode
 * that is not smooth may be found twice.
 *
 * @throws if the distribution is no single one over vectors, an option is no positive number, or no draw has a finite density
 */
export function modes(distribution: Distribution, options: ModesOptions): Mode[] {
  const { rng, starts, steps, dip } = parseOptions('modes', modesOptions, options);
  checkArgument('modes', 'distribution', distribution, Distribution);
  const { batchShape, eventShape } = distribution;
  if (batchShape.length > 0 || eventShape.length !== 1) {
    throw new Error(
      `modes: got batch shape [${batchShape}] and event shape [${eventShape}], ` +
        'expected one distribution over vectors' +
        (batchShape.length > 0 ? '; flow.at(context) is one' : ''),
    );
  }
  const density = new Density(distribution, starts);
  try {
    const ends = ascend(density, rng, starts, steps);
    if (ends.length === 0) throw new Error('modes: got none, expected draws of finite log-density');
    ends.sort((a, b) => b.logProb - a.logProb);
    return joinedEnds(density, ends, dip).map((members) => {
      const share = members.length / ends.length;
      return { ...ends[members[0]!]!, share, standardError: Math.sqrt((share * (1 - share)) / ends.length) };
    });
  } finally {
    density.dispose();
  }
}

/** log p and its gradient, from arrays to arrays: compiled for `rows` points at a time, where the distribution says what it reads. */
class Density {
  readonly distribution: Distribution;
  readonly #rows: number;
  readonly #isCompiled: boolean;
  readonly #logProb: Evaluation;
  readonly #withGradient: Evaluation;
  readonly #disposals: (() => void)[] = [];

  constructor(distribution: Distribution, rows: number) {
    this.distribution = distribution;
    this.#rows = rows;
    this.#isCompiled = distribution.state !== undefined;
    this.#logProb = this.#onArrays('logProb', (x) => ({ logProb: distribution.logProb(x) }));
    this.#withGradient = this.#onArrays('ascent', (x) => {
      const { value, grads } = tf.engine().gradients(() => distribution.logProb(x), [x], undefined, true);
      // A flat density does not depend on x.
      return { logProb: value, gradient: (grads[0] as tf.Tensor | undefined) ?? tf.zerosLike(x) };
    });
  }

  /** log p at `rows` points, row by row, and its gradient. */
  ascent(x: Float32Array): { logProb: Float32Array; gradient: Float32Array } {
    return this.#withGradient(x) as ReturnType<Density['ascent']>;
  }

  /** log p at any number of points. */
  logProb(points: readonly (readonly number[])[]): Float32Array {
    const dim = this.distribution.eventShape[0]!;
    const logProb = new Float32Array(points.length);
    for (let from = 0; from < points.length; from += this.#rows) {
      const some = points.slice(from, from + this.#rows);
      // A graph has fixed shapes: what is missing is filled up with zeros.
      const x = new Float32Array((this.#isCompiled ? this.#rows : some.length) * dim);
      for (const [i, point] of some.entries()) x.set(point, i * dim);
      logProb.set(this.#logProb(x).logProb!.subarray(0, some.length), from);
    }
    return logProb;
  }

  dispose(): void {
    for (const dispose of this.#disposals) dispose();
  }

  #onArrays(name: string, evaluate: (x: tf.Tensor) => Outputs): Evaluation {
    const { eventShape, state } = this.distribution;
    if (state === undefined) {
      return (x) =>
        tf.tidy(() => mapped(evaluate(tf.tensor(x, [x.length / eventShape[0]!, ...eventShape])), (y) => y.dataSync()));
    }
    const compiled = compile(({ x }: { x: tf.Tensor }) => evaluate(x), { name: `modes/${name}`, state });
    this.#disposals.push(compiled.dispose);
    const onArrays = compiled.onArrays({ x: { shape: [this.#rows, ...eventShape] } });
    return (x) => mapped(onArrays({ x }), (values) => values);
  }
}

type Evaluation = (x: Float32Array) => Record<string, Float32Array>;

function mapped<T>(
  outputs: Readonly<Record<string, T>>,
  values: (output: T) => tf.TypedArray,
): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, output]) => [name, values(output).slice() as Float32Array]),
  );
}

interface End {
  readonly x: readonly number[];
  readonly logProb: number;
}

/** Where the ascents end. */
function ascend(density: Density, rng: Rng, starts: number, steps: number): End[] {
  const { distribution } = density;
  const dim = distribution.eventShape[0]!;
  const x = tf.tidy(() => distribution.sample(rng, [starts]).dataSync().slice() as Float32Array);
  // Lengths are of the draws' spread, component by component.
  const spread = Array.from({ length: dim }, (_, j) => deviation(x.filter((_, i) => i % dim === j)));
  const rates = new Float64Array(starts).fill(0.1);
  const now = density.ascent(x);
  let before = now.logProb.slice();
  for (let step = 1; step <= steps; step++) {
    const proposed = x.map((value, i) => {
      const scale = spread[i % dim]!;
      const move = rates[Math.floor(i / dim)]! * scale * scale * now.gradient[i]!;
      return Number.isFinite(move) ? value + move : value;
    });
    const next = density.ascent(proposed);
    for (let i = 0; i < starts; i++) {
      const isHigher = next.logProb[i]! >= now.logProb[i]!;
      rates[i] = rates[i]! * (isHigher ? 1.6 : 0.4);
      if (!isHigher) continue;
      now.logProb[i] = next.logProb[i]!;
      for (let j = i * dim; j < (i + 1) * dim; j++) {
        x[j] = proposed[j]!;
        now.gradient[j] = next.gradient[j]!;
      }
    }
    if (step % 10 !== 0) continue;
    if (now.logProb.every((value, i) => !(value - before[i]! > LEAST_GAIN))) break;
    before = now.logProb.slice();
  }
  const all = Array.from({ length: starts }, (_, i): End => {
    const end = [...x.subarray(i * dim, (i + 1) * dim)];
    return { x: distribution.angles ? end.map(wrapped) : end, logProb: now.logProb[i]! };
  });
  return all.filter(({ logProb }) => Number.isFinite(logProb));
}

/** Groups of indices into `ends`, each with the densest first: ends that segments of little dip connect. */
function joinedEnds(density: Density, ends: readonly End[], dip: number): number[][] {
  // By its densest end.
  const group = ends.map((_, i) => i);
  // Of an ascent that was stuck between two modes log p rises to both: such an end belongs to one of them, and does not join them.
  const isJoined = (i: number, j: number, lowest: number) => {
    const lower = ends[Math.max(group[i]!, group[j]!)]!.logProb;
    return !(Math.min(lowest, ends[i]!.logProb) < lower - dip);
  };
  const join = (a: number, b: number, last: number) => {
    const [kept, lost] = [Math.min(a, b), Math.max(a, b)];
    for (let each = 0; each <= last; each++) if (group[each] === lost) group[each] = kept;
  };
  // Most are joined with the densest of all, which stays that of its group.
  const toFirst = lowestBetween(
    density,
    ends.map((end) => [end, ends[0]!]),
  );
  for (let i = 1; i < ends.length; i++) {
    if (isJoined(i, 0, toFirst[i]!)) group[i] = 0;
    const others = candidates(density, ends, group, i);
    const lowest = lowestBetween(
      density,
      others.map((j) => [ends[i]!, ends[j]!]),
    );
    others.forEach((j, k) => {
      if (group[j] !== group[i] && isJoined(i, j, lowest[k]!)) join(group[i]!, group[j]!, i);
    });
  }
  return [...new Set(group)].map((first) => group.flatMap((each, i) => (each === first ? [i] : [])));
}

/** The ends before `i` that it may be joined with, besides the first: the densest of each other group, and the nearest ones. */
function candidates(density: Density, ends: readonly End[], group: readonly number[], i: number): number[] {
  const before = group.slice(0, i);
  const squaredDistance = (j: number) => way(density, ends[i]!, ends[j]!).reduce((sum, d) => sum + d * d, 0);
  const nearest = before.map((_, j) => [squaredDistance(j), j] as const).sort(([a], [b]) => a - b);
  const all = new Set([...before, ...nearest.slice(0, NEAREST).map(([, j]) => j)]);
  return [...all].filter((j) => j !== 0 && group[j] !== group[i]);
}

/** The least log-density along the segment from one end to another, for each pair. */
function lowestBetween(density: Density, pairs: readonly (readonly [End, End])[]): number[] {
  const points = pairs.flatMap(([from, to]) => {
    const moves = way(density, from, to);
    return Array.from({ length: BETWEEN }, (_, k) =>
      moves.map((move, j) => from.x[j]! + ((k + 1) / (BETWEEN + 1)) * move),
    );
  });
  const logProb = density.logProb(points);
  return pairs.map((_, i) => Math.min(...logProb.subarray(i * BETWEEN, (i + 1) * BETWEEN)));
}

/** From one end to another, component by component. */
function way({ distribution: { angles } }: Density, from: End, to: End): number[] {
  return to.x.map((value, j) => (angles ? wrapped(value - from.x[j]!) : value - from.x[j]!));
}

/** An angle in [−π, π). */
function wrapped(angle: number): number {
  return angle - 2 * Math.PI * Math.floor((angle + Math.PI) / (2 * Math.PI));
}

function deviation(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / values.length;
  return Math.sqrt(variance) || 1;
}
