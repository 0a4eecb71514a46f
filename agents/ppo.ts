import * as tf from '@tensorflow/tfjs-core';
import { Box, type VectorEnv } from '../envs/index.ts';
import {
  type ActionDistribution,
  Adam,
  clipByGlobalNorm,
  compile,
  Mlp,
  type Policy,
  type Rng,
  type Schedule,
  valueAndGradients,
} from '../src/index.ts';
import { type Agent, checkSteps, DivergedError, type TrainOptions } from './agent.ts';
import { generalizedAdvantages } from './common/advantages.ts';
import { clippedSurrogate, standardized } from './common/clippedSurrogate.ts';
import { clipToBox } from './common/clipToBox.ts';
import { type EpisodeReport, EpisodeTracker } from './common/episodeTracker.ts';
import { gatherRows } from './common/gatherRows.ts';
import { RolloutBuffer } from './common/rolloutBuffer.ts';

export interface PpoOptions {
  readonly policy: Policy;
  /** Parallel environments, with autoreset in the same step. */
  readonly env: VectorEnv;
  /** Streams the initial weights of the value network. */
  readonly rng: Rng;
  /** Steps of each environment between updates. */
  readonly horizon?: number;
  readonly epochs?: number;
  readonly batchSize?: number;
  /** A number, or a function of the share of the training that is done. */
  readonly learningRate?: number | Schedule;
  readonly clip?: number | Schedule;
  readonly gamma?: number;
  readonly lambda?: number;
  readonly entropyCoefficient?: number;
  readonly valueCoefficient?: number;
  readonly maxGradientNorm?: number;
  /** Whether advantages are brought to mean 0, variance 1 in each minibatch. */
  readonly normalizeAdvantages?: boolean;
  /** Stops the epochs of one rollout when the approximate KL exceeds 1.5 times this. */
  readonly targetKl?: number;
  /** Widths of the hidden layers of the value network. */
  readonly valueHidden?: readonly number[];
}

/** One rollout and the updates made from it. */
export interface PpoReport {
  /** Environment steps so far, over all environments. */
  readonly step: number;
  /** Minibatch updates so far. */
  readonly updates: number;
  /** The episodes that ended in this rollout. */
  readonly episodes: readonly EpisodeReport[];
  readonly policyLoss: number;
  readonly valueLoss: number;
  /** −E[log π], nats. */
  readonly entropy: number;
  /** E[(ratio − 1) − log ratio], nats: http://joschu.net/blog/kl-approx.html. */
  readonly approxKl: number;
  /** The share of samples whose ratio was clipped. */
  readonly clipFraction: number;
  /** 1 − Var[returns − values] / Var[returns]. */
  readonly explainedVariance: number;
  readonly gradientNorm: number;
}

const DEFAULTS = {
  horizon: 2048,
  epochs: 10,
  batchSize: 64,
  learningRate: 3e-4,
  clip: 0.2,
  gamma: 0.99,
  lambda: 0.95,
  entropyCoefficient: 0,
  valueCoefficient: 0.5,
  maxGradientNorm: 0.5,
  normalizeAdvantages: true,
  targetKl: Number.POSITIVE_INFINITY,
  valueHidden: [64, 64] as readonly number[],
};

const METRICS = ['policyLoss', 'valueLoss', 'entropy', 'approxKl', 'clipFraction', 'gradientNorm'] as const;

/**
 * Proximal policy optimization with a clipped objective:
 *
 *   L = −E[min(ρ A, clip(ρ, 1 − ε, 1 + ε) A)] + c_v E[(V − R)²] − c_e H[π],  ρ = π(a | o) / π_old(a | o).
 *
 * Works with any {@link Policy}: ratios are taken at the latent value of the action. Time limits are bootstrapped with the
 * value of the last observation. A last short minibatch is dropped; the order is shuffled in every epoch.
 *
 * Schulman et al., "Proximal Policy Optimization Algorithms", arXiv:1707.06347; details after Huang et al., "The 37
 * Implementation Details of Proximal Policy Optimization", 2022.
 */
