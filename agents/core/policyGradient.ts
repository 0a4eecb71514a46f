import * as tf from '@tensorflow/tfjs-core';
import {
  type ActionDistribution,
  Adam,
  clipByGlobalNorm,
  Module,
  type Optimizer,
  type Policy,
  type Rng,
  Sgd,
} from '../../src/index.ts';
import { stopGradient } from '../../src/nn/tensors.ts';
import { MeanMetrics, type Stateful } from './state.ts';

/**
 * min(x, most), entry by entry, whose gradient is 1 everywhere, also where the bound holds: what is too large can still be told to come down.
 *
 * The straight-through estimator of Bengio et al., "Estimating or Propagating Gradients Through Stochastic Neurons", arXiv:1308.3432.
 */
export function boundedAbove(x: tf.Tensor, most: number): tf.Tensor {
  // x − x is 0, and has the gradient of x.
  const without = tf.sub(
    x,
    stopGradient(() => tf.clone(x)),
  );
  return tf.add(
    stopGradient(() => tf.minimum(x, most)),
    without,
  );
}

/**
 * PPO's policy loss, −E[min(ρ A, clip(ρ, 1 − ε, 1 + ε) A)] with ρ = π / π_old, and what is reported of it:
 * the low-variance estimate E[(ρ − 1) − log ρ] of KL(π_old ‖ π), the share of samples with |ρ − 1| > ε, and the largest ρ.
 *
 * Schulman et al., arXiv:1707.06347, equation 7; Schulman, "Approximating KL divergence", 2020.
 * @param inputs log π(a | o) of the policy that learns and of the policy that acted, `[batch]`, advantages, `[batch]`, and ε, `[]`
 */
export function clippedSurrogate(inputs: Record<'logProb' | 'oldLogProb' | 'advantages' | 'clip', tf.Tensor>) {
  const { logProb, oldLogProb, advantages, clip } = inputs;
  const logRatio = tf.sub(logProb, oldLogProb);
  const ratio = tf.exp(logRatio);
  const clipped = tf.minimum(tf.maximum(ratio, tf.sub(1, clip)), tf.add(1, clip));
  const surrogate = tf.minimum(tf.mul(ratio, advantages), tf.mul(clipped, advantages));
  return {
    policyLoss: tf.neg(tf.mean(surrogate)),
    approxKl: tf.mean(tf.sub(tf.sub(ratio, 1), logRatio)),
    clipFraction: tf.mean(tf.cast(tf.greater(tf.abs(tf.sub(ratio, 1)), clip), 'float32')),
    largestRatio: tf.max(ratio),
  };
}

/** (x − mean) / (std + 1e-8) over all entries, std with the sample's n − 1; a single entry, which has no std, stays as it is. */
export function standardized(x: tf.Tensor): tf.Tensor {
  if (x.size === 1) return x;
  const centered = tf.sub(x, tf.mean(x));
  const variance = tf.div(tf.sum(tf.square(centered)), x.size - 1);
  return tf.div(centered, tf.add(tf.sqrt(variance), 1e-8));
}

/** The mean of `[batch]` numbers; with shares that sum to 1 the mean by these. */
export function meanOf(x: tf.Tensor, shares: tf.Tensor | undefined): tf.Tensor {
  return shares === undefined ? tf.mean(x) : tf.sum(tf.mul(shares, x));
}

/**
 * An unbiased estimate of the mean entropy of a batch of action distributions, −E[log π], nats, with an unbiased gradient.
 *
 * Through reparameterized samples the gradient is that of the estimate. Others are constants a, and the gradient is
 * −E[(log π(a) − b) ∇log π(a)] (the score function's), where b is the mean of log π over the other samples of the batch.
 *
 * Williams, "Simple statistical gradient-following algorithms for connectionist reinforcement learning", 1992.
 * @param shares of each distribution in the mean, `[batch]`, equal ones or 0; all count unless given
 */
