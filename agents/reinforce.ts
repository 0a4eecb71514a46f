import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Adam, checkPolicy, clipByGlobalNorm, compile, valueAndGradients } from '../src/index.ts';
import { parseOptions } from '../src/options/parse.ts';
import { rateAt } from '../src/training/optimization.ts';
import type { Agent, AgentState, EpisodeReport, TrainOptions, TrainReport } from './agent.ts';
import { checkDensity } from './core/checks.ts';
import { vectorEnvFor } from './core/envs.ts';
import { EpisodeCollector } from './core/episodes.ts';
import { normalizationOptions, normalizersFor } from './core/normalization.ts';
import {
  gamma,
  layerWidths,
  learningRate,
  maxGradientNorm,
  normalizeAdvantages,
  partSchemas,
  shapeRate,
} from './core/options.ts';
import { PolicyOptimizer } from './core/policyGradient.ts';
import { AgentParts, type FigureOf, MeanMetrics, scalarsOf, stateOfEnv, Training } from './core/state.ts';
import { ValueNetwork } from './core/valueFunction.ts';

/** Adam's. */
const EPSILON = 1e-8;

export const reinforceOptions = z.strictObject({
  ...partSchemas,
  episodesPerEnv: z
    .int()
    .positive()
    .default(1)
    .meta({ description: 'episodes of each environment between updates', unit: 'episodes' }),
  learningRate: learningRate('the policy', 1e-3),
  shapeRate,
  valueLearningRate: learningRate('the baseline', 1e-3),
  valueUpdates: z.int().nonnegative().default(10).meta({
    description:
      'updates of the baseline for each one of the policy; 0 leaves it out, and what would come after a time limit counts as 0',
    unit: 'updates',
  }),
  gamma,
  maxGradientNorm: maxGradientNorm("the policy's gradient, and of the baseline's", 0.5),
  normalizeAdvantages: normalizeAdvantages('update', true),
  ...normalizationOptions,
  valueHidden: layerWidths('the baseline', [64, 64]),
});

/** Options of {@link Reinforce}. */
export type ReinforceOptions = z.input<typeof reinforceOptions>;

/** One update. */
export interface ReinforceReport extends TrainReport {
  readonly policyLoss: number;
  /** E[(V − G)²] before the last step of the baseline; 0 without one. */
  readonly valueLoss: number;
  /** −E[log π], nats. */
  readonly entropy: number;
  readonly gradientNorm: number;
}

/**
 * REINFORCE with a baseline: whole episodes, then one step up the gradient
 *
 *   E[(G − V(o)) ∇ log π(a | o)],  G the discounted sum of rewards from the step on,
 *
 * and some down that of E[(V(o) − G)²]. Works with any policy. A truncated episode is bootstrapped with the value of its last
 * observation.
 *
 * Williams, "Simple statistical gradient-following algorithms for connectionist reinforcement learning", 1992.
 */
export class Reinforce implements Agent<ReinforceReport> {
  /** V(o), trained beside the policy. */
  readonly value: ValueNetwork;
  readonly #options: z.output<typeof reinforceOptions>;
  readonly #collector: EpisodeCollector;
  readonly #training = new Training('Reinforce', ['actions']);
  readonly #parts: AgentParts;
  readonly #update;
  readonly #fit;