export class Ppo implements Agent<PpoReport> {
  /** V(o), trained beside the policy. */
  readonly value: Mlp;
  readonly #options: PpoOptions & typeof DEFAULTS;
  readonly #optimizer: Adam;
  readonly #act;
  readonly #values;
  readonly #update;

  /** @throws if the environment does not fit the policy, or a rollout is smaller than a minibatch */
  constructor(options: PpoOptions) {
    const config = { ...DEFAULTS, ...options } as PpoOptions & typeof DEFAULTS;
    this.#options = config;
    const { policy, env } = config;
    const { singleObservationSpace: observationSpace, singleActionSpace: actionSpace } = env;
    const fits = observationSpace.size === policy.observationDim && actionSpace.size === policy.actionDim;
    if (!(actionSpace instanceof Box) || !fits) {
      throw new Error(
        `Ppo: wanted an environment with ${policy.observationDim} observations and a Box of ${policy.actionDim} actions, ` +
          `as the policy has, got ${observationSpace.size} and a ${actionSpace.constructor.name} of ${actionSpace.size}`,
      );
    }
    if (env.autoresetMode !== 'sameStep') {
      throw new Error(`Ppo: wanted an environment with autoresetMode 'sameStep', got '${env.autoresetMode}'`);
    }
    if (config.horizon * env.numEnvs < config.batchSize) {
      throw new Error(
        `Ppo: a rollout of ${config.horizon} × ${env.numEnvs} steps is smaller than a batch of ${config.batchSize}`,
      );
    }
    this.value = new Mlp({
      inputDim: policy.observationDim,
      hidden: config.valueHidden,
      outputDim: 1,
      activation: 'tanh',
      outputScale: 1,
      rng: config.rng.split('value'),
    });
    const parameters = [...policy.trainableVariables(), ...this.value.trainableVariables()];
    this.#optimizer = new Adam(parameters, { epsilon: 1e-5 });

    this.#act = compile(
      ({ observations }: { observations: tf.Tensor }, rng) => ({
        ...policy.given(observations).sampleWithLogProb(rng),
        value: this.#predictedValue(observations),
      }),
      { name: 'ppo/act', state: [policy, this.value] },
    );
    this.#values = compile(
      ({ observations }: { observations: tf.Tensor }) => ({ value: this.#predictedValue(observations) }),
      {
        name: 'ppo/values',
        state: [this.value],
      },
    );

    this.#update = compile(
      (batch: PpoBatch & { learningRate: tf.Tensor }, rng) => {
        const { gradients, loss: _, ...metrics } = valueAndGradients(() => this.#loss(batch, rng), parameters);
        const clipped = clipByGlobalNorm(gradients, config.maxGradientNorm);
        this.#optimizer.update(clipped.gradients, batch.learningRate);
        const all = { ...metrics, gradientNorm: clipped.norm };
        return { metrics: tf.stack(METRICS.map((name) => all[name])) };
      },
      { name: 'ppo/update', state: [policy, this.value, this.#optimizer] },
    );
  }

  /**
   * Rollouts and updates until at least `steps` environment steps have been made; the last rollout is not cut short.
   * @throws {DivergedError} if a loss is no longer a number
   */
  async *train({ steps, rng }: TrainOptions): AsyncGenerator<PpoReport, void, undefined> {
    checkSteps('Ppo', steps);
    const { env, horizon } = this.#options;
    const actRng = rng.split('actions');
    const shuffle = rng.split('minibatches');
    const entropyRng = rng.split('entropy');
    const buffer = new RolloutBuffer(horizon, env);
    const tracker = new EpisodeTracker(env.numEnvs);
    buffer.observe(env.reset({ seed: rng.split('env').seed })[0]);
    let step = 0;
    let updates = 0;
    while (step < steps) {
      const progress = step / steps;
      const episodes = this.#collect(buffer, tracker, actRng);
      step += horizon * env.numEnvs;
      const metrics = this.#improve(buffer, { shuffle, entropyRng }, progress);
      updates += metrics.updates;
      for (const name of METRICS) {
        if (!Number.isFinite(metrics[name])) throw new DivergedError('Ppo', step, name, metrics[name]);
      }
      yield { step, ...metrics, updates, episodes };
    }
  }

  dispose(): void {
    this.#act.dispose();
    this.#values.dispose();
    this.#update.dispose();
    this.#optimizer.dispose();
    this.value.dispose();
  }

  /** L and its parts on one minibatch. */
  #loss(batch: PpoBatch, rng: Rng) {
    const { policy, normalizeAdvantages, valueCoefficient, entropyCoefficient } = this.#options;
    const distribution = policy.given(batch.observations);
    const logProb = distribution.logProb(batch.latents);
    const { policyLoss, approxKl, clipFraction } = clippedSurrogate({
      logProb,
      oldLogProb: batch.logProbs,
      advantages: normalizeAdvantages ? standardized(batch.advantages) : batch.advantages,
      clip: batch.clip,
    });
    const valueLoss = tf.mean(tf.squaredDifference(this.#predictedValue(batch.observations), batch.returns));
    const entropy = this.#entropy(distribution, logProb, rng);
    const withValue = tf.add(policyLoss, tf.mul(valueCoefficient, valueLoss));
    const loss = entropyCoefficient === 0 ? withValue : tf.sub(withValue, tf.mul(entropyCoefficient, entropy));
    return { loss, policyLoss, valueLoss, entropy, approxKl, clipFraction };
  }

  /**
   * The entropy of the policy, nats: exact where it is known; else from fresh samples when its gradient is asked for, and
   * from the actions of the minibatch when it is only reported.
   */
  #entropy(distribution: ActionDistribution, logProb: tf.Tensor, rng: Rng): tf.Tensor {
    if (distribution.entropy) return tf.mean(distribution.entropy());
    const estimate = this.#options.entropyCoefficient === 0 ? logProb : distribution.sampleWithLogProb(rng).logProb;
    return tf.neg(tf.mean(estimate));
  }

  #predictedValue(observations: tf.Tensor): tf.Tensor {
    return tf.squeeze(this.value.apply(observations), [1]);
  }

  /** Fills the buffer with one rollout. */
  #collect(buffer: RolloutBuffer, tracker: EpisodeTracker, rng: Rng): EpisodeReport[] {
    const { env, policy, gamma, horizon } = this.#options;
    const { numEnvs } = env;
    const commanded = new Float32Array(numEnvs * policy.actionDim);
    const episodes: EpisodeReport[] = [];
    for (let t = 0; t < horizon; t++) {
      tf.tidy(() => {
        const { action, latent, logProb, value } = this.#act(
          { observations: tf.tensor2d(buffer.current, [numEnvs, policy.observationDim]) },
          rng,
        );
        // The environment gets the action clipped to its bounds; the learner keeps the unclipped one.
        clipToBox(action.dataSync() as Float32Array, env.singleActionSpace as Box, commanded);
        buffer.act(
          t,
          latent.dataSync() as Float32Array,
          logProb.dataSync() as Float32Array,
          value.dataSync() as Float32Array,
        );
      });
      const result = env.step(commanded);
      buffer.receive(t, result);
      if (result.truncations.some((truncated, i) => truncated && !result.terminations[i])) {
        const lastValues = this.#valuesOf(result.finalObservations);
        for (let i = 0; i < numEnvs; i++) {
          if (result.truncations[i] && !result.terminations[i])
            buffer.rewards[t * numEnvs + i]! += gamma * lastValues[i]!;
        }
      }
      tracker.track(result, episodes);
      buffer.observe(result.observations);
    }
    return episodes;
  }

  /** Several epochs of minibatch updates on the rollout in the buffer. */
  #improve(buffer: RolloutBuffer, { shuffle, entropyRng }: { shuffle: Rng; entropyRng: Rng }, progress: number) {
    const { policy, env, horizon, epochs, batchSize, gamma, lambda, learningRate, clip, targetKl } = this.#options;
    const { advantages, returns } = generalizedAdvantages(
      { horizon, envs: env.numEnvs, ...buffer, lastValues: this.#valuesOf(buffer.current) },
      { gamma, lambda },
    );
    const explained = explainedVariance(buffer.values, returns);
    const sources = {
      observations: [buffer.observations, policy.observationDim],
      latents: [buffer.latents, policy.actionDim],
      logProbs: [buffer.logProbs, 1],
      advantages: [advantages, 1],
      returns: [returns, 1],
    } as const;
    const minibatch = Object.entries(sources).map(([name, [source, width]]) => {
      const rows = new Float32Array(batchSize * width);
      const shape = name === 'observations' || name === 'latents' ? [batchSize, width] : [batchSize];
      return { name, source, width, rows, shape };
    });
    const rates = { learningRate: at(learningRate, progress), clip: at(clip, progress) };
    const sums = new Float64Array(METRICS.length);
    let updates = 0;
    let klOfEpoch = 0;
    for (let epoch = 0; epoch < epochs && klOfEpoch <= 1.5 * targetKl; epoch++) {
      const order = shuffle.permutation(horizon * env.numEnvs);
      klOfEpoch = 0;
      let batches = 0;
      for (let start = 0; start + batchSize <= order.length; start += batchSize) {
        const rows = order.subarray(start, start + batchSize);
        tf.tidy(() => {
          const inputs: Record<string, tf.Tensor> = {};
          for (const part of minibatch) {
            inputs[part.name] = tf.tensor(gatherRows(part.source, part.width, rows, part.rows), part.shape);
          }
          const { metrics } = this.#update({ ...(inputs as Omit<PpoBatch, 'clip'>), ...rates }, entropyRng);
          const values = metrics.dataSync();
          for (let i = 0; i < sums.length; i++) sums[i]! += values[i]!;
          klOfEpoch += values[METRICS.indexOf('approxKl')]!;
        });
        batches += 1;
      }
      klOfEpoch /= batches;
      updates += batches;
    }
    const means = Object.fromEntries(METRICS.map((name, i) => [name, sums[i]! / updates]));
    return { ...(means as Record<(typeof METRICS)[number], number>), explainedVariance: explained, updates };
  }

  #valuesOf(observations: Float32Array): Float32Array {
    const { observationDim } = this.#options.policy;
    return tf.tidy(() => {
      const rows = observations.length / observationDim;
      const { value } = this.#values({ observations: tf.tensor2d(observations, [rows, observationDim]) });
      return value.dataSync() as Float32Array;
    });
  }
}

type PpoBatch = {
  observations: tf.Tensor;
  latents: tf.Tensor;
  logProbs: tf.Tensor;
  advantages: tf.Tensor;
  returns: tf.Tensor;
  clip: tf.Tensor;
};

function at(rate: number | Schedule, progress: number): number {
  return typeof rate === 'number' ? rate : rate(progress);
}

function explainedVariance(values: Float32Array, returns: Float32Array): number {
  const variance = (x: (i: number) => number): number => {
    let mean = 0;
    for (let i = 0; i < returns.length; i++) mean += x(i) / returns.length;
    let sum = 0;
    for (let i = 0; i < returns.length; i++) sum += (x(i) - mean) ** 2;
    return sum / returns.length;
  };
  const total = variance((i) => returns[i]!);
  return total === 0 ? 0 : 1 - variance((i) => returns[i]! - values[i]!) / total;
}
