import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Adam, checkPolicy, FlowMatchingPolicy, type Rng, valueAndGradients } from '../src/index.ts';
import { choice, count } from '../src/options/fields.ts';
import { parseOptions } from '../src/options/parse.ts';
import { Minibatches, rateAt, rateSchema } from '../src/training/optimization.ts';
import type { EpisodeReport, TrainOptions } from './agent.ts';
import { checkNoMemory, withArticle } from './core/checks.ts';
import { repeated } from './core/critics.ts';
import { decisionEnvFor } from './core/envs.ts';
import { normalizationOptions, normalizersFor } from './core/normalization.ts';
import {
  gamma,
  layerWidths,
  learningRate,
  maxGradientNorm,
  normalizeAdvantages,
  OVER_TRAINING,
  partSchemas,
  targetKl,
} from './core/options.ts';
import {
  boundedAbove,
  clippedSurrogate,
  EPSILON,
  PolicyOptimizer,
  PolicyUpdates,
  standardized,
} from './core/policyGradient.ts';
import {
  checkBatchSize,
  compileActor,
  generalizedAdvantages,
  RolloutCollector,
  rolloutOptions,
} from './core/rollout.ts';
import { CheckpointedAgent, compileOnArrays, type FigureOf, MeanMetrics, scalarsOf, Training } from './core/state.ts';
import { compileValueUpdate, explainedVariance, ValueNetwork } from './core/valueFunction.ts';
import type { PpoReport } from './ppo.ts';

/** The largest log-ratio: a ratio of matching losses is exp of a difference that nothing bounds. */
const LARGEST_LOG_RATIO = 3;

export const fpoOptions = z.strictObject({
  ...partSchemas,
  ...rolloutOptions,
  draws: count(8, 'draws of noise and time by which the matching loss of an action is taken', 'draws'),
  ratio: choice(
    ['action', 'draw'],
    'action',
    'what has a ratio, which the trust region holds; an action, by the mean of its losses, or each draw, as in FPO++',
  ),
  trustRegion: choice(
    ['clip', 'asymmetric'],
    'clip',
    "what holds ratios; PPO's clip, or as in FPO++ the clip for good actions and a penalty for bad ones, which draws ratios back",
  ),
  learningRate: learningRate('the policy', 5e-4),
  valueLearningRate: rateSchema.default(1e-3).describe(`learning rate of the value function; ${OVER_TRAINING}`),
  clip: rateSchema.default(0.1).describe(`ε of the clipped ratio; ${OVER_TRAINING}`),
  gamma,
  lambda: z.number().min(0).max(1).default(0.95).describe('λ of the generalized advantages'),
  maxGradientNorm: maxGradientNorm('each gradient; the policy and the value function are bounded apart', 0.5),
  normalizeAdvantages: normalizeAdvantages('minibatch', true),
  targetKl: targetKl('value of (ratio − 1) − log ratio'),
  ...normalizationOptions,
  valueHidden: layerWidths('the value network', [64, 64]),
});

/** Options of {@link Fpo}. */
export type FpoOptions = z.input<typeof fpoOptions>;

/** One rollout and the updates made from it, as PPO's, with the ratio of matching losses in the place of that of probabilities. */
export interface FpoReport extends Omit<PpoReport, 'entropy'> {
  /** The mean loss by which the policy matches its own actions: of the noise that it foretells. */
  readonly matchingLoss: number;
}

