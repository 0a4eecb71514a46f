import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { currentTrace } from '../engine/trace/traceBackend.ts';
import { Module } from '../module.ts';
import { positive } from '../options/fields.ts';
import { parseOptions } from '../options/parse.ts';
import { checkNumbers } from './sizes.ts';
import { stopGradient } from './tensors.ts';

const dim = z.int().positive().describe('size of the last axis');
/** Up to here float32 counts by ones. */
const MOST = 2 ** 24;

const layerNormOptions = z.strictObject({ dim, epsilon: positive(1e-5, 'what is added to every variance') });

/** Options of {@link LayerNorm}. */
export type LayerNormOptions = z.input<typeof layerNormOptions>;

/**
 * Each vector is brought to mean 0 and variance 1 over its own entries, and then each entry has a scale and a shift of its own:
 * y = scale (x − mean) / √(variance + ε) + shift, the variance divided by the count. The same in training and outside of it.
 *
 * Ba, Kiros and Hinton, "Layer Normalization", arXiv:1607.06450.
 */
export class LayerNorm extends Module {
  /** `[dim]`, 1 at first. */
  readonly scale: tf.Variable;
  /** `[dim]`, 0 at first. */
  readonly shift: tf.Variable;
  readonly #epsilon: number;

  /** @throws if `dim` is no positive integer, or `epsilon` not positive */
  constructor(options: LayerNormOptions) {
    super();
    const { dim, epsilon } = parseOptions('LayerNorm', layerNormOptions, options);
    checkNumbers(dim);
    this.#epsilon = epsilon;
    this.scale = tf.tidy(() => tf.variable(tf.ones([dim]), true));
    this.shift = tf.tidy(() => tf.variable(tf.zeros([dim]), true));
  }

