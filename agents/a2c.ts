import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Adam, checkPolicy, RmsProp, type Rng, valueAndGradients } from '../src/index.ts';
import { choice, count, nonnegative } from '../src/options/fields.ts';
import { parseOptions } from '../src/options/parse.ts';
import { rateAt } from '../src/training/optimization.ts';
import type { EpisodeReport, TrainOptions, TrainReport } from './agent.ts';
import { checkDensity } from './core/checks.ts';
import { decisionEnvFor } from './core/envs.ts';
import { type MemoryInputs, memoryShapes, pastsOf } from './core/memory.ts';
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
  sdeSampleFreq,
  shapeRate,
} from './core/options.ts';
import { EPSILON, meanEntropy, PolicyOptimizer, standardized } from './core/policyGradient.ts';
import { compileActor, generalizedAdvantages, RolloutCollector } from './core/rollout.ts';
import { CheckpointedAgent, compileOnArrays, type FigureOf, MeanMetrics, scalarsOf, Training } from './core/state.ts';
import { ValueNetwork } from './core/valueFunction.ts';

export const a2cOptions = z.strictObject({
  ...partSchemas,
  horizon: count(5, 'steps of each environment per update', 'steps'),
  optimizer: choice(['rmsprop', 'adam'], 'rmsprop', 'what turns gradients into steps'),
  learningRate: learningRate('the policy and the value network', 7e-4),
  shapeRate,
  gamma,
  lambda: z.number().min(0).max(1).default(1).describe('λ of the generalized advantages; 1 as in the paper'),
  entropyCoefficient,
  valueCoefficient: nonnegative(0.5, "c_v, the weight of the value function's loss"),
  maxGradientNorm: maxGradientNorm("a gradient of L: by the policy's shape, and by all other variables", 0.5),
  normalizeAdvantages: normalizeAdvantages('update', false),
  sdeSampleFreq,
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
 * Works with any policy; with a memory gradients go back through the rollout. Time limits are bootstrapped with the value of the last observation.
 *
 * Mnih et al., "Asynchronous Methods for Deep Reinforcement Learning", arXiv:1602.01783.
 */
export class A2c extends CheckpointedAgent<A2cReport> {
  /** V(o), trained beside the policy. */
  readonly value: ValueNetwork;
  readonly #options: z.output<typeof a2cOptions>;
  readonly #collector: RolloutCollector;
  readonly #training = new Training('A2c', ['actions', 'entropy']);
  readonly #update;

  /** @throws for an unknown option or one out of range, if the environment does not fit the policy, or the policy has no density */
  constructor(options: A2cOptions) {
    super('A2c');
    const config = parseOptions('A2c', a2cOptions, options);
    this.#options = config;
    const { policy, horizon } = config;
    const { env, actionSpace } = decisionEnvFor('A2c', policy, config.env, config.gamma);
    checkDensity('A2c', policy);
    checkPolicy(policy);
    const normalizers = normalizersFor(policy, env.numEnvs, config);
    const value = new ValueNetwork(policy, config.valueHidden, config.rng.split('value'));
    this.value = value;
    const optimizer = new PolicyOptimizer(policy, {
      ...config,
      others: value.trainableVariables(),
      optimizer: (parameters) =>
        config.optimizer === 'adam' ? new Adam(parameters, { epsilon: EPSILON }) : new RmsProp(parameters),
    });
    const actor = compileActor('A2c', env, policy, value, config);
    this.#collector = new RolloutCollector({ owner: 'A2c', ...config, ...normalizers, env, actionSpace, actor });

    const steps = horizon * env.numEnvs;
    const shapes = {
      observations: { shape: [steps, policy.observationDim] },
      ...memoryShapes(actor.stateDim, env.numEnvs, horizon),
      latents: { shape: [steps, policy.actionDim] },
      advantages: { shape: [steps] },
      returns: { shape: [steps] },
      learningRate: { shape: [] },
    };
    this.#update = compileOnArrays('a2c/update', { policy, value, optimizer }, shapes, (batch: A2cBatch, rng) => {
      const { gradients, loss: _, ...metrics } = valueAndGradients(() => this.#loss(batch, rng), optimizer.parameters);
      return { ...metrics, gradientNorm: optimizer.update(gradients, batch.learningRate) };
    });
    this.compiled = [...actor.compiled, this.#update];
    const [collector, training] = [this.#collector, this.#training];
    this.parts = { policy, value, optimizer, ...normalizers, env, sde: actor.sde, collector, training };
  }

  /**
   * Rollouts and updates until at least `steps` environment steps have been made; the last rollout is not cut short.
   * @throws {DivergedError} if a loss is no longer a number
   */
  async *train({ steps, rng }: TrainOptions): AsyncGenerator<A2cReport, void, undefined> {
    const { lambda, reportEvery } = this.#options;
    const training = this.#training;
    if (training.begin({ steps, rng })) this.#collector.reset(rng.split('env').seed);
    const metrics = new MeanMetrics<FigureOf<A2cReport>>('A2c');
    let episodes: EpisodeReport[] = [];
    while (training.step < steps) {
      const learningRate = rateAt('A2c: learningRate', this.#options.learningRate, training.step / steps);
      const rollout = this.#collector.collect(training.streams.actions, episodes);
      training.step += rollout.steps;

      const advantages = generalizedAdvantages(rollout, { gamma: rollout.discount, lambda });
      const batch = { ...rollout, ...advantages, learningRate };
      metrics.add(training.step, scalarsOf(this.#update(batch, training.streams.entropy)));
      training.updates += 1;

      const { step, updates } = training;
      if (updates % reportEvery !== 0 && step < steps) continue;
      yield { step, updates, episodes, ...metrics.take() };
      episodes = [];
    }
  }

  /** L and its terms on one rollout. */
  #loss({ observations, latents, advantages, returns, ...seen }: A2cBatch, rng: Rng) {
    const { policy, normalizeAdvantages, valueCoefficient, entropyCoefficient } = this.#options;
    const pasts = pastsOf(policy, seen);
    const distribution = policy.given(observations, pasts.policy);
    const logProb = distribution.logProb(latents);
    const weights = normalizeAdvantages ? standardized(advantages) : advantages;
    const policyLoss = tf.neg(tf.mean(tf.mul(weights, logProb)));
    const valueLoss = tf.mean(tf.squaredDifference(this.value.of(observations, pasts.beside), returns));
    const entropy = meanEntropy(distribution, logProb, rng, entropyCoefficient > 0);
    const withValue = tf.add(policyLoss, tf.mul(valueCoefficient, valueLoss));
    const loss = entropyCoefficient === 0 ? withValue : tf.sub(withValue, tf.mul(entropyCoefficient, entropy));
    return { loss, policyLoss, valueLoss, entropy };
  }
}

type A2cBatch = MemoryInputs &
  Record<'observations' | 'latents' | 'advantages' | 'returns' | 'learningRate', tf.Tensor>;