export function estimatedEntropy(distribution: ActionDistribution, rng: Rng, shares?: tf.Tensor): tf.Tensor {
  if (distribution.reparameterized) return tf.neg(meanOf(distribution.sampleWithLogProb(rng).logProb, shares));
  const latent = stopGradient(() => distribution.sampleWithLogProb(rng).latent);
  const logProb = distribution.logProb(latent);
  const value = stopGradient(() => tf.clone(logProb));
  const { size } = logProb;
  const mean = meanOf(value, shares);
  // n / (n − 1): without the sample itself. A single one, which has no others, is its mean.
  const others = shares ? tf.div(1, tf.maximum(tf.sub(1, tf.sum(tf.square(shares))), 1e-6)) : size / (size - 1);
  const advantage = size === 1 ? value : tf.mul(tf.sub(value, mean), others);
  // The second term is 0 and carries the gradient.
  return tf.neg(tf.add(mean, meanOf(tf.mul(advantage, tf.sub(logProb, value)), shares)));
}

/**
 * The mean entropy of the policy, nats: exact where it is known; else from fresh samples where its gradient is asked for, and
 * from the actions at hand where it is only reported.
 * @param logProb log π of the actions at hand, `[batch]`
 * @param shares as {@link estimatedEntropy} takes them
 */
export function meanEntropy(
  distribution: ActionDistribution,
  logProb: tf.Tensor,
  rng: Rng,
  isTrained: boolean,
  shares?: tf.Tensor,
) {
  if (distribution.entropy) return meanOf(distribution.entropy(), shares);
  return isTrained ? estimatedEntropy(distribution, rng, shares) : tf.neg(meanOf(logProb, shares));
}

/** Adam's, as policy gradients are used with. */
export const EPSILON = 1e-5;

interface PolicyOptimizerOptions {
  /** The rate of the policy's {@link Policy.shapeVariables}, as a share of the others'. */
  readonly shapeRate: number;
  /** The largest global norm of the gradient by either kind of variables. */
  readonly maxGradientNorm: number;
  /** Makes the optimizer of all variables but those of shape; Adam with {@link EPSILON} by default. */
  readonly optimizer?: (parameters: readonly tf.Variable[]) => Optimizer;
  /** Variables that learn beside the policy's place and width, as those of a value function; none. */
  readonly others?: readonly tf.Variable[];
}

/**
 * For policy gradients of any policy: an optimizer of one's choice for the variables that move and stretch the distribution, plain
 * gradient descent for those that shape it, and a bound of the gradient for either.
 *
 * Adam makes steps of about one size whatever the gradient. Of a flow's many variables most have a gradient that is little more
 * than the noise of the sample; normalized, it moves the density as far as a signal would, and uses up what a clipped objective
 * allows. Gradient descent moves a shape as far as the samples agree about it. The bounds are apart because a large gradient by shape
 * must not make the others' step small, nor their optimizer's memory of it.
 */
export class PolicyOptimizer extends Module {
  /** The optimizer of the policy's place and width, and of the others. */
  readonly main: Optimizer;
  /** The optimizer of the policy's shape; absent where the policy tells no such variables apart. */
  readonly shape: Sgd | undefined;
  readonly #options: PolicyOptimizerOptions;

  constructor(policy: Policy, options: PolicyOptimizerOptions) {
    super();
    // Anyone's policy will do, a subclass or not.
    const shape = policy.shapeVariables?.() ?? [];
    const rest = policy.trainableVariables().filter((variable) => !shape.includes(variable));
    const { optimizer = (parameters) => new Adam(parameters, { epsilon: EPSILON }), others = [] } = options;
    this.main = optimizer([...rest, ...others]);
    if (shape.length > 0) this.shape = new Sgd(shape);
    this.#options = options;
  }

  /** The variables that {@link update} changes. */
  get parameters(): readonly tf.Variable[] {
    return [...this.main.parameters, ...(this.shape?.parameters ?? [])];
  }

  /**
   * One step down the gradients.
   * @param gradients one for each of {@link parameters}, in their order
   * @returns the global norm of the gradient by all variables but those of shape, before it was bounded
   */
  update(gradients: readonly tf.Tensor[], learningRate: tf.Tensor): tf.Tensor {
    const { shapeRate, maxGradientNorm } = this.#options;
    const count = this.main.parameters.length;
    const main = clipByGlobalNorm(gradients.slice(0, count), maxGradientNorm);
    this.main.update(main.gradients, learningRate);
    if (this.shape !== undefined) {
      const shape = clipByGlobalNorm(gradients.slice(count), maxGradientNorm);
      this.shape.update(shape.gradients, tf.mul(learningRate, shapeRate));
    }
    return main.norm;
  }
}

/** How far the factor of {@link KlStep} goes from 1. */
const MOST = 100;

