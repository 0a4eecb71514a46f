import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Adam, checkPolicy, compile, FlowMatchingPolicy, sampleAction, valueAndGradients } from '../src/index.ts';
import { parseOptions } from '../src/options/parseOptions.ts';
import { Minibatches } from '../src/training/minibatches.ts';
import { rateAt, rateSchema } from '../src/training/rate.ts';
import type { Agent, AgentState, TrainOptions, TrainReport } from './agent.ts';
import { generalizedAdvantages } from './common/advantages.ts';
import {
  gamma,
  layerWidths,
  learningRate,
  maxGradientNorm,
  normalizeAdvantages,
  OVER_TRAINING,
} from './common/agentOptions.ts';
import { AgentParts, stateOfEnv } from './common/agentParts.ts';
import { boundedAbove } from './common/boundedAbove.ts';
import { clippedSurrogate, standardized } from './common/clippedSurrogate.ts';
import { explainedVariance } from './common/explainedVariance.ts';
import { MeanMetrics } from './common/meanMetrics.ts';
import { normalizersFor } from './common/normalizersFor.ts';
import { normalizationOptions } from './common/observationStatistics.ts';
import { partSchemas } from './common/partSchemas.ts';
import { PolicyOptimizer } from './common/policyOptimizer.ts';
import type { RolloutBuffer } from './common/rolloutBuffer.ts';
import { RolloutCollector } from './common/rolloutCollector.ts';
import { scalarsOf } from './common/scalarsOf.ts';
import { Training } from './common/training.ts';
import { UpdateHistory } from './common/updateHistory.ts';
import { ValueLearner } from './common/valueLearner.ts';
import { ValueNetwork } from './common/valueNetwork.ts';
import { type PolicyEnv, vectorEnvFor } from './common/vectorEnvFor.ts';
import { withArticle } from './common/withArticle.ts';

/** Adam's, as PPO is used with. */
const EPSILON = 1e-5;
/** The largest log-ratio: a ratio of matching losses is exp of a difference that nothing bounds. */
const LARGEST_LOG_RATIO = 3;

export const fpoOptions = z.strictObject({
  ...partSchemas,
  horizon: z
    .int()
    .positive()
    .default(2048)
    .meta({ description: 'steps of each environment between updates', unit: 'steps' }),
  epochs: z.int().positive().default(10).meta({ description: 'passes over a rollout', unit: 'passes' }),
  batchSize: z
    .int()
    .positive()
    .default(64)
    .meta({ description: 'size of a minibatch; at most a rollout, horizon × environments', unit: 'steps' }),
  draws: z
    .int()
    .positive()
    .default(8)
    .meta({ description: 'draws of noise and time by which the matching loss of an action is taken', unit: 'draws' }),
  learningRate: learningRate('the policy', 5e-4),
  valueLearningRate: rateSchema.default(1e-3).describe(`learning rate of the value function; ${OVER_TRAINING}`),
  clip: rateSchema.default(0.1).describe(`ε of the clipped ratio; ${OVER_TRAINING}`),
  gamma,
  lambda: z.number().min(0).max(1).default(0.95).describe('λ of the generalized advantages'),
  maxGradientNorm: maxGradientNorm('each gradient; the policy and the value function are bounded apart', 0.5),
  normalizeAdvantages: normalizeAdvantages('minibatch', true),
  targetKl: z.number().positive().nullable().default(0.2).meta({
    description:
      'largest value of (ratio − 1) − log ratio by which one rollout should move the policy; beyond 1.5 times that, the last updates are undone and only the value function learns on; null sets no limit',
    unit: 'nats',
  }),
  ...normalizationOptions,
  valueHidden: layerWidths('the value network', [64, 64]),
});

/** Options of {@link Fpo}. */
export type FpoOptions = z.input<typeof fpoOptions>;

/** One rollout and the updates made from it. */
export interface FpoReport extends TrainReport {
  readonly policyLoss: number;
  readonly valueLoss: number;
  /** The mean loss by which the policy matches its own actions: of the noise that it foretells. */
  readonly matchingLoss: number;
  /** E[(ratio − 1) − log ratio] over all minibatches, with the ratio of matching losses. */
  readonly approxKl: number;
  /** The same of the minibatch where it was largest. */
  readonly largestKl: number;
  /** The largest ratio, new to old, of any step. */
  readonly largestRatio: number;
  /** Updates of the policy from this rollout: fewer than of the value function where `targetKl` ended them. */
  readonly policyUpdates: number;
  /** The share of samples whose ratio was clipped. */
  readonly clipFraction: number;
  /** 1 − Var[returns − values] / Var[returns]. */
  readonly explainedVariance: number;
  readonly gradientNorm: number;
}

