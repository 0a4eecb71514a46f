import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Box } from '../envs/index.ts';
import { checkPolicy, type Rng } from '../src/index.ts';
import { parseOptions } from '../src/options/parseOptions.ts';
import { boxRescaleLogDet } from '../src/policies/boxScale.ts';
import { rateAt, rateSchema } from '../src/training/rate.ts';
import type { Agent, AgentState, TrainOptions, TrainReport } from './agent.ts';
import {
  baseEntropy,
  entropyCoefficient,
  gamma,
  layerWidths,
  learningRate,
  maxGradientNorm,
  normalizeAdvantages,
  OVER_TRAINING,
  shapeRate,
} from './common/agentOptions.ts';
import { checkDensity } from './common/checkDensity.ts';
import { clippedSurrogate, standardized } from './common/clippedSurrogate.ts';
import { meanEntropy } from './common/meanEntropy.ts';
import { normalizationOptions } from './common/observationStatistics.ts';
import { partSchemas } from './common/partSchemas.ts';
import { type ProximalBatch, ProximalTraining } from './common/proximalTraining.ts';
import { soften } from './common/soften.ts';
import type { ValueNetwork } from './common/valueNetwork.ts';
import { vectorEnvFor } from './common/vectorEnvFor.ts';

export const ppoOptions = z.strictObject({
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
  learningRate: learningRate('the policy', 3e-4),
  shapeRate,
  valueLearningRate: rateSchema
    .optional()
    .describe(`learning rate of the value function, by default that of the policy; ${OVER_TRAINING}`),
  clip: rateSchema.default(0.2).describe(`ε of the clipped ratio; ${OVER_TRAINING}`),
  valueClip: z
    .number()
    .positive()
    .optional()
    .meta({ description: "ε_v, to which the value's steps are clipped; by default they are not", unit: 'returns' }),
  gamma,
  lambda: z.number().min(0).max(1).default(0.95).describe('λ of the generalized advantages'),
  entropyCoefficient,
  temperature: rateSchema
    .default(0)
    .meta({ description: `τ of the soft return, Σ γᵗ (r − τ (log π + H₀)); ${OVER_TRAINING}`, unit: 'reward per nat' }),
  baseEntropy,
  maxGradientNorm: maxGradientNorm(
    "each gradient; the policy's head, the policy's shape and the value function are bounded apart",
    0.5,
  ),
  normalizeAdvantages: normalizeAdvantages('minibatch', true),
  klCoefficient: z
    .number()
    .nonnegative()
    .default(0.1)
    .describe(
      'β, the weight of KL(π_old ‖ π) in the loss; it brings probabilities back that have left the clip, where the clipped ratio has no gradient',
    ),
  targetKl: z.number().positive().nullable().default(0.2).meta({
    description:
      'largest KL by which one rollout should move the policy; beyond 1.5 times that, the last updates are undone and only the value function learns on; null sets no limit',
    unit: 'nats',
  }),
  ...normalizationOptions,
  valueHidden: layerWidths('the value network', [64, 64]),
});

/** Options of {@link Ppo}. */
export type PpoOptions = z.input<typeof ppoOptions>;

/** One rollout and the updates made from it. */
export interface PpoReport extends TrainReport {
  readonly policyLoss: number;
  readonly valueLoss: number;
  /** −E[log π], nats. */
  readonly entropy: number;
  /** E[(ratio − 1) − log ratio], nats, over all minibatches: http://joschu.net/blog/kl-approx.html. */
  readonly approxKl: number;
  /** The same of the minibatch where it was largest. */
  readonly largestKl: number;
  /** The largest ratio of probabilities, new to old, of any step. */
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
 * Proximal policy optimization with a clipped objective:
 *
 *   L = −E[min(ρ A, clip(ρ, 1 − ε, 1 + ε) A)] + β KL(π_old ‖ π) − c_e H[π],  ρ = π(a | o) / π_old(a | o),
 *
 * and L_V = ½ E[(V − R)²].
 *
 * The KL is estimated by E[(ρ − 1) − log ρ], whose gradient E[(ρ − 1) ∇ log π] is that of the KL without bias. The clip takes the gradient
 * of what has moved far enough, and then nothing holds it: where all advantages of rarely seen states are negative, updates for other
 * states carry the shared network on. The KL holds it.
 *
 * Works with any `Policy`: ratios are taken at the latent value of the action. Policy and value function share nothing, and
 * have optimizers and gradient bounds of their own. Time limits are bootstrapped with the value of the last observation. A last
 * short minibatch is dropped; the order is shuffled in every epoch.
 *
 * Schulman et al., "Proximal Policy Optimization Algorithms", arXiv:1707.06347; details after Huang et al., "The 37
 * Implementation Details of Proximal Policy Optimization", 2022.
 */
export class Ppo implements Agent<PpoReport> {
  /** V(o), trained beside the policy. */
  readonly value: ValueNetwork;
  readonly #options: z.output<typeof ppoOptions>;
  readonly #training;

  /**
   * @throws for an unknown option or one out of range, if the environment does not fit the policy, the policy has no density, or a
   * rollout is smaller than a minibatch
   */
  constructor(options: PpoOptions) {
    const config = parseOptions('Ppo', ppoOptions, options);
    this.#options = config;
    const { policy } = config;
    const envs = vectorEnvFor('Ppo', policy, config.env);
    checkDensity('Ppo', policy);
    checkPolicy(policy);
    const { actionSpace } = envs;
    const baseEntropy = config.baseEntropy ?? (actionSpace instanceof Box ? boxRescaleLogDet(actionSpace) : 0);
    this.#training = new ProximalTraining({
      ...envs,
      owner: 'Ppo',
      config,
      stream: 'entropy',
      sample: (observations, rng) => policy.given(observations).sampleWithLogProb(rng),
      shapes: { logProbs: [] },
      columns: (buffer, _, progress) => {
        soften(buffer, rateAt('Ppo: temperature', config.temperature, progress), baseEntropy);
        return { logProbs: buffer.logProbs };
      },
      policyLoss: (batch, rng) => this.#policyLoss(batch, rng),
    });
    this.value = this.#training.value;
  }

  /**
   * Rollouts and updates until at least `steps` environment steps have been made; the last rollout is not cut short.
   * @throws {DivergedError} if a loss is no longer a number
   */
  train(options: TrainOptions): AsyncGenerator<PpoReport, void, undefined> {
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

  /** L and its parts on one minibatch. */
  #policyLoss(batch: ProximalBatch<'logProbs'>, rng: Rng) {
    const { policy, normalizeAdvantages, klCoefficient, entropyCoefficient } = this.#options;
    const distribution = policy.given(batch.observations);
    const logProb = distribution.logProb(batch.latents);
    const { policyLoss, ...moved } = clippedSurrogate({
      logProb,
      oldLogProb: batch.logProbs,
      advantages: normalizeAdvantages ? standardized(batch.advantages) : batch.advantages,
      clip: batch.clip,
    });
    const entropy = meanEntropy(distribution, { logProb, rng, isTrained: entropyCoefficient !== 0 });
    const held = klCoefficient === 0 ? policyLoss : tf.add(policyLoss, tf.mul(klCoefficient, moved.approxKl));
    const loss = entropyCoefficient === 0 ? held : tf.sub(held, tf.mul(entropyCoefficient, entropy));
    return { loss, policyLoss, entropy, ...moved };
  }
}