/**
 * A factor of the rate that keeps the KL of a rollout's updates near a desired one: divided by 1.5 after more than twice as much, multiplied by 1.5
 * after less than half, within 1 / 100 and 100.
 *
 * Schulman et al., "Proximal Policy Optimization Algorithms", arXiv:1707.06347, section 4, has the rule for the weight of the KL; of the rate, as
 * here, Rudin et al., "Learning to Walk in Minutes Using Massively Parallel Deep Reinforcement Learning", arXiv:2109.11978.
 */
export class KlStep implements Stateful<number> {
  factor = 1;

  follow(kl: number, desired: number): void {
    const change = kl > 2 * desired ? 1 / 1.5 : kl < desired / 2 ? 1.5 : 1;
    this.factor = Math.min(MOST, Math.max(1 / MOST, this.factor * change));
  }

  state(): number {
    return this.factor;
  }

  setState(factor: number): void {
    if (!(factor > 0 && factor < Number.POSITIVE_INFINITY)) throw new Error(`wanted a factor > 0, got ${factor}`);
    this.factor = factor;
  }
}

/** The variables as they were when so many updates had been made. */
interface Kept {
  readonly updates: number;
  readonly values: readonly tf.TypedArray[];
}

/**
 * The updates of a policy from one rollout, which end where they have moved it further than 1.5 times the KL that they are to. That an update
 * has gone too far is seen when the next one measures what it began with: the way back is to the last state that was kept and measured since.
 */
export class PolicyUpdates<Figure extends string> {
  readonly metrics: MeanMetrics<Figure>;
  hasEnded = false;
  policyUpdates = 0;
  largestKl = 0;
  largestRatio = 0;
  readonly #variables: readonly tf.Variable[];
  readonly #targetKl: number;
  readonly #share: number;
  #kept: readonly Kept[] = [];

  /**
   * @param modules that an update changes
   * @param targetKl null sets no limit
   * @param share of the updates so far that lie between two states that are kept: few at first, when one update may be too far, and
   *   more later, since to keep a state costs about a tenth of a small update
   */
  constructor(owner: string, modules: readonly Module[], targetKl: number | null, share = 1 / 16) {
    this.metrics = new MeanMetrics(owner);
    this.#variables = modules.flatMap((module) => module.variables());
    this.#targetKl = targetKl ?? Number.POSITIVE_INFINITY;
    this.#share = share;
  }

  /** To be called before those of a rollout. */
  begin(): void {
    this.#kept = [];
    this.metrics.take();
    Object.assign(this, { hasEnded: false, policyUpdates: 0, largestKl: 0, largestRatio: 0 });
  }

  /** To be called before each update. What is read of a variable is never written to again, so that nothing is copied. */
  record(): void {
    const { policyUpdates: updates } = this;
    const sinceKept = updates - (this.#kept.at(-1)?.updates ?? Number.NEGATIVE_INFINITY);
    if (this.#targetKl < Number.POSITIVE_INFINITY && sinceKept >= this.#share * updates) {
      const values = this.#variables.map((variable) => variable.dataSync());
      this.#kept = [...this.#kept.slice(-1), { updates, values }];
    }
    this.policyUpdates += 1;
  }

  /**
   * Takes what the update has measured; where that is too far, goes back, exactly.
   * @throws {DivergedError} if a figure is not a finite number
   */
  add(step: number, figures: Partial<Record<Figure, number>> & Record<'approxKl' | 'largestRatio', number>): void {
    const { approxKl, largestRatio } = figures;
    // The first minibatch sees the policy that acted: there is nothing to undo.
    this.hasEnded = this.policyUpdates > 1 && approxKl > 1.5 * this.#targetKl;
    if (this.hasEnded) {
      this.#undo();
      return;
    }
    this.metrics.add(step, figures);
    this.largestKl = Math.max(this.largestKl, approxKl);
    this.largestRatio = Math.max(this.largestRatio, largestRatio);
  }

  #undo(): void {
    const measured = this.#kept.findLast(({ updates }) => updates < this.policyUpdates - 1)!;
    tf.tidy(() => {
      this.#variables.forEach((variable, i) => {
        variable.assign(tf.tensor(measured.values[i]!, variable.shape, variable.dtype));
      });
    });
    this.policyUpdates = measured.updates;
  }
}
