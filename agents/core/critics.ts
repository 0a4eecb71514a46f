import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { Box } from '../../envs/index.ts';
import { splineQuantileParameters, splineQuantiles } from '../../src/distributions/splineQuantiles.ts';
import type { Tensors } from '../../src/engine/compile.ts';
import { flatten, unflatten } from '../../src/engine/optimizers.ts';
import {
  Adam,
  clipByGlobalNorm,
  compile,
  type EpsilonGreedyPolicy,
  type Module,
  makePolicy,
  midpointFractions,
  type Policy,
  portableMath,
  type Rng,
} from '../../src/index.ts';
import { stopGradient } from '../../src/nn/tensors.ts';
import { type Bounds, halfWidths } from '../../src/policies/boxScale.ts';
import { ActionCritics, CriticNetworks, type CriticNetworksOptions } from '../../src/policies/criticNetworks.ts';
import { clippedActions } from '../../src/policies/policy.ts';
import { RATES, type Rate, rateSchema } from '../../src/training/optimization.ts';
import { baseEntropy, OVER_TRAINING } from './options.ts';
import { leastMask } from './replay.ts';
import { ScalarParameter } from './state.ts';

/** The loss of critics on a minibatch. */
export interface CriticLoss {
  readonly loss: tf.Tensor;
  /** E[Q₁(o, a)]. */
  readonly actionValue: tf.Tensor;
  /** δ, `[batch]`, by {@link tdErrors}; where the rows have weights. */
  readonly errors?: tf.Tensor;
}

interface LossOptions {
  /** c; 1 by default. */
  readonly factor?: number;
  /** w of each row, `[batch]`; all have 1 unless they are given. */
  readonly weights?: tf.Tensor | undefined;
}

/** Independent networks Q₁(o, a), …, Q_N(o, a): of two the less is a target that is seldom too high, "twin critics". */
export class ActionValues extends ActionCritics {
  /**
   * The critics' loss, c Σᵢ E[w (Qᵢ(o, a) − y)²].
   * @param targets y, `[batch]`
   */
  loss(observations: tf.Tensor, actions: tf.Tensor, targets: tf.Tensor, options: LossOptions = {}): CriticLoss {
    return lossOf(this.of(observations, actions), targets, options);
  }

  /** The mean of all Qᵢ, `[batch]` */
  mean(observations: tf.Tensor, actions: tf.Tensor): tf.Tensor {
    return tf.mean(tf.stack(this.of(observations, actions)), 0);
  }