  /** @throws for an unknown option or one out of range, if the environment does not fit the policy, or the policy has no density */
  constructor(options: ReinforceOptions) {
    const config = parseOptions('Reinforce', reinforceOptions, options);
    this.#options = config;
    const { policy } = config;
    const envs = vectorEnvFor('Reinforce', policy, config.env);
    checkDensity('Reinforce', policy);
    checkPolicy(policy);
    const normalizers = normalizersFor([policy], envs.env.numEnvs, config);
    this.value = new ValueNetwork({
      policy,
      hidden: config.valueHidden,
      rng: config.rng.split('value'),
    });
    const optimizers = {
      policy: new PolicyOptimizer(policy, {
        ...config,
        optimizer: (parameters) => new Adam(parameters, { epsilon: EPSILON }),
      }),
      value: new Adam(this.value.trainableVariables(), { epsilon: EPSILON }),
    };

    const act = compile(
      ({ observations }: { observations: tf.Tensor }, rng) => ({
        ...policy.given(observations).sampleWithLogProb(rng),
        value: this.#valuesOf(observations),
      }),
      { name: 'reinforce/act', state: [policy, this.value] },
    );
    const values = compile(
      ({ observations }: { observations: tf.Tensor }) => ({ value: this.#valuesOf(observations) }),
      {
        name: 'reinforce/values',
        state: [policy, this.value],
      },
    );
    const update = compile(
      (batch: PolicyBatch & { learningRate: tf.Tensor }) => {
        const { parameters } = optimizers.policy;
        const { gradients, loss, entropy } = valueAndGradients(() => this.#policyLoss(batch), parameters);
        const gradientNorm = optimizers.policy.update(gradients, batch.learningRate);
        return { policyLoss: loss, entropy, gradientNorm };
      },
      { name: 'reinforce/update', state: [policy, optimizers.policy] },
    );
    const fit = compile(
      (batch: ValueBatch & { learningRate: tf.Tensor }) => {
        const { parameters } = optimizers.value;
        const { gradients, loss } = valueAndGradients(() => ({ loss: this.#valueLoss(batch) }), parameters);
        const clipped = clipByGlobalNorm(gradients, config.maxGradientNorm);
        optimizers.value.update(clipped.gradients, batch.learningRate);
        return { loss };
      },
      { name: 'reinforce/fit', state: [policy, this.value, optimizers.value] },
    );
    const ofEnvs = { observations: { shape: [envs.env.numEnvs, policy.observationDim] } };
    const valuesOf = values.onArrays(ofEnvs);
    this.#update = forEachSize((rows) =>
      update.onArrays({
        observations: { shape: [rows, policy.observationDim] },
        latents: { shape: [rows, policy.actionDim] },
        advantages: { shape: [rows] },
        weights: { shape: [rows] },
        learningRate: { shape: [] },
      }),
    );
    this.#fit = forEachSize((rows) =>
      fit.onArrays({
        observations: { shape: [rows, policy.observationDim] },
        returns: { shape: [rows] },
        weights: { shape: [rows] },
        learningRate: { shape: [] },
      }),
    );
    this.#collector = new EpisodeCollector({
      ...envs,
      owner: 'Reinforce',
      ...normalizers,
      rounds: config.episodesPerEnv,
      gamma: config.gamma,
      act: act.onArrays(ofEnvs),
      valuesOf: (observations) => valuesOf({ observations }).value,
    });
    this.#parts = new AgentParts(
      'Reinforce',
      {
        policy,
        value: this.value,
        policyOptimizer: optimizers.policy,
        valueOptimizer: optimizers.value,
        ...normalizers,
        env: stateOfEnv(envs.env),
        training: this.#training,
      },
      [act, values, update, fit],
    );
  }

  /**
   * Episodes and updates until at least `steps` environment steps have been made; no episode is cut short.
   * @throws {DivergedError} if a loss is no longer a number
   */
  async *train({ steps, rng }: TrainOptions): AsyncGenerator<ReinforceReport, void, undefined> {
    const training = this.#training;
    if (training.begin({ steps, rng })) this.#collector.reset(rng.split('env').seed);
    const metrics = new MeanMetrics<FigureOf<ReinforceReport>>('Reinforce');
    while (training.step < steps) {
      const progress = training.step / steps;
      const episodes: EpisodeReport[] = [];
      training.step += this.#collector.collect(training.streams.actions, episodes);
      metrics.add(training.step, this.#improve(progress));
      training.updates += 1;
      const { step, updates } = training;
      yield { step, updates, episodes, ...metrics.take() };
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

  /** One step of the policy and some of the baseline. */
  #improve(progress: number): Record<FigureOf<ReinforceReport>, number> {
    const { learningRate, valueLearningRate, valueUpdates } = this.#options;
    const { steps, rows } = this.#collector;
    // As many rows as a power of two, so that few sizes are compiled; those that are too many have weight 0.
    let size = 1;
    while (size < rows) size *= 2;
    this.#collector.pad(size);
    const weights = new Float32Array(size).fill(1 / rows, 0, rows);
    const observations = steps.observations.subarray(0, size * this.#options.policy.observationDim);
    const latents = steps.latents.subarray(0, size * this.#options.policy.actionDim);
    const improved = this.#update(size)({
      observations,
      latents,
      advantages: this.#advantages(size),
      weights,
      learningRate: rateAt('Reinforce: learningRate', learningRate, progress),
    });
    const fitted = {
      observations,
      returns: steps.returns.subarray(0, size),
      weights,
      learningRate: rateAt('Reinforce: valueLearningRate', valueLearningRate, progress),
    };
    let valueLoss = 0;
    for (let i = 0; i < valueUpdates; i++) valueLoss = this.#fit(size)(fitted).loss[0]!;
    return { ...scalarsOf(improved), valueLoss };
  }

  /** G − V(o), standardized if asked for, in the first rows of `size`. */
  #advantages(size: number): Float32Array {
    const { steps, rows } = this.#collector;
    const advantages = new Float32Array(size);
    let [sum, squares] = [0, 0];
    for (let i = 0; i < rows; i++) {
      advantages[i] = steps.returns[i]! - steps.values[i]!;
      sum += advantages[i]!;
    }
    if (!this.#options.normalizeAdvantages || rows === 1) return advantages;
    for (let i = 0; i < rows; i++) {
      const centered = advantages[i]! - sum / rows;
      squares += centered * centered;
    }
    const std = Math.sqrt(squares / (rows - 1)) + 1e-8;
    for (let i = 0; i < rows; i++) advantages[i] = (advantages[i]! - sum / rows) / std;
    return advantages;
  }

  /** −E[(G − V) log π], whose gradient is the paper's, and the entropy. */
  #policyLoss({ observations, latents, advantages, weights }: PolicyBatch) {
    const distribution = this.#options.policy.given(observations);
    const logProb = distribution.logProb(latents);
    return {
      loss: tf.neg(tf.sum(tf.mul(weights, tf.mul(advantages, logProb)))),
      entropy: tf.sum(tf.mul(weights, distribution.entropy?.() ?? tf.neg(logProb))),
    };
  }

  #valueLoss({ observations, returns, weights }: ValueBatch): tf.Tensor {
    return tf.sum(tf.mul(weights, tf.squaredDifference(this.#valuesOf(observations), returns)));
  }

  /** 0 without a baseline. */
  #valuesOf(observations: tf.Tensor): tf.Tensor {
    return this.#options.valueUpdates === 0 ? tf.zeros([observations.shape[0]!]) : this.value.of(observations);
  }
}

type PolicyBatch = Record<'observations' | 'latents' | 'advantages' | 'weights', tf.Tensor>;
type ValueBatch = Record<'observations' | 'returns' | 'weights', tf.Tensor>;

function forEachSize<T>(make: (rows: number) => T): (rows: number) => T {
  const made = new Map<number, T>();
  return (rows) => {
    if (!made.has(rows)) made.set(rows, make(rows));
    return made.get(rows)!;
  };
}