/**
 * Flow matching policy gradients: PPO of a `FlowMatchingPolicy`, which has no probabilities, by the ratio of matching losses.
 *
 *   ℓ_θ(a, o; ε, t) = ‖ε̂ − ε‖² / d,  d numbers an action,  ε̂ = x_t − t v_θ(x_t, t | o),  x_t = (1 − t) ε + t a
 *   ρ = exp(min(L̂_old − L̂_θ, 3)),  L̂ the mean of ℓ over the same `draws` of (ε, t) for each action
 *   L = −E[min(ρ A, clip(ρ, 1 − ε, 1 + ε) A)],  and L_V = ½ E[(V − R)²]
 *
 * −L̂ stands for log π(a | o): the matching loss, weighted over t, bounds it from above but for a constant. ℓ is the error of the noise, which is
 * t² times that of the velocity.
 *
 * log ρ is bounded above, by 3, for its value alone: its gradient passes. The clip never holds a bad action that became likelier, so that a bound
 * with no gradient would leave the worst of them, those beyond e³, where they are. Below there is no bound: ρ is small there, and its own gradient still
 * raises a good action. Where the ratio has gone too far, as by the KL of PPO, the last updates are undone.
 *
 * McAllister et al., "Flow Matching Policy Gradients", arXiv:2507.21053.
 */
export class Fpo implements Agent<FpoReport> {
  /** V(o), trained beside the policy. */
  readonly value: ValueNetwork;
  readonly #options: z.output<typeof fpoOptions>;
  readonly #policy: FlowMatchingPolicy;
  readonly #envs: PolicyEnv;
  readonly #policyOptimizer: PolicyOptimizer;
  readonly #valueLearner: ValueLearner;
  readonly #history: UpdateHistory;
  readonly #collector: RolloutCollector;
  readonly #training = new Training('Fpo', ['actions', 'minibatches', 'matching']);
  readonly #parts: AgentParts;
  readonly #valuesOf;
  readonly #draw;
  readonly #improvePolicy;

