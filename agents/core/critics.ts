import * as tf from '@tensorflow/tfjs-core';
import type { Box } from '../../envs/index.ts';
import { flatten, unflatten } from '../../src/engine/optimizers.ts';
import {
  Adam,
  type AdamOptions,
  clipByGlobalNorm,
  type Module,
  makePolicy,
  type Past,
  type Policy,
  type Rng,
  valueAndGradients,
} from '../../src/index.ts';
import { stopGradient } from '../../src/nn/tensors.ts';
import { type Bounds, halfWidths } from '../../src/policies/boxScale.ts';
import { ActionCritics, type CriticNetworksOptions } from '../../src/policies/criticNetworks.ts';
import type { Rate } from '../../src/training/optimization.ts';
import type { TransitionTensors } from './replay.ts';

/**
 * 1 for each of the `count` least numbers of a row, 0 for the others; of equal ones the first are taken: `[…, n]` → `[…, n]`. The rank
 * of a number is how many come before it, counted by comparing all pairs, which is quicker than sorting a short row. It has no gradient.
 */
export function smallestK(x: tf.Tensor, count: number): tf.Tensor {
  const n = x.shape.at(-1)!;
  const [own, other] = [tf.expandDims(x, -1), tf.expandDims(x, -2)];
  const places = tf.range(0, n);
  const isEarlier = tf.less(tf.expandDims(places, 0), tf.expandDims(places, 1));
  const comesBefore = tf.logicalOr(tf.less(other, own), tf.logicalAnd(isEarlier, tf.equal(other, own)));
  const ranks = tf.sum(tf.cast(comesBefore, 'float32'), -1);
  return tf.cast(tf.less(ranks, count), 'float32');
}

/** The loss of critics on a minibatch. */
export interface CriticLoss {
  readonly loss: tf.Tensor;
  /** E[Q₁(o, a)]. */
  readonly actionValue: tf.Tensor;
  /** δ, `[batch]`, by {@link tdErrors}; where the rows have weights. */
  readonly errors?: tf.Tensor;
}

/** c, 1 by default, and w of each row, `[batch]`; all have 1 unless they are given. */
type LossOptions = { readonly factor?: number; readonly weights?: tf.Tensor | undefined };

type WithPast = { readonly past?: Past | undefined };

/** Independent networks Q₁(o, a), …, Q_N(o, a): of two the less is a target that is seldom too high, "twin critics". */
export class ActionValues extends ActionCritics {
  /**
   * The critics' loss, c Σᵢ E[w (Qᵢ(o, a) − y)²].
   * @param targets y, `[batch]`
   */
  loss(
    observations: tf.Tensor,
    actions: tf.Tensor,
    targets: tf.Tensor,
    { past, ...options }: LossOptions & WithPast = {},
  ): CriticLoss {
    return lossOf(this.of(observations, actions, past), targets, options);
  }

  /** The mean of all Qᵢ, `[batch]` */
  mean(observations: tf.Tensor, actions: tf.Tensor, past?: Past): tf.Tensor {
    return tf.mean(tf.stack(this.of(observations, actions, past)), 0);
  }

  /**
   * The least of some of the critics, which are drawn without replacement, once for the whole batch: `[batch]`.
   *
   * Chen et al., "Randomized Ensembled Double Q-Learning", arXiv:2101.05982.
   * @param options `count` is M
   */
  leastOfSome(
    observations: tf.Tensor,
    actions: tf.Tensor,
    { count, rng, past }: { readonly count: number; readonly rng: Rng } & WithPast,
  ): tf.Tensor {
    const isDrawn = tf.greater(smallestK(rng.uniformTensor([this.networks.length]), count), 0);
    const values = tf.stack(this.of(observations, actions, past), 1);
    return tf.min(tf.where(tf.expandDims(isDrawn, 0), values, tf.fill(values.shape, Number.POSITIVE_INFINITY)), 1);
  }
}

/** c Σᵢ E[w (Qᵢ − y)²] of values Qᵢ, `[batch]` each. */
export function lossOf(
  values: readonly tf.Tensor[],
  targets: tf.Tensor,
  { factor = 1, weights }: LossOptions,
): CriticLoss {
  const squares = values.map((q) => tf.squaredDifference(q, targets)).reduce((sum, square) => tf.add(sum, square));
  return {
    loss: tf.mul(factor, tf.mean(weightedRows(squares, weights))),
    actionValue: tf.mean(values[0]!),
    ...(weights && { errors: tdErrors(values, targets) }),
  };
}

/** Adam down the gradient of losses, whose global norm it bounds. */
export class ClippedAdam extends Adam {
  readonly #maxNorm: number | undefined;

  /** @param maxNorm the largest global norm of the gradient; without one there is no bound */
  constructor(module: Pick<Module, 'trainableVariables'>, maxNorm: number | undefined, options?: AdamOptions) {
    super(module.trainableVariables(), options);
    this.#maxNorm = maxNorm;
  }

