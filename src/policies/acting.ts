import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { gumbelNoise } from '../distributions/locationScale.ts';
import { TensorRng } from '../engine/trace/tensorRng.ts';
import { show } from '../options/describe.ts';
import { choice, count, flag, positive } from '../options/fields.ts';
import { parseOptions } from '../options/parse.ts';
import { Rng } from '../random.ts';
import type { ActionDistribution } from './policy.ts';

/** The rules by which an action is chosen from π(· | o), see {@link actingOptions}. */
export const actingRules = ['sample', 'mode', 'densest'] as const;

/** How an action is chosen from a policy's distribution. */
const actingOptions = z.strictObject({
  rule: choice(
    actingRules,
    'sample',
    'how an action is chosen; a sample, the mode of most mass (a greedy action), or the latent value of greatest density, both by a fixed noise',
  ),
  temperature: positive(
    1,
    'T; a sample is of the density p^(1/T) of latent values, below 1 nearer to its peaks, of choices by their logits / T',
  ),
  candidates: count(
    32,
    'samples that a mode is the center of, the densest is one of and those at a temperature are drawn from, where the policy knows no exact way',
    'samples',
  ),
  hold: count(1, "steps of an episode for which a sample's noise is kept before it is drawn anew", 'steps'),
});

/** Options of how to act. */
export type ActingOptions = z.input<typeof actingOptions>;

/** How to act, with all defaults. */
export type Acting = z.output<typeof actingOptions>;

/** How to act, as an option of what acts. */
export const actingShape = {
  greedy: flag(false, "whether to take greedy actions in place of sampled ones: acting: { rule: 'mode' }"),
  acting: actingOptions.optional().describe('how actions are chosen; by default they are samples'),
};

const actingField = z.object({ acting: actingOptions });

/**
 * How to act, by the options of what acts.
 * @param owner whose options they are, as errors name it: `Actor`
 * @throws for an unknown option or one out of range, one that the rule has no use for, or a short word beside `acting`
 */
export function actingOf(
  owner: string,
  given: {
    readonly greedy?: boolean | undefined;
    readonly candidates?: number | undefined;
    readonly acting?: ActingOptions | undefined;
  },
): Acting {
  const { greedy = false, candidates, acting = { rule: greedy ? 'mode' : 'sample', candidates } } = given;
  if (given.acting !== undefined && (greedy || candidates !== undefined)) {
    const beside = greedy ? 'greedy: true' : `candidates: ${candidates}`;
    throw new Error(`${owner}: acting: got ${show(acting)} beside ${beside}, expected one of them`);
  }
  const parsed = parseOptions(owner, actingField, { acting }).acting;
  if (parsed.rule === 'sample') return parsed;
  for (const [name, what] of [
    ['temperature', 'which is for samples'],
    ['hold', 'which has no noise to hold'],
  ] as const) {
    if (parsed[name] === 1) continue;
    throw new Error(`${owner}: acting.${name}: got ${parsed[name]} with rule ${parsed.rule}, ${what}, expected none`);
  }
  return parsed;
}

/** 1/T − 1, at most: beyond it the least difference of two float32 log-densities decides, and no product overflows. */
const LARGEST_EXPONENT = 1e30;

/**
 * A latent value of p^(1/T) for each observation, resampled from n candidates xᵢ ~ p with the weights p(xᵢ)^(1/T − 1): the xᵢ of the
 * greatest (1/T − 1) log p(xᵢ) + Gᵢ, with Gumbel noise Gᵢ. Its law is p^(1/T) as n → ∞. Of a Gaussian of d numbers n candidates are as
 * good as n (2T − T²)^(d/2) of equal weights: few are left of many numbers at a low temperature, and from T = 2 on the weights have no
 * variance. At T = 0 it is the densest candidate.
 *
 * Densities are of latent values. Those of actions would be other ones: a squash as tanh makes them grow without limit at the bounds, and the
 * densest action would lie there, whatever the policy has learned.
 *
 * A peak of density may be a thin spike that carries little mass, as trained flows have some: the lower T, the more often it is
 * chosen. The mode of most mass leaves it out.
 *
 * Rubin, "Using the SIR Algorithm to Simulate Posterior Distributions", 1988.
 *
 * @param distribution of `count` rows for each observation, which are in turn: row i is of observation i mod batch
 * @returns `[batch, actionDim]`
 */
