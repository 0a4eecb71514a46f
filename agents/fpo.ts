import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { checkPolicy, compile, FlowMatchingPolicy, type Rng, sampleAction } from '../src/index.ts';
import { parseOptions } from '../src/options/parse.ts';
import { rateSchema } from '../src/training/optimization.ts';
import type { Agent, AgentState, TrainOptions, TrainReport } from './agent.ts';
import { withArticle } from './core/checks.ts';
import { vectorEnvFor } from './core/envs.ts';
import { normalizationOptions } from './core/normalization.ts';
import {
  gamma,
  layerWidths,
  learningRate,
  maxGradientNorm,
  normalizeAdvantages,
  OVER_TRAINING,
  partSchemas,
} from './core/options.ts';
import { boundedAbove, clippedSurrogate, standardized } from './core/policyGradient.ts';
import type { RolloutBuffer } from './core/rollout.ts';
import type { ValueNetwork } from './core/valueFunction.ts';
import { type ProximalBatch, ProximalTraining } from './ppo.ts';

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
 * −L̂ stands for log π(a | o): minus the matching loss, weighted over t, bounds it from below but for a constant. ℓ is the error of the noise, which is
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
  readonly #numEnvs: number;
  readonly #draw;
  readonly #training;

  /**
   * @throws for an unknown option or one out of range, if the policy is no `FlowMatchingPolicy`, the environment does not fit it, or a
   *   rollout is smaller than a minibatch
   */
  constructor(options: FpoOptions) {
    const config = parseOptions('Fpo', fpoOptions, options);
    this.#options = config;
    const { policy, draws } = config;
    if (!(policy instanceof FlowMatchingPolicy)) {
      const got = `got ${withArticle(policy.constructor.name)}, expected a FlowMatchingPolicy`;
      throw new Error(`Fpo: policy: ${got}, whose matching losses are in the place of probabilities`);
    }
    this.#policy = policy;
    const envs = vectorEnvFor('Fpo', policy, config.env);
    checkPolicy(policy);
    const { numEnvs } = envs.env;
    this.#numEnvs = numEnvs;
    const { observationDim, actionDim } = policy;
    const draw = compile(
      ({ observations, latents }: Record<'observations' | 'latents', tf.Tensor>, rng) => {
        const { noise, times } = policy.matchingDraws(numEnvs * draws, rng);
        return { noise, times, loss: this.#matchingLosses({ observations, latents, noise, times }) };
      },
      { name: 'fpo/draw', state: [policy] },
    );
    this.#draw = draw.onArrays({
      observations: { shape: [numEnvs, observationDim] },
      latents: { shape: [numEnvs, actionDim] },
    });
    this.#training = new ProximalTraining({
      ...envs,
      owner: 'Fpo',
      config: { ...config, shapeRate: 1 },
      stream: 'matching',
      sample: (observations, rng) => sampleAction(policy.given(observations), rng),
      shapes: { noise: [draws, actionDim], times: [draws, 1], losses: [] },
      columns: (buffer, rng) => this.#drawn(buffer, rng),
      policyLoss: (batch) => this.#policyLoss(batch),
      compiled: [draw],
    });
    this.value = this.#training.value;
  }

  /**
   * Rollouts and updates until at least `steps` environment steps have been made; the last rollout is not cut short.
   * @throws {DivergedError} if a loss is no longer a number
   */
  train(options: TrainOptions): AsyncGenerator<FpoReport, void, undefined> {
    return this.#training.train(options);
  }

  state(): AgentState {
    return this.#training.state();
  }

  setState(state: AgentState): void {
    this.#training.setState(state);
  }

  dispose(): void {
    this.#training.dispose();
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
  #policyLoss(batch: ProximalBatch<'noise' | 'times' | 'losses'>) {
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
  #drawn({ observations, latents }: RolloutBuffer, rng: Rng) {
    const { horizon, draws } = this.#options;
    const numEnvs = this.#numEnvs;
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
      const { noise, times, loss } = this.#draw(inputs, rng);
      drawn.noise.set(noise as Float32Array, t * noise.length);
      drawn.times.set(times as Float32Array, t * times.length);
      drawn.losses.set(loss as Float32Array, t * numEnvs);
    }
    return drawn;
  }
}

type Drawn = 'observations' | 'latents' | 'noise' | 'times';

/** Each row `count` times in a row: `[batch, n]` → `[batch · count, n]`. */
function repeated(rows: tf.Tensor, count: number): tf.Tensor {
  const [batch, size] = rows.shape as [number, number];
  return tf.reshape(tf.tile(tf.expandDims(rows, 1), [1, count, 1]), [batch * count, size]);
}