  /**
   * One step.
   * @param losses returns `{ loss, ...others }`
   * @param allowUnused as in `valueAndGradients`
   * @returns what `losses` does, as constants
   */
  descend<T extends { readonly loss: tf.Tensor }>(losses: () => T, learningRate: tf.Tensor, allowUnused = false): T {
    const { gradients, ...values } = valueAndGradients(losses, this.parameters, { allowUnused });
    const maxNorm = this.#maxNorm;
    this.update(maxNorm === undefined ? gradients : clipByGlobalNorm(gradients, maxNorm).gradients, learningRate);
    return values as unknown as T;
  }
}

/** What changes in the course of a training: the learning rates of a policy and its critics. */
export type ActorCriticRate = 'learningRate' | 'criticLearningRate';

/** The rates of an agent's options; the critics have the policy's, unless one is given. */
export function actorCriticRates(config: { learningRate: Rate; criticLearningRate?: Rate | undefined }) {
  const { learningRate, criticLearningRate = learningRate } = config;
  return { learningRate, criticLearningRate };
}

/**
 * What critics of a policy's actions are made by.
 * @param config the agent's options
 * @param options `units` of actions, where they are not their bounds, and whether they are `angles`
 */
export function criticNetworksOptions(
  { observationDim, encoder, memory }: Policy,
  actionSpace: Box,
  config: Omit<CriticNetworksOptions, 'observationDim' | 'actionSpace'>,
  options: Pick<CriticNetworksOptions, 'units' | 'angles'> = {},
): CriticNetworksOptions {
  return { ...config, observationDim, encoder, memory, actionSpace, ...options, rng: config.rng.split('critics') };
}

/**
 * A second policy of the same architecture and with the same variables, as a target network.
 * @throws if `makePolicy` did not make the policy, so that nobody knows how to make another
 */
export function copyOfPolicy<P extends Policy>(owner: string, policy: P, rng: Rng): P {
  const { config } = policy;
  if (config === undefined) {
    throw new Error(
      `${owner}: policy: got a ${policy.constructor.name} of unknown making, expected one of makePolicy, of which the ` +
        'target network is a copy: register it with registerPolicy and make it by its name',
    );
  }
  const { name, observationSpace, actionSpace, options } = config;
  const copy = makePolicy(name as string, { ...options, observationSpace, actionSpace, rng });
  copy.loadStateDict(policy.stateDict());
  return copy as P;
}

/**
 * Polyak's averaging: θ′ ← θ′ + τ (θ − θ′) for all trainable variables; the two modules have the same architecture.
 *
 * Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging", 1992.
 */
export function polyak(target: Module, source: Module, tau: number): void {
  const targets = target.trainableVariables();
  tf.tidy(() => {
    const [slow, fast] = [flatten(targets), flatten(source.trainableVariables())];
    const mean = tf.add(slow, tf.mul(tf.sub(fast, slow), tau));
    unflatten(mean, targets).forEach((value, i) => {
      targets[i]!.assign(value);
    });
  });
}

interface QuantileHuberInputs {
  /** θ, `[batch, n]`. */
  readonly quantiles: tf.Tensor;
  /** τ, which quantiles they are, in (0, 1): `[n]`, or `[batch, n]`. */
  readonly fractions: tf.Tensor;
  /** y, atoms of the distribution that is to be learned, `[batch, m]`. No gradient flows into them. */
  readonly targets: tf.Tensor;
  /** w, the mass of each atom, `[batch, m]`, a row of which adds up to 1; all have the same unless it is given. */
  readonly weights?: tf.Tensor | undefined;
}

/**
 * The loss of quantile regression, smooth near 0, for each quantile: Lᵢ = Σⱼ wⱼ |τᵢ − 1{yⱼ < θᵢ}| huber(yⱼ − θᵢ), `[batch, n]`.
 * Its minimum by θᵢ is near the τᵢ-quantile of the atoms; with a loss that is linear everywhere it would be there.
 *
 * Dabney et al., "Distributional Reinforcement Learning with Quantile Regression", arXiv:1710.10044.
 */
export function quantileHuber({ quantiles, fractions, targets, weights }: QuantileHuberInputs): tf.Tensor {
  const mean = (values: tf.Tensor) =>
    weights === undefined ? tf.mean(values, -1) : tf.sum(tf.mul(tf.expandDims(weights, -2), values), -1);
  return tf.customGrad((theta, save) => {
    const errors = tf.sub(tf.expandDims(targets, -2), tf.expandDims(theta as tf.Tensor, -1));
    const within = tf.clipByValue(errors, -1, 1);
    const tau = tf.expandDims(fractions, -1);
    const slopes = tf.where(tf.less(errors, 0), tf.sub(1, tau), tau);
    const sloped = tf.mul(slopes, within);
    // ∂Lᵢ/∂θᵢ = −Σⱼ wⱼ slopeⱼ clip(yⱼ − θᵢ, −1, 1), summed at once: the tape would hold several numbers for each pair.
    (save as tf.GradSaveFunc)([tf.neg(mean(sloped))]);
    return {
      // huber(e) = m (e − m/2) with m = clip(e, −1, 1): each operation here is one for every pair.
      value: mean(tf.mul(sloped, tf.sub(errors, tf.mul(0.5, within)))),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => tf.mul(dy, saved!),
    };
  })(quantiles);
}

