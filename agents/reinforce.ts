import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Adam, checkPolicy, clipByGlobalNorm, compile, valueAndGradients } from '../src/index.ts';
import { count } from '../src/options/fields.ts';
import { parseOptions } from '../src/options/parse.ts';
import { rateAt } from '../src/training/optimization.ts';
import type { EpisodeReport, TrainOptions, TrainReport } from './agent.ts';
import { checkDensity } from './core/checks.ts';
import { decisionEnvFor } from './core/envs.ts';
import { EpisodeCollector } from './core/episodes.ts';
import { type MemoryInputs, memoryShapes, pastsOf } from './core/memory.ts';
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
import { compileActor } from './core/rollout.ts';
import { CheckpointedAgent, type FigureOf, MeanMetrics, scalarsOf, Training } from './core/state.ts';
import { ValueNetwork } from './core/valueFunction.ts';

/** Adam's. */
const EPSILON = 1e-8;

/** Steps through which gradients go back in a memory. */
const SEQUENCE = 32;

export const reinforceOptions = z.strictObject({
  ...partSchemas,
  episodesPerEnv: count(1, 'episodes of each environment between updates', 'episodes'),
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
 * observation. With a memory gradients go back through 32 steps.
 *
 * Williams, "Simple statistical gradient-following algorithms for connectionist reinforcement learning", 1992.
 */
export class Reinforce extends CheckpointedAgent<ReinforceReport> {
  /** V(o), trained beside the policy. */
  readonly value: ValueNetwork;
  readonly #options: z.output<typeof reinforceOptions>;
  readonly #collector: EpisodeCollector;
  readonly #training = new Training('Reinforce', ['actions']);
  readonly #update;
  readonly #fit;

  /** @throws for an unknown option or one out of range, if the environment does not fit the policy, or the policy has no density */
  constructor(options: ReinforceOptions) {
    super('Reinforce');
    const config = parseOptions('Reinforce', reinforceOptions, options);
    this.#options = config;
    const { policy, maxGradientNorm } = config;
    const { env, actionSpace } = decisionEnvFor('Reinforce', policy, config.env, config.gamma);
    checkDensity('Reinforce', policy);
    checkPolicy(policy);
    const normalizers = normalizersFor(policy, env.numEnvs, config);
    const value = new ValueNetwork(policy, config.valueHidden, config.rng.split('value'));
    this.value = value;
    const policyOptimizer = new PolicyOptimizer(policy, {
      ...config,
      optimizer: (parameters) => new Adam(parameters, { epsilon: EPSILON }),
    });
    const valueOptimizer = new Adam(value.trainableVariables(), { epsilon: EPSILON });
    const actor = compileActor('Reinforce', env, policy, value, { hasBaseline: config.valueUpdates > 0 });
    const sequenceLength = policy.memory === undefined ? 1 : SEQUENCE;
    const collecting = { ...config, ...normalizers, sequenceLength, env, actionSpace, actor };
    this.#collector = new EpisodeCollector({ owner: 'Reinforce', ...collecting });

    const update = compile(
      (batch: PolicyBatch) => {
        const { gradients, loss, entropy } = valueAndGradients(
          () => this.#policyLoss(batch),
          policyOptimizer.parameters,
        );
        return { policyLoss: loss, entropy, gradientNorm: policyOptimizer.update(gradients, batch.learningRate) };
      },
      { name: 'reinforce/update', state: [policy, policyOptimizer] },
    );
    const fit = compile(
      (batch: ValueBatch) => {
        const { gradients, loss } = valueAndGradients(() => {
          const values = value.of(batch.observations, pastsOf(policy, batch).beside);
          const errors = tf.squaredDifference(values, batch.returns);
          return { loss: tf.sum(tf.mul(batch.weights, errors)) };
        }, valueOptimizer.parameters);
        valueOptimizer.update(clipByGlobalNorm(gradients, maxGradientNorm).gradients, batch.learningRate);
        return { loss };
      },
      { name: 'reinforce/fit', state: [policy, value, valueOptimizer] },
    );
    const seen = (sequences: number) => ({
      observations: { shape: [sequences * sequenceLength, policy.observationDim] },
      ...memoryShapes(actor.stateDim, sequences),
    });
    this.#update = forEachSize((sequences) => {
      const rows = sequences * sequenceLength;
      return update.onArrays({
        ...seen(sequences),
        latents: { shape: [rows, policy.actionDim] },
        advantages: { shape: [rows] },
        weights: { shape: [rows] },
        learningRate: { shape: [] },
      });
    });
    this.#fit = forEachSize((sequences) => {
      const column = { shape: [sequences * sequenceLength] };
      return fit.onArrays({ ...seen(sequences), returns: column, weights: column, learningRate: { shape: [] } });
    });
    this.compiled = [...actor.compiled, update, fit];
    this.parts = { policy, value, policyOptimizer, valueOptimizer, ...normalizers, env, training: this.#training };
  }

  /**
   * Episodes and updates until at least `steps` environment steps have been made; no episode is cut short.
   * @throws {DivergedError} if a loss is no longer a number
   */
  async *train({ steps, rng }: TrainOptions): AsyncGenerator<ReinforceReport, void, undefined> {
    const { valueUpdates } = this.#options;
    const training = this.#training;
    if (training.begin({ steps, rng })) this.#collector.reset(rng.split('env').seed);
    const metrics = new MeanMetrics<FigureOf<ReinforceReport>>('Reinforce');
    while (training.step < steps) {
      const progress = training.step / steps;
      const rate = (name: 'learningRate' | 'valueLearningRate') =>
        rateAt(`Reinforce: ${name}`, this.#options[name], progress);

      const episodes: EpisodeReport[] = [];
      const collected = this.#collector.collect(training.streams.actions, episodes);
      training.step += collected.count;

      const { sequences } = collected;
      const batch = { ...collected, advantages: this.#advantages(collected) };
      const improved = scalarsOf(this.#update(sequences)({ ...batch, learningRate: rate('learningRate') }));
      const fitting = { ...batch, learningRate: rate('valueLearningRate') };
      let valueLoss = 0;
      for (let i = 0; i < valueUpdates; i++) valueLoss = this.#fit(sequences)(fitting).loss[0]!;
      metrics.add(training.step, { ...improved, valueLoss });
      training.updates += 1;

      const { step, updates } = training;
      yield { step, updates, episodes, ...metrics.take() };
    }
  }

  /** G − V(o) of rows with a weight, else 0; standardized with `normalizeAdvantages`. */
  #advantages({ rows, weights, returns, values }: ReturnType<EpisodeCollector['collect']>): Float32Array {
    const advantages = returns.map((value, i) => (weights[i] === 0 ? 0 : value - values[i]!));
    if (!this.#options.normalizeAdvantages || rows === 1) return advantages;
    let [sum, squares] = [0, 0];
    for (const advantage of advantages) sum += advantage;
    const centered = (i: number) => (weights[i] === 0 ? 0 : advantages[i]! - sum / rows);
    for (let i = 0; i < advantages.length; i++) squares += centered(i) * centered(i);
    const std = Math.sqrt(squares / (rows - 1)) + 1e-8;
    return advantages.map((_, i) => centered(i) / std);
  }

  /** −E[(G − V) log π], whose gradient is the paper's, and the entropy. */
  #policyLoss({ observations, latents, advantages, weights, ...seen }: PolicyBatch) {
    const { policy } = this.#options;
    const distribution = policy.given(observations, pastsOf(policy, seen).policy);
    const logProb = distribution.logProb(latents);
    return {
      loss: tf.neg(tf.sum(tf.mul(weights, tf.mul(advantages, logProb)))),
      entropy: tf.sum(tf.mul(weights, distribution.entropy?.() ?? tf.neg(logProb))),
    };
  }
}

type PolicyBatch = MemoryInputs &
  Record<'observations' | 'latents' | 'advantages' | 'weights' | 'learningRate', tf.Tensor>;
type ValueBatch = MemoryInputs & Record<'observations' | 'returns' | 'weights' | 'learningRate', tf.Tensor>;

function forEachSize<T>(make: (rows: number) => T): (rows: number) => T {
  const made = new Map<number, T>();
  return (rows) => {
    if (!made.has(rows)) made.set(rows, make(rows));
    return made.get(rows)!;
  };
}
