import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { Box } from '../envs/index.ts';
import { checkPolicy, type Policy, portableMath, type Rng, sampleAction, stopGradient } from '../src/index.ts';
import { wrapAngle } from '../src/nn/tensors.ts';
import { count } from '../src/options/fields.ts';
import { parseOptions } from '../src/options/parse.ts';
import { boxRescaleLogDet } from '../src/policies/boxScale.ts';
import { type Rate, rateSchema } from '../src/training/optimization.ts';
import type { TrainOptions, TrainReport } from './agent.ts';
import {
  adviseOnPolicy,
  checkContinuous,
  checkReparameterized,
  hasAngles,
  leavesBounds,
  withArticle,
} from './core/checks.ts';
import {
  ActionValues,
  type ActorCriticRate,
  actorCriticRates,
  ClippedAdam,
  criticNetworksOptions,
  polyak,
  repeated,
  tdTarget,
} from './core/critics.ts';
import { givenSpace, vectorEnvFor } from './core/envs.ts';
import { compileAct, ReplayTraining, sampledAction, type UpdateMetrics } from './core/loops.ts';
import { criticOptions, OVER_TRAINING, offPolicyOptions } from './core/options.ts';
import type { TransitionTensors } from './core/replay.ts';
import { CheckpointedAgent, compileOnArrays } from './core/state.ts';

export const softQLearningOptions = z.strictObject({
  ...offPolicyOptions,
  temperature: rateSchema
    .default(1)
    .meta({ description: `α > 0, the weight of the entropy; ${OVER_TRAINING}`, unit: 'reward per nat' }),
  valueSamples: count(32, 'uniform actions by which the value of each state is estimated', 'actions'),
  particles: z
    .int()
    .min(2)
    .default(16)
    .meta({ description: 'particles of the sampler for each state', unit: 'actions' }),
  samplerStates: z.int().positive().optional().meta({
    description: 'states of a minibatch for which the sampler learns, the first ones; by default all',
    unit: 'states',
  }),
  ...criticOptions,
});

/** Options of {@link SoftQLearning}. */
export type SoftQLearningOptions = z.input<typeof softQLearningOptions>;

/** Means over the updates since the last report; absent where there were none, as before the first one. */
export interface SoftQLearningReport extends TrainReport {
  /** ½ Σᵢ E[(Qᵢ − y)²]. */
  readonly criticLoss?: number;
  /** E[Q₁] of the replay's actions. */
  readonly actionValue?: number;
  /** E[V] of the states that they led to. */
  readonly stateValue?: number;
  /** √E‖φ‖², how far the sampler's particles are to move: 0 where they are samples of the energy's density. */
  readonly stein?: number;
}

/**
 * Soft Q-learning: the policy is the density of an energy, π(a | s) = exp((Q(s, a) − V(s)) / α), and a network learns to draw samples
 * of it.
 *
 *   value:   V(s) = α log ∫ exp(Q(s, a) / α) da, by importance sampling with uniform actions a
 *   target:  y = r + γ (1 − terminated) V′(s′)
 *   critics: ½ Σᵢ E[(Qᵢ(s, a) − y)²]
 *   sampler: u = f(s, ξ), by amortized SVGD: Δf ∝ E[φ(u) ∂f/∂·], φ by `steinDirection` for the latent density
 *            p(u | s) ∝ exp(Q(s, squash(u)) / α) |det ∂squash/∂u|
 *   targets: θ′ ← θ′ + τ (θ − θ′)
 *
 * The sampler is any policy with reparameterized samples; its own density, if it has one, is not used: an `ImplicitPolicy` is the paper's.
 * The environment's actions must be bounded, and the policy keep them within their bounds (`squash: 'tanh'`). Where actions are angles, the
 * critics see their cosine and sine, and particles are apart by the shortest way round. In difference to the paper
 * there are two critics of which the less is taken, as in SAC, and the targets' networks follow by averaging.
 *
 * Haarnoja, Tang, Abbeel & Levine, "Reinforcement Learning with Deep Energy-Based Policies", arXiv:1702.08165; Feng, Wang & Liu,
 * "Learning to Draw Samples with Amortized Stein Variational Gradient Descent", arXiv:1707.06626.
 */
export class SoftQLearning extends CheckpointedAgent<SoftQLearningReport> {
  readonly critics: ActionValues;
  readonly #config: z.output<typeof softQLearningOptions>;
  readonly #actionSpace: Box;
  readonly #targets: ActionValues;
  readonly #optimizers;
  readonly #training: ReplayTraining<SoftQLearningReport, SoftQRate>;
  readonly #act;
  readonly #update;