/**
 * E[w ‖a − b‖²], the mean over rows and components, in half widths of the bounds: a scalar.
 * @param actions a, `[batch, actionDim]`
 * @param others b, of the same shape
 * @param weights w, of the same shape; all are 1 unless they are given
 */
export function squaredDistance(actions: tf.Tensor, others: tf.Tensor, units: Bounds, weights?: tf.Tensor): tf.Tensor {
  const perHalfWidth = tf.tensor1d(halfWidths(units).map((half) => 1 / half));
  const squares = tf.square(tf.mul(tf.sub(actions, others), perHalfWidth));
  return tf.mean(weights === undefined ? squares : tf.mul(weights, squares));
}

/**
 * 1 for each number of a chunk whose action was made in the episode, and 0 behind its end: `[batch, actionDim]`. Undefined without chunks.
 * @param lengths how many actions of each were made, `[batch]`
 */
export function madeNumbers({ actionDim, chunk }: Policy, lengths: tf.Tensor | undefined): tf.Tensor | undefined {
  if (chunk === undefined || lengths === undefined) return undefined;
  const steps = Array.from({ length: actionDim }, (_, i) => Math.floor((i * chunk.length) / actionDim));
  return tf.cast(tf.less(tf.expandDims(tf.tensor1d(steps), 0), tf.expandDims(lengths, 1)), 'float32');
}

/**
 * How far rows are from their targets, the mean over N critics of the size of their errors: δ = 1/N Σᵢ |Qᵢ − y|, `[batch]`. A prioritized
 * replay draws rows by it.
 *
 * @param values Q₁, …, Q_N, `[batch]` each; of a distribution of returns, its mean
 * @param targets y, `[batch]`; of a distribution, its mean
 */
export function tdErrors(values: readonly tf.Tensor[], targets: tf.Tensor): tf.Tensor {
  const sizes = values.map((value) => tf.abs(tf.sub(value, targets)));
  const sum = sizes.reduce((one, other) => tf.add(one, other));
  return tf.div(sum, sizes.length);
}

type Outcome = Pick<TransitionTensors, 'rewards' | 'terminations' | 'discounts'>;

/**
 * The target of temporal-difference learning, y = r + γ (1 − terminated) V(s′), `[batch]`, where γ is each row's discount. An episode that a
 * limit cut goes on in V.
 *
 * With n steps it is y = r₀ + γ r₁ + … + γⁿ⁻¹ rₙ₋₁ + γⁿ (1 − terminated) V(sₙ).
 *
 * Sutton, "Learning to Predict by the Methods of Temporal Differences", 1988.
 *
 * @param nextValues V(s′), `[batch]`, or `[batch, …]` for several values of each
 */
export function tdTarget(batch: Outcome, nextValues: tf.Tensor): tf.Tensor {
  const shape = nextValues.shape.map((size, axis) => (axis === 0 ? size : 1));
  const ofRows = (column: tf.Tensor) => tf.reshape(column, shape);
  const goesOn = tf.mul(tf.sub(1, batch.terminations), batch.discounts);
  return tf.add(ofRows(batch.rewards), tf.mul(ofRows(goesOn), nextValues));
}

/** Below it values are taken for this, so that those that are all 0 weigh no more than they can. */
const LEAST = 1e-6;

/**
 * 1 / E[|Q|] of a minibatch, a constant to differentiation: what a loss weighs values by, so that a term beside them counts the same whatever
 * the scale of the rewards.
 *
 * Fujimoto and Gu, "A Minimalist Approach to Offline Reinforcement Learning", arXiv:2106.06860.
 * @param values Q, `[batch]`
 */
export function valueWeight(values: tf.Tensor): tf.Tensor {
  return stopGradient(() => tf.div(1, tf.maximum(tf.mean(tf.abs(values)), LEAST)));
}

/**
 * Losses of rows, each times the weight of its row; without weights as they are.
 *
 * @param losses `[batch, …]`
 * @param weights w, `[batch]`
 */
export function weightedRows(losses: tf.Tensor, weights: tf.Tensor | undefined): tf.Tensor {
  if (weights === undefined) return losses;
  const [batch, ...others] = losses.shape;
  return tf.mul(tf.reshape(weights, [batch!, ...others.fill(1)]), losses);
}

/** Each row `count` times in a row: `[batch, n]` → `[batch · count, n]`. */
export function repeated(rows: tf.Tensor, count: number): tf.Tensor {
  const [batch, size] = rows.shape as [number, number];
  return tf.reshape(tf.tile(tf.expandDims(rows, 1), [1, count, 1]), [batch * count, size]);
}