  /**
   * @throws for an unknown option or one out of range, if the policy is no `FlowMatchingPolicy`, the environment does not fit it, or a
   *   rollout is smaller than a minibatch
   */
  constructor(options: FpoOptions) {
    const config = parseOptions('Fpo', fpoOptions, options);
    this.#options = config;
    const { policy, horizon, batchSize, draws } = config;
    if (!(policy instanceof FlowMatchingPolicy)) {
      const got = `got ${withArticle(policy.constructor.name)}, expected a FlowMatchingPolicy`;
      throw new Error(`Fpo: policy: ${got}, whose matching losses are in the place of probabilities`);
    }
    this.#policy = policy;
    this.#envs = vectorEnvFor('Fpo', policy, config.env);
    checkPolicy(policy);
    const { numEnvs } = this.#envs.env;
    if (batchSize > horizon * numEnvs) {
      throw new Error(
        `Fpo: batchSize: got ${batchSize}, expected at most the ${horizon} × ${numEnvs} = ${horizon * numEnvs} ` +
          'steps of a rollout (horizon × environments)',
      );
    }
    const normalizers = normalizersFor([policy], numEnvs, config);
    this.value = new ValueNetwork({ policy, hidden: config.valueHidden, rng: config.rng.split('value') });
    this.#policyOptimizer = new PolicyOptimizer(policy, {
      shapeRate: 1,
      maxGradientNorm: config.maxGradientNorm,
      optimizer: (parameters) => new Adam(parameters, { epsilon: EPSILON }),
    });
    this.#valueLearner = new ValueLearner({
      ...config,
      clip: undefined,
      owner: 'fpo',
      value: this.value,
      epsilon: EPSILON,
    });
    this.#history = new UpdateHistory([policy, this.#policyOptimizer]);

    const act = compile(
      ({ observations }: { observations: tf.Tensor }, rng) => ({
        ...sampleAction(policy.given(observations), rng),
        value: this.value.of(observations),
      }),
      { name: 'fpo/act', state: [policy, this.value] },
    );
    const values = compile(
      ({ observations }: { observations: tf.Tensor }) => ({ value: this.value.of(observations) }),
      { name: 'fpo/values', state: [policy, this.value] },
    );
    const draw = compile(
      ({ observations, latents }: Record<'observations' | 'latents', tf.Tensor>, rng) => {
        const { noise, times } = policy.matchingDraws(numEnvs * draws, rng);
        return { noise, times, loss: this.#matchingLosses({ observations, latents, noise, times }) };
      },
      { name: 'fpo/draw', state: [policy] },
    );
    const improvePolicy = compile(
      (batch: PolicyBatch & { learningRate: tf.Tensor }) => {
        const { parameters } = this.#policyOptimizer;
        const { gradients, loss: _, ...metrics } = valueAndGradients(() => this.#policyLoss(batch), parameters);
        return { ...metrics, gradientNorm: this.#policyOptimizer.update(gradients, batch.learningRate) };
      },
      { name: 'fpo/policy', state: [policy, this.#policyOptimizer] },
    );
    const { observationDim, actionDim } = policy;
    const ofEnvs = { observations: { shape: [numEnvs, observationDim] } };
    this.#valuesOf = values.onArrays(ofEnvs);
    this.#draw = draw.onArrays({ ...ofEnvs, latents: { shape: [numEnvs, actionDim] } });
    this.#improvePolicy = improvePolicy.onArrays({
      observations: { shape: [batchSize, observationDim] },
      latents: { shape: [batchSize, actionDim] },
      noise: { shape: [batchSize * draws, actionDim] },
      times: { shape: [batchSize * draws, 1] },
      losses: { shape: [batchSize] },
      advantages: { shape: [batchSize] },
      clip: { shape: [] },
      learningRate: { shape: [] },
    });
    this.#collector = new RolloutCollector({
      ...this.#envs,
      owner: 'Fpo',
      horizon,
      gamma: config.gamma,
      ...normalizers,
      act: act.onArrays(ofEnvs),
      valuesOf: (observations) => this.#valuesOf({ observations }).value,
    });
    this.#parts = new AgentParts(
      'Fpo',
      {
        policy,
        value: this.value,
        policyOptimizer: this.#policyOptimizer,
        valueOptimizer: this.#valueLearner.optimizer,
        ...normalizers,
        env: stateOfEnv(this.#envs.env),
        collector: this.#collector,
        training: this.#training,
      },
      [act, values, draw, improvePolicy, this.#valueLearner],
    );
  }

  /**
   * Rollouts and updates until at least `steps` environment steps have been made; the last rollout is not cut short.
   * @throws {DivergedError} if a loss is no longer a number
   */
  async *train({ steps, rng }: TrainOptions): AsyncGenerator<FpoReport, void, undefined> {
    const training = this.#training;
    const collector = this.#collector;
    if (training.begin({ steps, rng })) collector.reset(rng.split('env').seed);
    const { actions } = training.streams;
    while (training.step < steps) {
      const progress = training.step / steps;
      const episodes = collector.collect(actions);
      training.step += this.#options.horizon * this.#envs.env.numEnvs;
      const improvement = this.#improve(collector.buffer, progress);
      const { step, updates } = training;
      yield { step, updates, episodes, ...improvement };
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

  /** L̂ of each row, the mean of ‖ε̂ − ε‖² over its draws, which lie one after the other: `[batch · draws, …]` → `[batch]`. */
  #matchingLosses({ observations, latents, noise, times }: Record<Drawn, tf.Tensor>): tf.Tensor {
    const { draws } = this.#options;
    const losses = this.#policy.matchingLosses(repeated(observations, draws), repeated(latents, draws), {
      noise,
      times,
    });
    const ofNoise = tf.mul(losses, tf.square(tf.squeeze(times, [1])));
    return tf.mean(tf.reshape(ofNoise, [-1, draws]), 1);
  }

  /** L and its parts on one minibatch. */
  #policyLoss(batch: PolicyBatch) {
    const { normalizeAdvantages } = this.#options;
    const losses = this.#matchingLosses(batch);
    const { policyLoss, ...moved } = clippedSurrogate({
      logProb: boundedAbove(tf.sub(batch.losses, losses), LARGEST_LOG_RATIO),
      oldLogProb: tf.zerosLike(batch.losses),
      advantages: normalizeAdvantages ? standardized(batch.advantages) : batch.advantages,
      clip: batch.clip,
    });
    return { loss: policyLoss, policyLoss, matchingLoss: tf.mean(losses), ...moved };
  }

  /** For each action noise and times, and the loss by them of the policy that acted. */
  #drawn({ observations, latents }: RolloutBuffer) {
    const { horizon, draws } = this.#options;
    const { numEnvs } = this.#envs.env;
    const { observationDim, actionDim } = this.#policy;
    const steps = horizon * numEnvs;
    const drawn = {
      noise: new Float32Array(steps * draws * actionDim),
      times: new Float32Array(steps * draws),
      losses: new Float32Array(steps),
    };
    const rows = (values: Float32Array, t: number, width: number) =>
      values.subarray(t * numEnvs * width, (t + 1) * numEnvs * width);
    for (let t = 0; t < horizon; t++) {
      const inputs = { observations: rows(observations, t, observationDim), latents: rows(latents, t, actionDim) };
      const { noise, times, loss } = this.#draw(inputs, this.#training.streams.matching);
      drawn.noise.set(noise as Float32Array, t * noise.length);
      drawn.times.set(times as Float32Array, t * times.length);
      drawn.losses.set(loss as Float32Array, t * numEnvs);
    }
    return drawn;
  }

  /** Several epochs of minibatch updates on the rollout in the buffer. */
  #improve(buffer: RolloutBuffer, progress: number) {
    const { policy, horizon, epochs, batchSize, draws, gamma, lambda, targetKl } = this.#options;
    const rate = (name: 'learningRate' | 'valueLearningRate' | 'clip') =>
      rateAt(`Fpo: ${name}`, this.#options[name], progress);
    const training = this.#training;
    const { numEnvs } = this.#envs.env;
    const { advantages, returns } = generalizedAdvantages(
      { horizon, envs: numEnvs, ...buffer, lastValues: this.#valuesOf({ observations: buffer.current }).value },
      { gamma, lambda },
    );
    const { noise, times, losses } = this.#drawn(buffer);
    const minibatches = new Minibatches(
      {
        observations: { values: buffer.observations, width: policy.observationDim },
        latents: { values: buffer.latents, width: policy.actionDim },
        noise: { values: noise, width: draws * policy.actionDim },
        times: { values: times, width: draws },
        losses: { values: losses },
        advantages: { values: advantages },
        returns: { values: returns },
        oldValues: { values: buffer.values },
      },
      { count: horizon * numEnvs, batchSize },
    );
    const policyRates = { learningRate: rate('learningRate'), clip: rate('clip') };
    const valueRate = rate('valueLearningRate');
    const klBound = 1.5 * (targetKl ?? Number.POSITIVE_INFINITY);
    const ofPolicy = new MeanMetrics<PolicyFigure>('Fpo');
    const ofValue = new MeanMetrics<'valueLoss'>('Fpo');
    const largest = { largestKl: 0, largestRatio: 0 };
    let policyUpdates = 0;
    let overshot = false;
    this.#history.forget();
    for (let epoch = 0; epoch < epochs; epoch++) {
      for (const rows of minibatches.epoch(training.streams.minibatches)) {
        const batch = minibatches.gather(rows);
        ofValue.add(training.step, { valueLoss: this.#valueLearner.improve(batch, valueRate) });
        training.updates += 1;
        if (overshot) continue;
        if (targetKl !== null) this.#history.record();
        const figures = scalarsOf(this.#improvePolicy({ ...batch, ...policyRates }));
        // The first minibatch sees the policy that acted: there is nothing to undo.
        overshot = policyUpdates > 0 && figures.approxKl > klBound;
        if (overshot) {
          policyUpdates = this.#history.undo();
          continue;
        }
        policyUpdates += 1;
        ofPolicy.add(training.step, figures);
        largest.largestKl = Math.max(largest.largestKl, figures.approxKl);
        largest.largestRatio = Math.max(largest.largestRatio, figures.largestRatio);
      }
    }
    return {
      ...ofPolicy.take(),
      ...ofValue.take(),
      ...largest,
      policyUpdates,
      explainedVariance: explainedVariance(buffer.values, returns),
    };
  }
}

/** What each update of the policy says. */
type PolicyFigure = 'policyLoss' | 'matchingLoss' | 'approxKl' | 'clipFraction' | 'largestRatio' | 'gradientNorm';

type Drawn = 'observations' | 'latents' | 'noise' | 'times';

type PolicyBatch = Record<Drawn | 'losses' | 'advantages' | 'clip', tf.Tensor>;

/** Each row `count` times in a row: `[batch, n]` → `[batch · count, n]`. */
function repeated(rows: tf.Tensor, count: number): tf.Tensor {
  const [batch, size] = rows.shape as [number, number];
  return tf.reshape(tf.tile(tf.expandDims(rows, 1), [1, count, 1]), [batch * count, size]);
}