  /**
   * @throws for an unknown option or one out of range, if the environment does not fit the policy, or the policy is not
   * reparameterized, does not keep its actions within their bounds, or clips them there
   */
  constructor(options: SoftQLearningOptions) {
    super('SoftQLearning');
    const config = parseOptions('SoftQLearning', softQLearningOptions, options);
    this.#config = config;
    const { policy, batchSize, samplerStates = batchSize, temperature } = config;
    const { env, actionSpace } = vectorEnvFor('SoftQLearning', policy, config.env);
    checkPolicy(policy);
    checkContinuous('SoftQLearning', actionSpace);
    const given = givenSpace(policy, actionSpace);
    checkReparameterized('SoftQLearning', policy);
    if (!actionSpace.bounded) {
      throw new Error(`SoftQLearning: env: wanted a Box of actions with finite bounds, got ${actionSpace}`);
    }
    // The value is an integral over the box: particles beyond it would climb what the critics have never seen.
    if (leavesBounds(policy, given)) {
      const got = `got ${withArticle(policy.constructor.name)}, whose actions leave the bounds of ${actionSpace}`;
      throw new Error(`SoftQLearning: policy: ${got}, expected one with squash: 'tanh'`);
    }
    checkHasLogDet(policy);
    checkTemperature(config.temperature);
    adviseOnPolicy('soft-q-learning', policy, given);
    if (samplerStates > batchSize) {
      throw new Error(
        `SoftQLearning: samplerStates: got ${samplerStates}, expected at most the ${batchSize} of a minibatch`,
      );
    }
    this.#actionSpace = given;
    const rates = { ...actorCriticRates(config), temperature };
    this.#training = new ReplayTraining({ owner: 'SoftQLearning', config, env, actionSpace, rates });
    const ofCritics = criticNetworksOptions(policy, given, config, { angles: hasAngles(policy) });
    this.critics = new ActionValues(ofCritics);
    this.#targets = new ActionValues(ofCritics);
    this.#optimizers = {
      criticOptimizer: new ClippedAdam(this.critics, config.criticMaxGradientNorm),
      policyOptimizer: new ClippedAdam(policy, config.maxGradientNorm),
    };
    const modules = { policy, critics: this.critics, targets: this.#targets, ...this.#optimizers };
    this.#act = compileAct('soft-q-learning', policy, env.numEnvs, sampledAction);
    this.#update = compileOnArrays('soft-q-learning/update', modules, this.#training.shapes, (batch: SoftQBatch, rng) =>
      this.#improve(batch, rng),
    );
    this.parts = this.#training.parts(modules);
    this.compiled = [this.#act, this.#update];
  }

  /** @throws {DivergedError} if a loss is no longer a number */
  async *train(options: TrainOptions): AsyncGenerator<SoftQLearningReport, void, undefined> {
    const training = this.#training;
    const { replay } = training;
    if (training.begin(options)) this.#targets.loadStateDict(this.critics.stateDict());
    while (training.goesOn) {
      const { streams } = training;
      const act = () => this.#act({ observations: replay.current }, streams.actions);
      training.collect(training.uniformActions() ?? training.acted(act).action);
      while (training.isUpdateDue) training.record(this.#update(training.sample(), streams.updates));
      if (training.isReportDue) yield training.report();
    }
  }

  /** The whole update of critics, sampler and targets on one minibatch. */
  #improve(batch: SoftQBatch, rng: Rng): UpdateMetrics<SoftQLearningReport> {
    const { policy, tau } = this.#config;
    const { observations, actions, nextObservations, weights, temperature } = batch;
    const seen = policy.normalized(observations);

    const nextValues = this.#softValue(policy.normalized(nextObservations), temperature, rng);
    const targets = tdTarget(batch, nextValues);
    const criticLosses = () => this.critics.loss(seen, actions, targets, { factor: 0.5, weights });
    const { loss, ...others } = this.#optimizers.criticOptimizer.descend(criticLosses, batch.criticLearningRate);

    const samplerLosses = () => this.#samplerLosses(observations, temperature, rng);
    const { stein } = this.#optimizers.policyOptimizer.descend(samplerLosses, batch.learningRate);
    polyak(this.#targets, this.critics, tau);
    return { criticLoss: loss, ...others, stateValue: tf.mean(nextValues), stein };
  }

  /** V = α log ∫ exp(Q / α) da ≈ α (log (1/M Σₘ exp(Q(s, aₘ) / α)) + log volume), aₘ uniform: `[batch, …]` → `[batch]`. */
  #softValue(seen: tf.Tensor, temperature: tf.Tensor, rng: Rng): tf.Tensor {
    const { low, high, size } = this.#actionSpace;
    const { valueSamples: count } = this.#config;
    const batch = seen.shape[0]!;
    const widths = Array.from(low, (bound, i) => high[i]! - bound);
    const actions = tf.add(tf.mul(rng.uniformTensor([batch * count, size]), tf.tensor1d(widths)), tf.tensor1d(low));
    const values = this.#targets.least(repeated(seen, count), actions);
    const logIntegral = tf.logSumExp(tf.reshape(tf.div(values, temperature), [batch, count]), 1);
    // In units of the bounds where these are far from ±1: a volume of actions is worth no more for the unit that it is measured in.
    const logUnit = boxRescaleLogDet(this.#actionSpace);
    const logVolume = widths.reduce((sum, width) => sum + portableMath.log(width), 0) - logUnit;
    return tf.mul(temperature, tf.add(logIntegral, logVolume - portableMath.log(count)));
  }

  /** Amortized SVGD: a loss whose gradient is that of −E[φ(u) · u] by the sampler's variables, with φ held fixed. */
  #samplerLosses(observations: tf.Tensor, temperature: tf.Tensor, rng: Rng) {
    const { policy, particles: count, samplerStates = observations.shape[0]! } = this.#config;
    const states = repeated(tf.slice(observations, [0, 0], [samplerStates, -1]), count);
    const seen = policy.normalized(states);
    const distribution = policy.given(states);
    const { latent } = sampleAction(distribution, rng);
    const scores = tf.grad((u) => {
      const energies = tf.div(this.critics.least(seen, distribution.squash(u)), temperature);
      return tf.sum(tf.add(energies, distribution.squashLogDet?.(u) ?? 0));
    })(latent);
    const ofStates = (rows: tf.Tensor) => tf.reshape(rows, [samplerStates, count, policy.actionDim]);
    const wrap = distribution.angles ? wrapAngle : undefined;
    const moves = tf.reshape(steinDirection(ofStates(latent), ofStates(scores), wrap), latent.shape);
    const direction = stopGradient(() => tf.clone(moves));
    const loss = tf.neg(tf.mean(tf.sum(tf.mul(direction, latent), 1)));
    return { loss, stein: tf.sqrt(tf.mean(tf.sum(tf.square(direction), 1))) };
  }
}

