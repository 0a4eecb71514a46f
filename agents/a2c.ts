import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Adam, checkPolicy, compile, RmsProp, type Rng, valueAndGradients } from '../src/index.ts';
import { parseOptions } from '../src/options/parse.ts';
import { rateAt } from '../src/training/optimization.ts';
import type { Agent, AgentState, EpisodeReport, TrainOptions, TrainReport } from './agent.ts';
import { checkDensity } from './core/checks.ts';
import { vectorEnvFor } from './core/envs.ts';
import { normalizationOptions, normalizersFor } from './core/normalization.ts';
import {
  entropyCoefficient,
  gamma,
  layerWidths,
  learningRate,
  maxGradientNorm,
  normalizeAdvantages,
  partSchemas,
  reportEvery,
  shapeRate,
} from './core/options.ts';
import { meanEntropy, PolicyOptimizer, standardized } from './core/policyGradient.ts';
import { generalizedAdvantages, RolloutCollector } from './core/rollout.ts';
import { AgentParts, type FigureOf, MeanMetrics, scalarsOf, stateOfEnv, Training } from './core/state.ts';
import { ValueNetwork } from './core/valueFunction.ts';

export const a2cOptions = z.strictObject({
  ...partSchemas,
  horizon: z
    .int()
    .positive()
    .default(5)
    .meta({ description: 'steps of each environment between updates', unit: 'steps' }),
  optimizer: z.enum(['rmsprop', 'adam']).default('rmsprop').describe('what turns gradients into steps'),
  learningRate: learningRate('the policy and the value network', 7e-4),
  shapeRate,
  gamma,
  lambda: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('λ of the generalized advantages; 1 gives the returns of the paper'),
  entropyCoefficient,
  valueCoefficient: z.number().nonnegative().default(0.5).describe("c_v, the weight of the value function's loss"),
  maxGradientNorm: maxGradientNorm("a gradient of L: by the policy's shape, and by all other variables", 0.5),
  normalizeAdvantages: normalizeAdvantages('update', false),
  ...normalizationOptions,
  valueHidden: layerWidths('the value network', [64, 64]),
  reportEvery: reportEvery(100),
});

/** Options of {@link A2c}. */
export type A2cOptions = z.input<typeof a2cOptions>;

/** Means over the updates since the last report. */
export interface A2cReport extends TrainReport {
  readonly policyLoss: number;
  readonly valueLoss: number;
  /** −E[log π], nats. */
  readonly entropy: number;
  readonly gradientNorm: number;
}

/**
 * Advantage actor-critic, the synchronous A3C: one step of gradient descent on every rollout of a few steps,
 *
 *   L = −E[A log π(a | o)] + c_v E[(V − R)²] − c_e H[π].
 *
 * Works with any policy. Time limits are bootstrapped with the value of the last observation.
 *
 * Mnih et al., "Asynchronous Methods for Deep Reinforcement Learning", arXiv:1602.01783.
 */
export class A2c implements Agent<A2cReport> {
  /** V(o), trained beside the policy. */
  readonly value: ValueNetwork;
  readonly #options: z.output<typeof a2cOptions>;
  readonly #numEnvs: number;
  readonly #optimizer: PolicyOptimizer;
  readonly #collector: RolloutCollector;
  readonly #training = new Training('A2c', ['actions', 'entropy']);
  readonly #parts: AgentParts;
  readonly #valuesOf;
  readonly #update;

