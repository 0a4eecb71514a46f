import * as tf from '@tensorflow/tfjs-core';
import { Distribution } from '../distributions/distribution.ts';
import { valueAndGradients } from '../engine/valueAndGradients.ts';
import { positiveInteger } from '../nn/positiveInteger.ts';
import type { Rng } from '../random.ts';

/** Options of {@link modes}. */
export interface ModesOptions {
  readonly rng: Rng;
  /** How many draws are started from. */
  readonly starts?: number;
  /** Steps of the ascent, at most. */
  readonly steps?: number;
  /** Ends belong to one mode if the log-density falls by no more than this between them, nats. */
  readonly dip?: number;
}

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
 * falls by no more than `dip` below the lower end. The densest first.
 *
 * For angles, ends are joined the short way round the circle, and modes are in [−π, π).
 *
 * A ridge of equal density, a ring, is one mode. What it finds depends on the draws: a mode of little mass needs many starts; a mode
 * that is not smooth may be found twice.
 *
 * @throws if the distribution is no single one over vectors, an option is no positive number, or no draw has a finite density
 */
export function modes(distribution: Distribution, options: ModesOptions): Mode[] {
  const { rng, dip = 0.05 } = options;
  const starts = positiveInteger('modes', 'number of starts', options.starts ?? 64);
  const steps = positiveInteger('modes', 'number of steps', options.steps ?? 200);
  if (!(dip > 0)) throw new Error(`modes: wanted a positive dip, got ${dip}`);
  if (!(distribution instanceof Distribution)) {
    throw new Error('modes: wanted a distribution, as actionDensity(policy, observation) is one, got something else');
  }
  const { batchShape, eventShape } = distribution;
  if (batchShape.length > 0 || eventShape.length !== 1) {
    throw new Error(
      `modes: wanted one distribution over vectors, got batch shape [${batchShape}] and event shape [${eventShape}]`,
    );
  }
  const ends = ascend(distribution, rng, starts, steps);
  if (ends.length === 0) throw new Error('modes: wanted draws of finite log-density, got none');
  ends.sort((a, b) => b.logProb - a.logProb);
  const groups = joinedEnds(distribution, ends, dip);
  return groups.map((members) => {
    const share = members.length / ends.length;
    return { ...ends[members[0]!]!, share, standardError: Math.sqrt((share * (1 - share)) / ends.length) };
  });
}

interface End {
  readonly x: readonly number[];
  readonly logProb: number;
}

/** Where the ascents end. */
function ascend(distribution: Distribution, rng: Rng, starts: number, steps: number): End[] {
  const dim = distribution.eventShape[0]!;
  const point = tf.tidy(() => tf.variable(distribution.sample(rng, [starts])));
  const evaluate = () =>
    tf.tidy(() => {
      const { logProb, gradients } = valueAndGradients(
        () => {
          const each = distribution.logProb(point);
          return { loss: tf.sum(each), logProb: each };
        },
        [point],
        { allowUnused: true },
      );
      const numbers = (values: tf.Tensor) => values.dataSync().slice() as Float32Array;
      return { logProb: numbers(logProb), gradient: numbers(gradients[0]!) };
    });
  try {
    const x = point.dataSync().slice() as Float32Array;
    // Lengths are of the draws' spread, component by component.
    const spread = Array.from({ length: dim }, (_, j) => deviation(x.filter((_, i) => i % dim === j)));
    const rates = new Float64Array(starts).fill(0.1);
    const now = evaluate();
    let before = now.logProb.slice();
    for (let step = 1; step <= steps; step++) {
      const proposed = x.map((value, i) => {
        const scale = spread[i % dim]!;
        const move = rates[Math.floor(i / dim)]! * scale * scale * now.gradient[i]!;
        return Number.isFinite(move) ? value + move : value;
      });
      assign(point, proposed);
      const next = evaluate();
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
  } finally {
    point.dispose();
  }
}

/** Groups of indices into `ends`, each with the densest first: ends that segments of little dip connect. */
function joinedEnds(distribution: Distribution, ends: readonly End[], dip: number): number[][] {
  const group = ends.map((_, i) => i);
  for (let i = 1; i < ends.length; i++) {
    const others = candidates(distribution, ends, group, i);
    const lowest = lowestBetween(
      distribution,
      ends[i]!,
      others.map((j) => ends[j]!),
    );
    others.forEach((j, k) => {
      // The ends before are at least as dense: this one is the lower.
      if (lowest[k]! < ends[i]!.logProb - dip || group[j] === group[i]) return;
      const [kept, lost] = [Math.min(group[i]!, group[j]!), Math.max(group[i]!, group[j]!)];
      for (let each = 0; each <= i; each++) if (group[each] === lost) group[each] = kept;
    });
  }
  return [...new Set(group)].map((first) => group.flatMap((each, i) => (each === first ? [i] : [])));
}

/** The ends before `i` that it may be joined with: the densest of each group, and the nearest ones. */
function candidates(distribution: Distribution, ends: readonly End[], group: readonly number[], i: number): number[] {
  const before = group.slice(0, i);
  const squaredDistance = (j: number) => way(distribution, ends[i]!, ends[j]!).reduce((sum, d) => sum + d * d, 0);
  const nearest = before.map((_, j) => [squaredDistance(j), j] as const).sort(([a], [b]) => a - b);
  return [...new Set([...before, ...nearest.slice(0, NEAREST).map(([, j]) => j)])];
}

/** The least log-density along the segment from one end to each of others. */
function lowestBetween(distribution: Distribution, from: End, to: readonly End[]): Float32Array {
  const points = Array.from({ length: BETWEEN }, (_, k) => (k + 1) / (BETWEEN + 1)).map((share) =>
    to.map((end) => way(distribution, from, end).map((move, j) => from.x[j]! + share * move)),
  );
  return tf.tidy(
    () =>
      tf
        .min(distribution.logProb(tf.tensor3d(points)), 0)
        .dataSync()
        .slice() as Float32Array,
  );
}

/** From one end to another, component by component. */
function way({ angles }: Distribution, from: End, to: End): number[] {
  return to.x.map((value, j) => (angles ? wrapped(value - from.x[j]!) : value - from.x[j]!));
}

/** An angle in [−π, π). */
function wrapped(angle: number): number {
  return angle - 2 * Math.PI * Math.floor((angle + Math.PI) / (2 * Math.PI));
}

function assign(variable: tf.Variable, values: Float32Array): void {
  const value = tf.tensor(values, variable.shape);
  variable.assign(value);
  value.dispose();
}

function deviation(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / values.length;
  return Math.sqrt(variance) || 1;
}