  /** `[…, dim]` → `[…, dim]` */
  apply(x: tf.Tensor): tf.Tensor {
    const centered = tf.sub(x, tf.mean(x, -1, true));
    const deviation = tf.sqrt(tf.add(tf.mean(tf.square(centered), -1, true), this.#epsilon));
    return tf.add(tf.mul(tf.div(centered, deviation), this.scale), this.shift);
  }
}

/** The options that batch normalizations share. */
export const batchStatisticsOptions = {
  dim,
  momentum: z
    .number()
    .nonnegative()
    .lt(1)
    .default(0.99)
    .describe("what an update leaves of the running statistics' weights"),
};

export const batchRenormOptions = z.strictObject({
  ...batchStatisticsOptions,
  epsilon: positive(1e-3, 'what is added to every variance'),
  warmUp: z.int().nonnegative().max(MOST).default(0).meta({
    description: 'first batches in which r = 1 and d = 0, until the running statistics mean something',
    unit: 'batches',
  }),
  maxScale: z.number().min(1).default(3).describe('r is held within [1 / maxScale, maxScale]'),
  maxShift: z.number().nonnegative().default(5).describe('d is held within ±maxShift'),
});

/** Options of {@link BatchRenorm}. */
export type BatchRenormOptions = z.input<typeof batchRenormOptions>;

/**
 * Batch renormalization: {@link whileTraining} y = scale · ((x − μ_B) / σ_B · r + d) + shift by the mean and deviation of each entry over the batch,
 * with r = σ_B / σ and d = (μ_B − μ) / σ, clipped and without a gradient. Where nothing is clipped, that is what it is outside
 * of training, y = scale · (x − μ) / σ + shift by the running statistics, while gradients go through those of the batch. So the two do
 * not drift apart, as they do in batch normalization. σ² has ε added, and batches' variances are divided by the count.
 *
 * Running statistics are averages over the batches so far, this one not included, with weights that fall by `momentum` a batch and add up to 1;
 * they are variables that are not trained, saved with the others.
 *
 * Ioffe, "Batch Renormalization: Towards Reducing Minibatch Dependence in Batch-Normalized Models", arXiv:1702.03275.
 */
export class BatchRenorm extends Module {
  /** `[dim]`, 1 at first. */
  readonly scale: tf.Variable;
  /** `[dim]`, 0 at first. */
  readonly shift: tf.Variable;
  /** `[dim]` */
  readonly runningMean: tf.Variable;
  /** `[dim]` */
  readonly runningVariance: tf.Variable;
  /** 1 − momentumⁿ after n batches. */
  readonly runningWeight: tf.Variable;
  /** How many batches there were, up to `warmUp`. */
  readonly batches: tf.Variable;
  readonly #options: z.output<typeof batchRenormOptions>;

  /** @throws if `dim` is no positive integer, or another option out of its range */
  constructor(options: BatchRenormOptions) {
    super();
    this.#options = parseOptions('BatchRenorm', batchRenormOptions, options);
    const { dim } = this.#options;
    checkNumbers(dim);
    this.scale = tf.tidy(() => tf.variable(tf.ones([dim]), true));
    this.shift = tf.tidy(() => tf.variable(tf.zeros([dim]), true));
    [this.runningMean, this.runningVariance, this.runningWeight] = runningVariables(dim);
    this.batches = tf.tidy(() => tf.variable(tf.scalar(0), false));
  }

  /**
   * `[batch, dim]` → `[batch, dim]`
   * @throws if the input does not fit, or in training if there are not two vectors or more: one alone has no variance
   */
  apply(x: tf.Tensor): tf.Tensor {
    const { dim } = this.#options;
    if (x.rank !== 2 || x.shape[1] !== dim) {
      throw new Error(`BatchRenorm.apply: got [${x.shape}], expected shape [batch, ${dim}]`);
    }
    const normalized = isTraining()
      ? this.#byBatch(x)
      : tf.div(tf.sub(x, this.runningMean), this.#deviation(this.runningVariance));
    return tf.add(tf.mul(normalized, this.scale), this.shift);
  }

  #byBatch(x: tf.Tensor): tf.Tensor {
    if (x.shape[0]! < 2)
      throw new Error(`BatchRenorm.apply: got ${x.shape[0]}, expected two vectors or more in training`);
    const mean = tf.mean(x, 0);
    const variance = tf.mean(tf.square(tf.sub(x, mean)), 0);
    const deviation = this.#deviation(variance);
    const [r, d] = this.#corrections(mean, deviation);
    rememberBatch(this, this.#options.momentum, mean, variance);
    return tf.add(tf.mul(tf.div(tf.sub(x, mean), deviation), r), d);
  }

  /** r and d, by the running statistics before this batch. */
  #corrections(mean: tf.Tensor, deviation: tf.Tensor): [tf.Tensor, tf.Tensor] {
    const { warmUp, maxScale, maxShift } = this.#options;
    const running = this.#deviation(this.runningVariance);
    const isWarm = tf.greaterEqual(this.batches, warmUp);
    const correction = (value: tf.Tensor, usual: number, low: number, high: number) =>
      stopGradient(() => tf.where(isWarm, tf.clipByValue(value, low, high), tf.fill(value.shape, usual)));
    const r = correction(tf.div(deviation, running), 1, 1 / maxScale, maxScale);
    const d = correction(tf.div(tf.sub(mean, this.runningMean), running), 0, -maxShift, maxShift);
    if (warmUp > 0) {
      stopGradient(() => {
        const batches = tf.minimum(tf.add(this.batches, 1), warmUp);
        this.batches.assign(batches);
        return batches;
      });
    }
    return [r, d];
  }

  #deviation(variance: tf.Tensor): tf.Tensor {
    return tf.sqrt(tf.add(variance, this.#options.epsilon));
  }
}

/** What a module that normalizes remembers of its batches; variables that are not trained. */
interface RunningStatistics {
  /** `[dim]` */
  readonly runningMean: tf.Variable;
  /** `[dim]` */
  readonly runningVariance: tf.Variable;
  /** 1 − momentumⁿ after n batches. */
  readonly runningWeight: tf.Variable;
}

/** The variables of {@link RunningStatistics} before any batch. */
export function runningVariables(dim: number): [mean: tf.Variable, variance: tf.Variable, weight: tf.Variable] {
  return tf.tidy(() => [
    tf.variable(tf.zeros([dim]), false),
    tf.variable(tf.ones([dim]), false),
    tf.variable(tf.scalar(0), false),
  ]);
}

/**
 * Takes the statistics of a batch into the running ones: averages of those of the batches so far with weights that fall by `momentum` a batch
 * and add up to 1, so that the first batch counts wholly.
 */
export function rememberBatch(
  { runningMean, runningVariance, runningWeight }: RunningStatistics,
  momentum: number,
  mean: tf.Tensor,
  variance: tf.Tensor,
): void {
  stopGradient(() => {
    const weight = tf.add(tf.mul(runningWeight, momentum), 1 - momentum);
    const share = tf.div(1 - momentum, weight);
    for (const [running, current] of [
      [runningMean, mean],
      [runningVariance, variance],
    ] as const) {
      running.assign(tf.add(running, tf.mul(tf.sub(current, running), share)));
    }
    runningWeight.assign(weight);
    return weight;
  });
}

let training: { readonly trace: ReturnType<typeof currentTrace> } | undefined;

/**
 * What `fn` returns; what behaves otherwise in training, `BatchNorm`, does so in it. The mode is part of what is computed, not of a
 * module: a compiled function that trains calls this inside of itself, and one that evaluates does not.
 *
 * @example
 * const step = compile(({ x }) => {
 *   const { loss, gradients } = valueAndGradients(
 *     () => whileTraining(() => ({ loss: tf.neg(tf.mean(flow.given().logProb(x))) })),
 *     parameters,
 *   );
 *   optimizer.update(gradients, 1e-3);
 *   return { loss };
 * }, { name: 'step', state: [flow, optimizer] });
 */
export function whileTraining<T>(fn: () => T): T {
  const before = training;
  training = { trace: currentTrace() };
  try {
    return fn();
  } finally {
    training = before;
  }
}

/**
 * Whether {@link whileTraining} is on.
 * @throws if it is on outside of the function that is being compiled: the graph would keep a mode that later calls are not in
 */
export function isTraining(): boolean {
  if (training === undefined) return false;
  const trace = currentTrace();
  if (trace !== training.trace) {
    throw new Error(
      `whileTraining: got a call around the compiled function '${trace?.name}', expected one inside of it`,
    );
  }
  return true;
}