/**
 * Flow matching policy gradients: PPO of a `FlowMatchingPolicy`, which has no probabilities, by the ratio of matching losses.
 *
 *   ℓ_θ(a, o; ε, t) = ‖ε̂ − ε‖² / d,  d numbers an action,  ε̂ = x_t − t v_θ(x_t, t | o),  x_t = (1 − t) ε + t a
 *   ρ = exp(min(L̂_old − L̂_θ, 3)),  L̂ the mean of ℓ over the same `draws` of (ε, t) for each action
 *   L = −E[min(ρ A, clip(ρ, 1 − ε, 1 + ε) A)],  and L_V = ½ E[(V − R)²]
 *
 * −L̂ stands for log π(a | o): minus the matching loss, weighted over t, bounds it from below but for a constant. ℓ is the error of the noise, which is
 * t² times that of the velocity.
 *
 * log ρ is bounded above, by 3, for its value alone: its gradient passes. The clip never holds a bad action that became likelier, so that a bound
 * with no gradient would leave the worst of them, those beyond e³, where they are. Below there is no bound: ρ is small there, and its own gradient still
 * raises a good action. Where the ratio has gone too far, as by the KL of PPO, the last updates are undone.
 *
 * FPO++ has a ratio of each draw, exp(ℓ_old − ℓ_θ) in the place of exp(L̂_old − L̂_θ), and L is a mean over draws, too (`ratio`); and it holds bad actions by
 * the penalty of simple policy optimization, which has a gradient everywhere (`trustRegion`):
 *
 *   L = −E[A ≥ 0 ? min(ρ, 1 + ε) A : ρ A − |A| (ρ − 1)² / 2ε]
 *
 * McAllister et al., "Flow Matching Policy Gradients", arXiv:2507.21053; Yi et al., "Flow Policy Gradients for Robot Control", arXiv:2602.02481.
 */
export class Fpo extends CheckpointedAgent<FpoReport> {
  /** V(o), trained beside the policy. */
  readonly value: ValueNetwork;
  readonly #options: z.output<typeof fpoOptions>;
  readonly #policy: FlowMatchingPolicy;
  readonly #collector: RolloutCollector;
  readonly #moved: PolicyUpdates<Exclude<FigureOf<FpoReport>, 'valueLoss'>>;
  readonly #training = new Training('Fpo', ['actions', 'minibatches', 'matching']);
  readonly #draw;
  readonly #updatePolicy;
  readonly #updateValue;