export function temperedLatent(
  distribution: ActionDistribution,
  temperature: number,
  count: number,
  rng: Rng,
): tf.Tensor {
  const { latent, logProb } = distribution.sampleWithLogProb(rng);
  const [rows, dim] = latent.shape as [number, number];
  const logDensity = distribution.squashLogDet ? tf.add(logProb, distribution.squashLogDet(latent)) : logProb;
  const each = tf.reshape(logDensity, [count, rows / count]);
  const exponent = Math.min(1 / temperature - 1, LARGEST_EXPONENT);
  const below = tf.sub(each, tf.max(each, 0, true));
  const scores =
    temperature === 0 ? each : tf.add(tf.mul(below, exponent), tf.reshape(gumbelNoise(rng, [rows, 1]), each.shape));
  const isBest = tf.transpose(tf.oneHot(tf.argMax(scores, 0), count, 1, 0, 'float32'));
  return tf.sum(tf.mul(tf.expandDims(isBest, 2), tf.reshape(latent, [count, rows / count, dim])), 0);
}

/**
 * Noise that each row of a batch keeps for `hold` steps of its episode. Row i draws from the stream `rng.split(i)`, at the first step of an
 * episode and each `hold` steps after it: so its noise depends on the stream, on i and on how often the row has drawn, and not on
 * the other rows. Another stream draws anew at once.
 *
 * It is what fills the draws of a compiled function that has them by {@link byRows}.
 */
export class HeldNoise extends Rng {
  readonly #hold: number;
  /** Of each row the steps since it drew. */
  readonly #ages: Int32Array;
  readonly #kept: Float32Array[] = [];
  #stream: Rng | undefined;
  #rows: readonly Rng[] = [];
  /** Which of the draws of a step is next. */
  #next = 0;

  constructor(hold: number, batch: number) {
    super('held');
    this.#hold = hold;
    this.#ages = new Int32Array(batch);
  }

  /** Before each step. */
  begin(stream: Rng): void {
    this.#next = 0;
    if (stream === this.#stream) return;
    this.#stream = stream;
    this.#rows = Array.from(this.#ages, (_, row) => stream.split(row));
    this.reset();
  }

  /** After each step. */
  end(): void {
    for (let row = 0; row < this.#ages.length; row++) this.#ages[row] = (this.#ages[row]! + 1) % this.#hold;
  }

  /** A row draws anew at its next step, or all of them do. */
  reset(row?: number): void {
    if (row === undefined) this.#ages.fill(0);
    else this.#ages[row] = 0;
  }

  override fillNormal<T extends Float32Array | Float64Array>(target: T): T {
    return this.#fill(target, (row, part) => row.fillNormal(part));
  }

  override fillUniform<T extends Float32Array | Float64Array>(target: T): T {
    return this.#fill(target, (row, part) => row.fillUniform(part));
  }

  #fill<T extends Float32Array | Float64Array>(target: T, fill: (row: Rng, part: Float32Array) => void): T {
    const draw = this.#next++;
    this.#kept[draw] ??= new Float32Array(target.length);
    const kept = this.#kept[draw];
    const size = target.length / this.#ages.length;
    this.#ages.forEach((age, row) => {
      if (age === 0) fill(this.#rows[row]!, kept.subarray(row * size, (row + 1) * size));
    });
    target.set(kept);
    return target;
  }
}

/**
 * The stream of a compiled function, which draws the numbers of one observation after those of another, whatever the shape is in which a
 * policy takes them. Observations are along the first axis whose size is a multiple of the batch, in turn: row i is of observation i mod
 * batch.
 * @throws when it draws a tensor that has no such axis
 */
export function byRows(rng: Rng, batch: number): Rng {
  return new TensorRng('actor', ({ kind, shape }) => {
    const axis = shape.findIndex((size) => size % batch === 0);
    if (axis < 0) {
      throw new Error(`Actor: acting.hold: got noise of shape [${shape}], expected an axis of the batch of ${batch}`);
    }
    const outer = tf.util.sizeFromShape(shape.slice(0, axis)) * (shape[axis]! / batch);
    const inner = tf.util.sizeFromShape(shape.slice(axis + 1));
    return tf.reshape(tf.transpose(rng[`${kind}Tensor`]([batch, outer, inner]), [1, 0, 2]), [...shape]);
  });
}