  /** @throws for an unknown option or one out of range, if the environment does not fit the policy, or the policy has no density */
  constructor(options: A2cOptions) {
    const config = parseOptions('A2c', a2cOptions, options);
    this.#options = config;
    const { policy, horizon, gamma } = config;
    const { env, actionSpace } = vectorEnvFor('A2c', policy, config.env);
    checkDensity('A2c', policy);
    checkPolicy(policy);
    this.#numEnvs = env.numEnvs;
    const normalizers = normalizersFor([policy], env.numEnvs, config);
    this.value = new ValueNetwork({
      policy,
      hidden: config.valueHidden,
      rng: config.rng.split('value'),
    });
    const optimizer = new PolicyOptimizer(policy, {
      ...config,
      others: this.value.trainableVariables(),
      optimizer: (parameters) =>
        config.optimizer === 'adam' ? new Adam(parameters, { epsilon: 1e-5 }) : new RmsProp(parameters),
    });
    this.#optimizer = optimizer;

    const act = compile(
      ({ observations }: { observations: tf.Tensor }, rng) => ({
        ...policy.given(observations).sampleWithLogProb(rng),
        value: this.value.of(observations),
      }),
      { name: 'a2c/act', state: [policy, this.value] },
    );
    const values = compile(
      ({ observations }: { observations: tf.Tensor }) => ({ value: this.value.of(observations) }),
      { name: 'a2c/values', state: [policy, this.value] },
    );
    const update = compile(
      (batch: A2cBatch & { learningRate: tf.Tensor }, rng) => {
        const { parameters } = optimizer;
        const { gradients, loss: _, ...figures } = valueAndGradients(() => this.#loss(batch, rng), parameters);
        return { ...figures, gradientNorm: optimizer.update(gradients, batch.learningRate) };
      },
      { name: 'a2c/update', state: [policy, this.value, optimizer] },
    );
    const ofEnvs = { observations: { shape: [env.numEnvs, policy.observationDim] } };
    const steps = horizon * env.numEnvs;
    this.#valuesOf = values.onArrays(ofEnvs);
    this.#update = update.onArrays({
      observations: { shape: [steps, policy.observationDim] },
      latents: { shape: [steps, policy.actionDim] },
      advantages: { shape: [steps] },
      returns: { shape: [steps] },
      learningRate: { shape: [] },
    });
    this.#collector = new RolloutCollector({
      owner: 'A2c',
      ...normalizers,
      env,
      actionSpace,
      horizon,
      gamma,
      act: act.onArrays(ofEnvs),
      valuesOf: (observations) => this.#valuesOf({ observations }).value,
    });
    this.#parts = new AgentParts(
      'A2c',
      {
        policy,
        value: this.value,
        optimizer,
        ...normalizers,
        env: stateOfEnv(env),
        collector: this.#collector,
        training: this.#training,
      },
      [act, values, update],
    );
  }

  /**
   * Rollouts and updates until at least `steps` environment steps have been made; the last rollout is not cut short.
   * @throws {DivergedError} if a loss is no longer a number
   */
  async *train({ steps, rng }: TrainOptions): AsyncGenerator<A2cReport, void, undefined> {
    const training = this.#training;
    const { horizon, gamma, lambda, reportEvery } = this.#options;
    if (training.begin({ steps, rng })) this.#collector.reset(rng.split('env').seed);
    const metrics = new MeanMetrics<FigureOf<A2cReport>>('A2c');
    let episodes: EpisodeReport[] = [];
    while (training.step < steps) {
      const learningRate = rateAt('A2c: learningRate', this.#options.learningRate, training.step / steps);
      const { buffer } = this.#collector;
      this.#collector.collect(training.streams.actions, episodes);
      training.step += horizon * this.#numEnvs;
      const { advantages, returns } = generalizedAdvantages(
        { horizon, envs: this.#numEnvs, ...buffer, lastValues: this.#valuesOf({ observations: buffer.current }).value },
        { gamma, lambda },
      );
      const { observations, latents } = buffer;
      const batch = { observations, latents, advantages, returns, learningRate };
      metrics.add(training.step, scalarsOf(this.#update(batch, training.streams.entropy)));
      training.updates += 1;
      const { step, updates } = training;
      if (updates % reportEvery !== 0 && step < steps) continue;
      yield { step, updates, episodes, ...metrics.take() };
      episodes = [];
    }
  }

  state(): AgentState {
    return this.#parts.state();
  }

  setState(state: AgentState): void {
    this.#parts.setState(state);
  }

  dispose(): void {
    this.#parts.dispose();
  }

  /** L and its parts on one rollout. */
  #loss({ observations, latents, advantages, returns }: A2cBatch, rng: Rng) {
    const { policy, normalizeAdvantages, valueCoefficient, entropyCoefficient } = this.#options;
    const distribution = policy.given(observations);
    const logProb = distribution.logProb(latents);
    const weights = normalizeAdvantages ? standardized(advantages) : advantages;
    const policyLoss = tf.neg(tf.mean(tf.mul(weights, logProb)));
    const valueLoss = tf.mean(tf.squaredDifference(this.value.of(observations), returns));
    const entropy = meanEntropy(distribution, { logProb, rng, isTrained: entropyCoefficient > 0 });
    const withValue = tf.add(policyLoss, tf.mul(valueCoefficient, valueLoss));
    const loss = entropyCoefficient === 0 ? withValue : tf.sub(withValue, tf.mul(entropyCoefficient, entropy));
    return { loss, policyLoss, valueLoss, entropy };
  }
}

type A2cBatch = Record<'observations' | 'latents' | 'advantages' | 'returns', tf.Tensor>;