  /**
   * @throws for an unknown option or one out of range, if the policy is no `FlowMatchingPolicy`, the environment does not fit it, or a
   *   rollout is smaller than a minibatch
   */
  constructor(options: FpoOptions) {
    super('Fpo');
    const config = parseOptions('Fpo', fpoOptions, options);
    this.#options = config;
    const { policy, batchSize, draws, maxGradientNorm } = config;
    if (!(policy instanceof FlowMatchingPolicy)) {
      const got = `got ${withArticle(policy.constructor.name)}, expected a FlowMatchingPolicy`;
      throw new Error(`Fpo: policy: ${got}, whose matching losses are in the place of probabilities`);
    }
    if (policy.solver === 'mean') {
      const expected = "expected 'midpoint' or 'euler': the loss of mean velocities is in the place of no probability";
      throw new Error(`Fpo: policy: got the solver 'mean', ${expected}`);
    }
    this.#policy = policy;
    const { env, actionSpace } = decisionEnvFor('Fpo', policy, config.env, config.gamma);
    checkNoMemory('Fpo', policy);
    checkPolicy(policy);
    const { numEnvs } = env;
    checkBatchSize('Fpo', config, numEnvs);
    const normalizers = normalizersFor(policy, numEnvs, config);
    const value = new ValueNetwork(policy, config.valueHidden, config.rng.split('value'));
    this.value = value;
    const policyOptimizer = new PolicyOptimizer(policy, { maxGradientNorm, shapeRate: 1 });
    const valueOptimizer = new Adam(value.trainableVariables(), { epsilon: EPSILON });
    this.#moved = new PolicyUpdates('Fpo', [policy, policyOptimizer], config.targetKl);
    const actor = compileActor('Fpo', env, policy, value);
    this.#collector = new RolloutCollector({ owner: 'Fpo', ...config, ...normalizers, env, actionSpace, actor });

    const { observationDim, actionDim } = policy;
    const rows = { observations: { shape: [batchSize, observationDim] }, latents: { shape: [batchSize, actionDim] } };
    const [column, scalar] = [{ shape: [batchSize] }, { shape: [] }];
    const eachLoss = config.ratio === 'draw' ? { shape: [batchSize, draws] } : column;
    this.#draw = compileOnArrays(
      'fpo/draw',
      { policy },
      { observations: { shape: [numEnvs, observationDim] }, latents: { shape: [numEnvs, actionDim] } },
      ({ observations, latents }: Record<'observations' | 'latents', tf.Tensor>, rng) => {
        const { noise, times } = policy.matchingDraws(numEnvs * draws, rng);
        return { noise, times, loss: this.#matchingLosses({ observations, latents, noise, times }) };
      },
    );
    this.#updatePolicy = compileOnArrays(
      'fpo/policy',
      { policy, policyOptimizer },
      {
        ...rows,
        noise: { shape: [batchSize * draws, actionDim] },
        times: { shape: [batchSize * draws, 1] },
        losses: eachLoss,
        advantages: column,
        clip: scalar,
        learningRate: scalar,
      },
      (batch: PolicyBatch) => {
        const losses = valueAndGradients(() => this.#policyLoss(batch), policyOptimizer.parameters);
        const { gradients, loss: _, ...metrics } = losses;
        return { ...metrics, gradientNorm: policyOptimizer.update(gradients, batch.learningRate) };
      },
    );
    this.#updateValue = compileValueUpdate('Fpo', { policy, value, valueOptimizer }, config);
    this.compiled = [...actor.compiled, this.#draw, this.#updatePolicy, this.#updateValue];
    this.parts = {
      ...{ policy, value, policyOptimizer, valueOptimizer, ...normalizers, env },
      ...{ collector: this.#collector, training: this.#training },
    };
  }

  /**
   * Rollouts and updates until at least `steps` environment steps have been made; the last rollout is not cut short.
   * @throws {DivergedError} if a loss is no longer a number
   */
  async *train({ steps, rng }: TrainOptions): AsyncGenerator<FpoReport, void, undefined> {
    const { epochs, batchSize, draws, lambda, ratio } = this.#options;
    const { observationDim, actionDim } = this.#policy;
    const [training, moved] = [this.#training, this.#moved];
    if (training.begin({ steps, rng })) this.#collector.reset(rng.split('env').seed);
    while (training.step < steps) {
      const progress = training.step / steps;
      const rate = (name: 'learningRate' | 'valueLearningRate' | 'clip') =>
        rateAt(`Fpo: ${name}`, this.#options[name], progress);

      const episodes: EpisodeReport[] = [];
      const rollout = this.#collector.collect(training.streams.actions, episodes);
      training.step += rollout.steps;

      const drawn = this.#drawn(rollout, training.streams.matching);
      const { advantages, returns } = generalizedAdvantages(rollout, { gamma: rollout.discount, lambda });
      const minibatches = new Minibatches(
        {
          observations: { values: rollout.observations, width: observationDim },
          latents: { values: rollout.latents, width: actionDim },
          noise: { values: drawn.noise, width: draws * actionDim },
          times: { values: drawn.times, width: draws },
          losses: { values: drawn.losses, width: ratio === 'draw' ? draws : 1 },
          advantages: { values: advantages },
          returns: { values: returns },
        },
        { count: rollout.rewards.length, batchSize },
      );

      // As PPO, but for the loss of the policy.
      const rates = { learningRate: rate('learningRate'), clip: rate('clip') };
      const valueRate = { learningRate: rate('valueLearningRate') };
      const valueMetrics = new MeanMetrics<'valueLoss'>('Fpo');
      moved.begin();
      for (let epoch = 0; epoch < epochs; epoch++) {
        for (const rows of minibatches.epoch(training.streams.minibatches)) {
          const batch = minibatches.gather(rows);
          valueMetrics.add(training.step, scalarsOf(this.#updateValue({ ...batch, ...valueRate })));
          training.updates += 1;
          if (moved.hasEnded) continue;
          moved.record();
          moved.add(training.step, scalarsOf(this.#updatePolicy({ ...batch, ...rates })));
        }
      }

      const { step, updates } = training;
      const { largestKl, largestRatio, policyUpdates } = moved;
      yield {
        ...{ step, updates, episodes },
        ...moved.metrics.take(),
        ...valueMetrics.take(),
        ...{ largestKl, largestRatio, policyUpdates },
        explainedVariance: explainedVariance(rollout.values, returns),
      };
    }
  }

  /**
   * L̂ of each row, the mean of ‖ε̂ − ε‖² over its draws, which lie one after the other: `[batch · draws, …]` → `[batch]`; where each draw has a ratio,
   * each ℓ, `[batch, draws]`.
   */
  #matchingLosses({ observations, latents, noise, times }: Record<Drawn, tf.Tensor>): tf.Tensor {
    const { draws, ratio } = this.#options;
    const losses = this.#policy.matchingLosses(repeated(observations, draws), repeated(latents, draws), {
      noise,
      times,
    });
    const ofNoise = tf.mul(losses, tf.square(tf.squeeze(times, [1])));
    const each = tf.reshape(ofNoise, [-1, draws]);
    return ratio === 'draw' ? each : tf.mean(each, 1);
  }

  /** L and its parts on one minibatch. */
  #policyLoss(batch: PolicyBatch) {
    const { normalizeAdvantages, ratio, trustRegion } = this.#options;
    const losses = this.#matchingLosses(batch);
    const advantages = normalizeAdvantages ? standardized(batch.advantages) : batch.advantages;
    const inputs = {
      logProb: boundedAbove(tf.sub(batch.losses, losses), LARGEST_LOG_RATIO),
      oldLogProb: tf.zerosLike(batch.losses),
      advantages: ratio === 'draw' ? tf.expandDims(advantages, 1) : advantages,
      clip: batch.clip,
    };
    const { policyLoss: clipped, ...moved } = clippedSurrogate(inputs);
    const policyLoss = trustRegion === 'clip' ? clipped : asymmetricLoss(tf.exp(inputs.logProb), inputs);
    return { loss: policyLoss, policyLoss, matchingLoss: tf.mean(losses), ...moved };
  }

  /** For each action noise and times, and the loss by them of the policy that acted. */
  #drawn({ observations, latents, horizon, envs }: ReturnType<RolloutCollector['collect']>, rng: Rng) {
    const { draws, ratio } = this.#options;
    const { observationDim, actionDim } = this.#policy;
    const steps = horizon * envs;
    const drawn = {
      noise: new Float32Array(steps * draws * actionDim),
      times: new Float32Array(steps * draws),
      losses: new Float32Array(steps * (ratio === 'draw' ? draws : 1)),
    };
    const rows = (values: Float32Array, t: number, width: number) =>
      values.subarray(t * envs * width, (t + 1) * envs * width);
    for (let t = 0; t < horizon; t++) {
      const inputs = { observations: rows(observations, t, observationDim), latents: rows(latents, t, actionDim) };
      const { noise, times, loss } = this.#draw(inputs, rng);
      drawn.noise.set(noise as Float32Array, t * noise.length);
      drawn.times.set(times as Float32Array, t * times.length);
      drawn.losses.set(loss as Float32Array, t * loss.length);
    }
    return drawn;
  }
}

/**
 * −E[A ≥ 0 ? min(ρ, 1 + ε) A : ρ A − |A| (ρ − 1)² / 2ε]: PPO's clip, but of an action that is to become rarer a penalty, least where ρ = 1 − ε.
 *
 * Yi et al., arXiv:2602.02481, equation 12; Xie et al., "Simple Policy Optimization", arXiv:2401.16025.
 */
function asymmetricLoss(ratio: tf.Tensor, { advantages, clip }: Record<'advantages' | 'clip', tf.Tensor>): tf.Tensor {
  const good = tf.mul(tf.relu(advantages), tf.minimum(ratio, tf.add(1, clip)));
  const penalty = tf.div(tf.square(tf.sub(ratio, 1)), tf.mul(2, clip));
  const bad = tf.mul(tf.minimum(advantages, 0), tf.add(ratio, penalty));
  return tf.neg(tf.mean(tf.add(good, bad)));
}

type Drawn = 'observations' | 'latents' | 'noise' | 'times';
type PolicyBatch = Record<Drawn | 'losses' | 'advantages' | 'clip' | 'learningRate', tf.Tensor>;
