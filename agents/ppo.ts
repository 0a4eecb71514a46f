import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import {
  type ActionDistribution,
  Adam,
  clipByGlobalNorm,
  compile,
  Mlp,
  type Rng,
  valueAndGradients,
} from '../src/index.ts';
import { parseOptions } from '../src/options/parseOptions.ts';
import { type Agent, type AgentState, DivergedError, type TrainOptions, type TrainReport } from './agent.ts';
import { generalizedAdvantages } from './common/advantages.ts';
import { AgentParts, stateOfEnv } from './common/agentParts.ts';
import { clippedSurrogate, standardized } from './common/clippedSurrogate.ts';
import { estimatedEntropy } from './common/estimatedEntropy.ts';
import { explainedVariance } from './common/explainedVariance.ts';
import { Minibatches } from './common/minibatches.ts';
import { partSchemas } from './common/partSchemas.ts';
import { rateAt, rateSchema } from './common/rate.ts';
import type { RolloutBuffer } from './common/rolloutBuffer.ts';
import { RolloutCollector } from './common/rolloutCollector.ts';
import { Training } from './common/training.ts';
import { type PolicyEnv, vectorEnvFor } from './common/vectorEnvFor.ts';

export const ppoOptions = z.strictObject({
  policy: partSchemas.policy,
  /** Parallel environments that reset in the step that ends an episode, or a single environment. */
  env: partSchemas.env,
  /** Streams the initial weights of the value network. */
  rng: partSchemas.rng,
  /** Steps of each environment between updates. */
  horizon: z.int().positive().default(2048),
  /** Passes over a rollout. */
  epochs: z.int().positive().default(10),
  /** Steps of a minibatch; at most those of a rollout, horizon × environments. */
  batchSize: z.int().positive().default(64),
  /** A number, or a function of the share of the training that is done. */
  learningRate: rateSchema.default(3e-4),
  /** ε, likewise. */
  clip: rateSchema.default(0.2),
  /** γ, the discount. */
  gamma: z.number().min(0).max(1).default(0.99),
  /** λ of the generalized advantages. */
  lambda: z.number().min(0).max(1).default(0.95),
  /** c_e. */
  entropyCoefficient: z.number().nonnegative().default(0),
  /** c_v. */
  valueCoefficient: z.number().nonnegative().default(0.5),
  /** The largest global norm of the gradient of L. */
  maxGradientNorm: z.number().positive().default(0.5),
  /** Whether advantages are brought to mean 0, variance 1 in each minibatch. */
  normalizeAdvantages: z.boolean().default(true),
  /** Stops the epochs of one rollout when the approximate KL of an epoch exceeds 1.5 times this; never by default. */
  targetKl: z.number().positive().optional(),
  /** Widths of the hidden layers of the value network. */
  valueHidden: z.array(z.int().positive()).readonly().default([64, 64]),
});

export type PpoOptions = z.input<typeof ppoOptions>;

/** One rollout and the updates made from it. */
export interface PpoReport extends TrainReport {
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

const METRICS = ['policyLoss', 'valueLoss', 'entropy', 'approxKl', 'clipFraction', 'gradientNorm'] as const;
type Metric = (typeof METRICS)[number];

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
  readonly #options: z.output<typeof ppoOptions>;
  readonly #envs: PolicyEnv;
  readonly #optimizer: Adam;
  readonly #collector: RolloutCollector;
  readonly #training = new Training('Ppo', ['actions', 'minibatches', 'entropy']);
  readonly #parts: AgentParts;
  readonly #valuesOf;
  readonly #update;
  readonly #compiled: readonly { dispose(): void }[];