  /**
   * The least of some of the critics, which are drawn without replacement, once for the whole batch: `[batch]`.
   *
   * Chen et al., "Randomized Ensembled Double Q-Learning", arXiv:2101.05982.
   * @param count M, how many
   */
  leastOfSome(observations: tf.Tensor, actions: tf.Tensor, count: number, rng: Rng): tf.Tensor {
    const isDrawn = tf.greater(leastMask(rng.uniformTensor([this.networks.length]), count), 0);
    const values = tf.stack(this.of(observations, actions), 1);
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

/** Gradients with a global norm of at most `maxNorm`, where that is given. */
export function bounded(gradients: readonly tf.Tensor[], maxNorm: number | undefined): readonly tf.Tensor[] {
  return maxNorm === undefined ? gradients : clipByGlobalNorm(gradients, maxNorm).gradients;
}

/**
 * A second policy of the same architecture and with the same variables, as a target network.
 * @param owner who asks, as errors name it: `Td3`
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

interface DelayedUpdateOptions<Batch extends Tensors, Figure extends string> {
  /** As profiles and errors name it: `sac`. */
  readonly name: string;
  /** One in so many updates moves the policy, too. */
  readonly delay: number;
  /** Shapes of a minibatch, and of the rates. */
  readonly shapes: { readonly [Input in keyof Batch]: { readonly shape: number[] } };
  /** What the update reads or changes. */
  readonly state: readonly Module[];
  /** What it reads or changes beside that only where the policy is due. */
  readonly policyState: readonly Module[];
  /** @returns figures for the reports, and the errors of the rows where they have weights */
  readonly improve: (batch: Batch, rng: Rng, isPolicyDue: boolean) => Partial<Record<Figure | 'errors', tf.Tensor>>;
}

interface DelayedUpdate<Batch extends Tensors, Figure extends string> {
  /** To be disposed. */
  readonly compiled: readonly { dispose(): void }[];
  /** @param count which update it is, from 1 */
  readonly update: (
    batch: { readonly [Input in keyof Batch]: ArrayLike<number> | number },
    rng: Rng | undefined,
    count: number,
  ) => Partial<Record<Figure | 'errors', ArrayLike<number>>>;
}

/** An update of the critics, of which every so many is one of the policy, too: a compiled function for each of the two. */
export function delayedUpdate<Batch extends Tensors, Figure extends string>(
  options: DelayedUpdateOptions<Batch, Figure>,
): DelayedUpdate<Batch, Figure> {
  const { name, delay, shapes, state, policyState, improve } = options;
  const whole = compile((batch: Batch, rng) => improve(batch, rng, true) as Record<Figure | 'errors', tf.Tensor>, {
    name: `${name}/update`,
    state: [...state, ...policyState],
  });
  const ofCritics = compile((batch: Batch, rng) => improve(batch, rng, false) as Record<Figure | 'errors', tf.Tensor>, {
    name: `${name}/update-critics`,
    state,
  });
  const [both, critics] = [whole.onArrays(shapes), ofCritics.onArrays(shapes)];
  return {
    compiled: [whole, ofCritics],
    update: (batch, rng, count) => (count % delay === 0 ? both : critics)(batch, rng),
  };
}

/**
 * E[|τ − 1(u < 0)| u²] of errors u = x − v: least where v is the τ-expectile of x. With τ = ½ that is half of the mean of squares; the nearer
 * τ is to 1, the nearer v comes to the greatest x.
 *
 * Newey and Powell, "Asymmetric Least Squares Estimation and Testing", 1987.
 * @param errors u, `[batch]`
 */
export function expectileLoss(errors: tf.Tensor, expectile: number): tf.Tensor {
  const weights = stopGradient(() => tf.abs(tf.sub(expectile, tf.cast(tf.less(errors, 0), 'float32'))));
  return tf.mean(tf.mul(weights, tf.square(errors)));
}

/**
 * Huber's loss of errors: x²/2 where |x| ≤ 1, else |x| − ½. Written m²/2 + |x| − m with m = min(|x|, 1), which is finite everywhere.
 *
 * Huber, "Robust Estimation of a Location Parameter", 1964.
 */
export function huber(errors: tf.Tensor): tf.Tensor {
  const size = tf.abs(errors);
  const within = tf.minimum(size, 1);
  return tf.add(tf.mul(0.5, tf.square(within)), tf.sub(size, within));
}

/** All variables of `target` become those of `source`, a module of the same architecture. */
export function copyFrom(target: Module, source: Module): void {
  target.loadStateDict(source.stateDict());
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

interface ReturnQuantilesOptions extends CriticNetworksOptions {
  /** M, how many quantiles each network gives. */
  readonly quantiles: number;
  /** What the quantiles are: numbers of the network's, or values of a spline that has it for its parameters. */
  readonly quantileFunction: 'free' | 'spline';
  /** Bins of the spline. */
  readonly bins: number;
}

/** What quantiles are to become: a distribution of the return for each row. */
interface ReturnTargets {
  /** y, its atoms, `[batch, m]`. */
  readonly atoms: tf.Tensor;
  /** p, their masses, `[batch, m]`. */
  readonly masses: tf.Tensor;
}

/**
 * Independent networks that each give M quantiles θᵢ(o, a) of the return, at the midpoints τ̂ᵢ = (i − ½)/M: free numbers, which may cross, or
 * values of one monotone spline, which do not: see `splineQuantiles`.
 */
export class ReturnQuantiles extends CriticNetworks {
  readonly #quantiles: number;
  /** How many bins the spline has; undefined where quantiles are free. */
  readonly #bins: number | undefined;

  constructor(options: ReturnQuantilesOptions) {
    const bins = options.quantileFunction === 'spline' ? options.bins : undefined;
    super(options, bins === undefined ? options.quantiles : splineQuantileParameters(bins));
    this.#quantiles = options.quantiles;
    this.#bins = bins;
  }

  /** `[batch, observationDim]` and `[batch, actionDim]` → θ of each network, `[batch, M]`. */
  of(observations: tf.Tensor, actions: tf.Tensor): tf.Tensor[] {
    const outputs = this.outputs(observations, actions);
    const bins = this.#bins;
    return bins === undefined ? outputs : outputs.map((output) => splineQuantiles(output, bins, this.#quantiles));
  }

  /** The quantiles of all networks side by side, `[batch, N·M]`. */
  all(observations: tf.Tensor, actions: tf.Tensor): tf.Tensor {
    return tf.concat(this.of(observations, actions), 1);
  }

  /** Their mean, `[batch]`. */
  mean(observations: tf.Tensor, actions: tf.Tensor): tf.Tensor {
    return tf.mean(this.all(observations, actions), 1);
  }

  /**
   * Σ over the networks of E[w (1/M) Σᵢ Lᵢ], L the loss of quantile regression; values are means, of quantiles (1/M) Σᵢ θᵢ, of targets Σⱼ pⱼ yⱼ.
   * @param weights w, `[batch]`; all are 1 unless they are given
   */
  loss(observations: tf.Tensor, actions: tf.Tensor, { atoms, masses }: ReturnTargets, weights?: tf.Tensor): CriticLoss {
    const fractions = tf.tensor1d(midpointFractions(this.#quantiles));
    const each = this.of(observations, actions);
    const losses = each.map((quantiles) => {
      const ofQuantiles = quantileHuber({ quantiles, fractions, targets: atoms, weights: masses });
      return tf.mean(weightedRows(ofQuantiles, weights));
    });
    const errors = () =>
      tdErrors(
        each.map((quantiles) => tf.mean(quantiles, 1)),
        tf.sum(tf.mul(masses, atoms), 1),
      );
    return {
      loss: losses.reduce((sum, loss) => tf.add(sum, loss)),
      actionValue: tf.mean(each[0]!),
      ...(weights && { errors: errors() }),
    };
  }
}

/**
 * E[‖a − b‖²], the mean over rows and components, in half widths of the bounds: a scalar.
 * @param actions a, `[batch, actionDim]`
 * @param others b, of the same shape
 */
export function squaredDistance(actions: tf.Tensor, others: tf.Tensor, units: Bounds): tf.Tensor {
  const perHalfWidth = tf.tensor1d(halfWidths(units).map((half) => 1 / half));
  return tf.mean(tf.square(tf.mul(tf.sub(actions, others), perHalfWidth)));
}

/** Which of n actions was taken, as 1 among 0: `[batch, 1]` → `[batch, n]`. */
export function takenActions({ discreteActions: { n, start } }: EpsilonGreedyPolicy, actions: tf.Tensor): tf.Tensor {
  return tf.cast(tf.equal(tf.sub(actions, start), tf.range(0, n, 1, 'float32')), 'float32');
}

/** Options of {@link withTargetNoise}. */
export const targetNoiseOptions = {
  targetNoise: z
    .number()
    .nonnegative()
    .default(0.2)
    .meta({ description: "σ of the noise on the target policy's actions", unit: 'half the width of the bounds' }),
  targetNoiseClip: z
    .number()
    .nonnegative()
    .default(0.5)
    .meta({ description: "c, the largest noise on the target policy's actions", unit: 'half the width of the bounds' }),
};

/**
 * a + ε within the bounds, ε ~ clip(N(0, σ²), ±c), by which a value is one of a neighbourhood: `[batch, actionDim]`.
 *
 * Fujimoto, van Hoof and Meger, "Addressing Function Approximation Error in Actor-Critic Methods", arXiv:1802.09477.
 */
export function withTargetNoise(
  actions: tf.Tensor,
  { targetNoise, targetNoiseClip }: { readonly targetNoise: number; readonly targetNoiseClip: number },
  { actionSpace, units = actionSpace }: { readonly actionSpace: Box; readonly units?: Bounds | undefined },
  rng: Rng,
): tf.Tensor {
  const noise = tf.clipByValue(tf.mul(rng.normalTensor(actions.shape), targetNoise), -targetNoiseClip, targetNoiseClip);
  return clippedActions(tf.add(actions, tf.mul(noise, tf.tensor1d(halfWidths(units)))), actionSpace);
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
  return tf.div(
    sizes.reduce((sum, size) => tf.add(sum, size)),
    sizes.length,
  );
}

/** What {@link tdTarget} takes of a minibatch, `[batch]` each. */
interface Outcome {
  readonly rewards: tf.Tensor;
  readonly terminations: tf.Tensor;
  readonly discounts: tf.Tensor;
}

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
export function tdTarget({ rewards, terminations, discounts }: Outcome, nextValues: tf.Tensor): tf.Tensor {
  const [batch] = nextValues.shape;
  const ofRows = (column: tf.Tensor) => tf.reshape(column, [batch!, ...nextValues.shape.slice(1).fill(1)]);
  return tf.add(ofRows(rewards), tf.mul(ofRows(tf.mul(tf.sub(1, terminations), discounts)), nextValues));
}

/** Options of the agents that learn a policy together with its entropy. */
export const temperatureOptions = {
  temperature: z
    .union([z.literal('auto'), rateSchema], `'auto', ${RATES}`)
    .default('auto')
    .meta({
      description: `α, the weight of the entropy; 'auto' learns it; a rate ${OVER_TRAINING}`,
      unit: 'reward per nat',
    }),
  baseEntropy,
  initialTemperature: z
    .number()
    .positive()
    .default(1)
    .meta({ description: 'α before training, where it is learned', unit: 'reward per nat' }),
  targetEntropy: z.number().optional().meta({
    description:
      "the entropy that a learned α aims at, of the density in the action's own units; by default Σᵢ (log hᵢ − 1) with half the widths hᵢ of the bounds, which is −1 for each component of an action in [−1, 1]",
    unit: 'nats',
  }),
  temperatureLearningRate: rateSchema
    .optional()
    .describe(`learning rate of α, by default learningRate; ${OVER_TRAINING}`),
};

/**
 * α, the weight of the entropy: a rate that is given, or learned by −log α · E[log π(a | s) + H̄], so that the entropy becomes H̄.
 *
 * Haarnoja et al., "Soft Actor-Critic Algorithms and Applications", arXiv:1812.05905.
 */
export class Temperature {
  /** log α, where it is learned. */
  readonly parameter: ScalarParameter;
  readonly optimizer: Adam;
  /** What α is where it is not learned, for the training's rates; 0 where it is. */
  readonly rate: Rate;
  readonly #isLearned: boolean;
  readonly #targetEntropy: number;

  constructor(
    options: z.output<z.ZodObject<Omit<typeof temperatureOptions, 'baseEntropy' | 'temperatureLearningRate'>>>,
    actionSpace: Box,
  ) {
    const { temperature, initialTemperature, targetEntropy } = options;
    this.#isLearned = temperature === 'auto';
    this.rate = temperature === 'auto' ? 0 : temperature;
    this.parameter = new ScalarParameter(this.#isLearned ? portableMath.log(initialTemperature) : 0);
    this.optimizer = new Adam(this.parameter.trainableVariables());
    this.#targetEntropy = targetEntropy ?? usualTargetEntropy(actionSpace);
  }

  /** @param given what the rate is now @returns α, `[]` */
  now(given: tf.Tensor): tf.Tensor {
    return this.#isLearned ? tf.exp(this.parameter.value) : given;
  }

  /** One step, where it is learned. @param entropy −E[log π] */
  update(entropy: tf.Tensor, learningRate: tf.Tensor): void {
    // The derivative of −log α · E[log π + H̄] by log α.
    if (this.#isLearned) this.optimizer.update([tf.sub(entropy, this.#targetEntropy)], learningRate);
  }
}

/** −1 for each component of the action in units of half its bounds, as a density in the action's own units. */
function usualTargetEntropy(actionSpace: Box): number {
  return halfWidths(actionSpace).reduce((sum, half) => sum - 1 + portableMath.log(half), 0);
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