type SoftQRate = ActorCriticRate | 'temperature';

type SoftQBatch = TransitionTensors<SoftQRate>;

/**
 * The direction in which particles move to become samples of a density p, in the unit ball of a kernel's space the one in which their
 * KL divergence to p falls fastest:
 *
 *   φ(uᵢ) = 1/M Σⱼ [κ(uⱼ, uᵢ) ∇ log p(uⱼ) + ∇_{uⱼ} κ(uⱼ, uᵢ)],  κ(u, u′) = exp(−‖u − u′‖² / h),  h = mean ‖uᵢ − uⱼ‖² / log M:
 *
 * the first part draws them to where p is large, the second pushes them apart. The mean is over all M² pairs; the paper takes the median, whose sorting costs more than the rest.
 *
 * Liu & Wang, "Stein Variational Gradient Descent", arXiv:1608.04471.
 *
 * @param particles `[batch, M, dim]`, M ≥ 2: a set of particles for each row of the batch
 * @param scores `[batch, M, dim]`, ∇ log p at the particles
 * @param wrap brings a difference of two particles to the shortest one where there are several, as of angles
 * @returns `[batch, M, dim]`
 */
export function steinDirection(
  particles: tf.Tensor,
  scores: tf.Tensor,
  wrap: (difference: tf.Tensor) => tf.Tensor = (difference) => difference,
): tf.Tensor {
  const count = particles.shape[1]!;
  // [batch, i, j, dim]: uᵢ − uⱼ
  const differences = wrap(tf.sub(tf.expandDims(particles, 2), tf.expandDims(particles, 1)));
  const squares = tf.sum(tf.square(differences), 3);
  // Where all are in one place the kernel is 1 for any width.
  const width = tf.maximum(tf.div(tf.mean(squares, [1, 2], true), portableMath.log(count)), 1e-6);
  const kernel = tf.exp(tf.neg(tf.div(squares, width)));
  const drawn = tf.matMul(kernel, scores);
  const pushed = tf.sum(tf.mul(tf.expandDims(tf.div(tf.mul(2, kernel), width), 3), differences), 2);
  return tf.div(tf.add(drawn, pushed), count);
}

/** @throws if a temperature by which values are divided is 0, or becomes 0 */
function checkTemperature(temperature: Rate): void {
  if (typeof temperature === 'function') return;
  const least = typeof temperature === 'number' ? temperature : Math.min(...temperature.linear);
  if (least > 0) return;
  throw new Error(`SoftQLearning: temperature: got ${JSON.stringify(temperature)}, expected more than 0 throughout`);
}

/** Particles move by the density of latent values, of which a squash is a part: beyond a bound where it clips nothing would bring them back. */
function checkHasLogDet(policy: Policy): void {
  const hasLogDet = tf.tidy(() => policy.given(tf.zeros([1, policy.observationDim])).squashLogDet !== undefined);
  if (hasLogDet) return;
  throw new Error(
    `SoftQLearning: policy: got ${withArticle(policy.constructor.name)}, whose squash has no log-determinant, expected one with squash: 'tanh'`,
  );
}