  /**
   * @throws for an unknown option or one out of range, if the environment does not fit the policy, or if a rollout is
   * smaller than a minibatch
   */
  constructor(options: PpoOptions) {
    const config = parseOptions('Ppo', ppoOptions, options);
    this.#options = config;
    const { policy, horizon, batchSize } = config;
    this.#envs = vectorEnvFor('Ppo', policy, config.env);
    const { numEnvs } = this.#envs.env;
    if (batchSize > horizon * numEnvs) {
      throw new Error(
        `Ppo: batchSize: got ${batchSize}, expected at most the ${horizon} × ${numEnvs} = ${horizon * numEnvs} ` +
          'steps of a rollout (horizon × environments)',
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

    const act = compile(
      ({ observations }: { observations: tf.Tensor }, rng) => ({
        ...policy.given(observations).sampleWithLogProb(rng),
        value: this.#predictedValue(observations),
      }),
      { name: 'ppo/act', state: [policy, this.value] },
    );
    const values = compile(
      ({ observations }: { observations: tf.Tensor }) => ({ value: this.#predictedValue(observations) }),
      { name: 'ppo/values', state: [this.value] },
    );
    const update = compile(
      (batch: PpoBatch & { learningRate: tf.Tensor; clip: tf.Tensor }, rng) => {
        const { gradients, loss: _, ...metrics } = valueAndGradients(() => this.#loss(batch, rng), parameters);
        const clipped = clipByGlobalNorm(gradients, config.maxGradientNorm);
        this.#optimizer.update(clipped.gradients, batch.learningRate);
        const all = { ...metrics, gradientNorm: clipped.norm };
        return { metrics: tf.stack(METRICS.map((name) => all[name])) };
      },
      { name: 'ppo/update', state: [policy, this.value, this.#optimizer] },
    );
    this.#compiled = [act, values, update];
    const ofEnvs = { observations: { shape: [numEnvs, policy.observationDim] } };
    this.#valuesOf = values.onArrays(ofEnvs);
    this.#update = update.onArrays({
      observations: { shape: [batchSize, policy.observationDim] },
      latents: { shape: [batchSize, policy.actionDim] },
      logProbs: { shape: [batchSize] },
      advantages: { shape: [batchSize] },
      returns: { shape: [batchSize] },
      learningRate: { shape: [] },
      clip: { shape: [] },
    });
    this.#collector = new RolloutCollector({
      ...this.#envs,
      owner: 'Ppo',
      horizon,
      gamma: config.gamma,
      act: act.onArrays(ofEnvs),
      valuesOf: (observations) => this.#valuesOf({ observations }).value,
    });
    this.#parts = new AgentParts('Ppo', {
      policy,
      value: this.value,
      optimizer: this.#optimizer,
      env: stateOfEnv(this.#envs.env),
      collector: this.#collector,
      training: this.#training,
    });
  }

  /**
   * Rollouts and updates until at least `steps` environment steps have been made; the last rollout is not cut short.
   * @throws {DivergedError} if a loss is no longer a number
   */
  async *train({ steps, rng }: TrainOptions): AsyncGenerator<PpoReport, void, undefined> {
    const training = this.#training;
    const collector = this.#collector;
    if (training.begin({ steps, rng })) collector.reset(rng.split('env').seed);
    const { actions, minibatches, entropy } = training.streams;
    while (training.step < steps) {
      const progress = training.step / steps;
      const episodes = collector.collect(actions);
      training.step += this.#options.horizon * this.#envs.env.numEnvs;
      const metrics = this.#improve(collector.buffer, { shuffle: minibatches, entropyRng: entropy }, progress);
      training.updates += metrics.updates;
      const { step, updates } = training;
      for (const name of METRICS) {
        if (!Number.isFinite(metrics[name])) throw new DivergedError('Ppo', step, name, metrics[name]);
      }
      yield { step, ...metrics, updates, episodes };
    }
  }

  state(): AgentState {
    return this.#parts.state();
  }

  setState(state: AgentState): void {
    this.#parts.setState(state);
  }

  dispose(): void {
    for (const compiled of this.#compiled) compiled.dispose();
    this.#optimizer.dispose();
    this.value.dispose();
  }

  /** L and its parts on one minibatch. */
  #loss(batch: PpoBatch & { clip: tf.Tensor }, rng: Rng) {
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
    return this.#options.entropyCoefficient === 0 ? tf.neg(tf.mean(logProb)) : estimatedEntropy(distribution, rng);
  }

  #predictedValue(observations: tf.Tensor): tf.Tensor {
    return tf.squeeze(this.value.apply(observations), [1]);
  }

  /** Several epochs of minibatch updates on the rollout in the buffer. */
  #improve(buffer: RolloutBuffer, { shuffle, entropyRng }: { shuffle: Rng; entropyRng: Rng }, progress: number) {
    const { policy, horizon, epochs, batchSize, gamma, lambda, targetKl = Number.POSITIVE_INFINITY } = this.#options;
    const { numEnvs } = this.#envs.env;
    const { advantages, returns } = generalizedAdvantages(
      { horizon, envs: numEnvs, ...buffer, lastValues: this.#valuesOf({ observations: buffer.current }).value },
      { gamma, lambda },
    );
    const minibatches = new Minibatches(
      {
        observations: { values: buffer.observations, width: policy.observationDim },
        latents: { values: buffer.latents, width: policy.actionDim },
        logProbs: { values: buffer.logProbs },
        advantages: { values: advantages },
        returns: { values: returns },
      },
      { count: horizon * numEnvs, batchSize },
    );
    const rates = {
      learningRate: rateAt('Ppo: learningRate', this.#options.learningRate, progress),
      clip: rateAt('Ppo: clip', this.#options.clip, progress),
    };
    const total = new Means();
    for (let epoch = 0; epoch < epochs; epoch++) {
      const ofEpoch = new Means();
      for (const rows of minibatches.epoch(shuffle)) {
        const { metrics } = this.#update({ ...minibatches.gather(rows), ...rates }, entropyRng);
        ofEpoch.add(metrics);
        total.add(metrics);
      }
      if (!(ofEpoch.of('approxKl') <= 1.5 * targetKl)) break;
    }
    const means = Object.fromEntries(METRICS.map((name) => [name, total.of(name)])) as Record<Metric, number>;
    return { ...means, explainedVariance: explainedVariance(buffer.values, returns), updates: total.count };
  }
}

type PpoBatch = Record<'observations' | 'latents' | 'logProbs' | 'advantages' | 'returns', tf.Tensor>;

/** The means of the metrics of several updates. */
class Means {
  readonly #sums = new Float64Array(METRICS.length);
  count = 0;

  add(metrics: ArrayLike<number>): void {
    for (let i = 0; i < this.#sums.length; i++) this.#sums[i]! += metrics[i]!;
    this.count += 1;
  }

  of(name: Metric): number {
    return this.#sums[METRICS.indexOf(name)]! / this.count;
  }
}
