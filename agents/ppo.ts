import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Adam, checkPolicy, compile, type Rng, valueAndGradients } from '../src/index.ts';
import { parseOptions } from '../src/options/parseOptions.ts';
import { Minibatches } from '../src/training/minibatches.ts';
import { rateAt, rateSchema } from '../src/training/rate.ts';
import type { Agent, AgentState, TrainOptions, TrainReport } from './agent.ts';
import { generalizedAdvantages } from './common/advantages.ts';
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
import { AgentParts, stateOfEnv } from './common/agentParts.ts';
import { checkDensity } from './common/checkDensity.ts';
import { clippedSurrogate, standardized } from './common/clippedSurrogate.ts';
import { explainedVariance } from './common/explainedVariance.ts';
import { meanEntropy } from './common/meanEntropy.ts';
import { MeanMetrics } from './common/meanMetrics.ts';
import { normalizersFor } from './common/normalizersFor.ts';
import { normalizationOptions } from './common/observationStatistics.ts';
import { partSchemas } from './common/partSchemas.ts';
import { PolicyOptimizer } from './common/policyOptimizer.ts';
import type { RolloutBuffer } from './common/rolloutBuffer.ts';
import { RolloutCollector } from './common/rolloutCollector.ts';
import { scalarsOf } from './common/scalarsOf.ts';
import { soften } from './common/soften.ts';
import { Training } from './common/training.ts';
import { UpdateHistory } from './common/updateHistory.ts';
import { ValueLearner } from './common/valueLearner.ts';
import { ValueNetwork } from './common/valueNetwork.ts';
import { type PolicyEnv, vectorEnvFor } from './common/vectorEnvFor.ts';

/** Adam's, as PPO is used with. */
const EPSILON = 1e-5;

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
  readonly #envs: PolicyEnv;
  readonly #policyOptimizer: PolicyOptimizer;
  readonly #valueLearner: ValueLearner;
  readonly #history: UpdateHistory;
  readonly #collector: RolloutCollector;
  readonly #training = new Training('Ppo', ['actions', 'minibatches', 'entropy']);
  readonly #parts: AgentParts;
  readonly #valuesOf;
  readonly #improvePolicy;

  /**
   * @throws for an unknown option or one out of range, if the environment does not fit the policy, the policy has no density, or a
   * rollout is smaller than a minibatch
   */
  constructor(options: PpoOptions) {
    const config = parseOptions('Ppo', ppoOptions, options);
    this.#options = config;
    const { policy, horizon, batchSize } = config;
    this.#envs = vectorEnvFor('Ppo', policy, config.env);
    checkDensity('Ppo', policy);
    checkPolicy(policy);
    const { numEnvs } = this.#envs.env;
    if (batchSize > horizon * numEnvs) {
      throw new Error(
        `Ppo: batchSize: got ${batchSize}, expected at most the ${horizon} × ${numEnvs} = ${horizon * numEnvs} ` +
          'steps of a rollout (horizon × environments)',
      );
    }
    const normalizers = normalizersFor([policy], numEnvs, config);
    this.value = new ValueNetwork({
      policy,
      hidden: config.valueHidden,
      rng: config.rng.split('value'),
    });
    this.#policyOptimizer = new PolicyOptimizer(policy, {
      ...config,
      optimizer: (parameters) => new Adam(parameters, { epsilon: EPSILON }),
    });
    this.#valueLearner = new ValueLearner({
      ...config,
      owner: 'ppo',
      value: this.value,
      clip: config.valueClip,
      epsilon: EPSILON,
    });
    this.#history = new UpdateHistory([policy, this.#policyOptimizer]);

    const act = compile(
      ({ observations }: { observations: tf.Tensor }, rng) => ({
        ...policy.given(observations).sampleWithLogProb(rng),
        value: this.value.of(observations),
      }),
      { name: 'ppo/act', state: [policy, this.value] },
    );
    const values = compile(
      ({ observations }: { observations: tf.Tensor }) => ({ value: this.value.of(observations) }),
      { name: 'ppo/values', state: [policy, this.value] },
    );
    const improvePolicy = compile(
      (batch: PolicyBatch & { learningRate: tf.Tensor }, rng) => {
        const { parameters } = this.#policyOptimizer;
        const { gradients, loss: _, ...metrics } = valueAndGradients(() => this.#policyLoss(batch, rng), parameters);
        return { ...metrics, gradientNorm: this.#policyOptimizer.update(gradients, batch.learningRate) };
      },
      { name: 'ppo/policy', state: [policy, this.#policyOptimizer] },
    );
    const ofEnvs = { observations: { shape: [numEnvs, policy.observationDim] } };
    this.#valuesOf = values.onArrays(ofEnvs);
    this.#improvePolicy = improvePolicy.onArrays({
      observations: { shape: [batchSize, policy.observationDim] },
      latents: { shape: [batchSize, policy.actionDim] },
      logProbs: { shape: [batchSize] },
      advantages: { shape: [batchSize] },
      clip: { shape: [] },
      learningRate: { shape: [] },
    });
    this.#collector = new RolloutCollector({
      ...this.#envs,
      owner: 'Ppo',
      horizon,
      gamma: config.gamma,
      ...normalizers,
      act: act.onArrays(ofEnvs),
      valuesOf: (observations) => this.#valuesOf({ observations }).value,
    });
    this.#parts = new AgentParts(
      'Ppo',
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
      [act, values, improvePolicy, this.#valueLearner],
    );
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
      const improvement = this.#improve(collector.buffer, { shuffle: minibatches, entropyRng: entropy }, progress);
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

  /** L and its parts on one minibatch. */
  #policyLoss(batch: PolicyBatch, rng: Rng) {
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

  /** Several epochs of minibatch updates on the rollout in the buffer. */
  #improve(buffer: RolloutBuffer, { shuffle, entropyRng }: { shuffle: Rng; entropyRng: Rng }, progress: number) {
    const { policy, horizon, epochs, batchSize, gamma, lambda, targetKl, learningRate } = this.#options;
    const rate = (name: 'valueLearningRate' | 'clip' | 'temperature') =>
      rateAt(`Ppo: ${name}`, this.#options[name] ?? learningRate, progress);
    const training = this.#training;
    const { numEnvs } = this.#envs.env;
    soften(buffer, rate('temperature'), this.#options.baseEntropy);
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
        oldValues: { values: buffer.values },
      },
      { count: horizon * numEnvs, batchSize },
    );
    const policyRates = { learningRate: rateAt('Ppo: learningRate', learningRate, progress), clip: rate('clip') };
    const valueRate = rate('valueLearningRate');
    const klBound = 1.5 * (targetKl ?? Number.POSITIVE_INFINITY);
    const ofPolicy = new MeanMetrics<PolicyFigure>('Ppo');
    const ofValue = new MeanMetrics<'valueLoss'>('Ppo');
    const largest = { largestKl: 0, largestRatio: 0 };
    let policyUpdates = 0;
    let overshot = false;
    this.#history.forget();
    for (let epoch = 0; epoch < epochs; epoch++) {
      for (const rows of minibatches.epoch(shuffle)) {
        const batch = minibatches.gather(rows);
        ofValue.add(training.step, { valueLoss: this.#valueLearner.improve(batch, valueRate) });
        training.updates += 1;
        if (overshot) continue;
        if (targetKl !== null) this.#history.record();
        const figures = scalarsOf(this.#improvePolicy({ ...batch, ...policyRates }, entropyRng));
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
type PolicyFigure = 'policyLoss' | 'entropy' | 'approxKl' | 'clipFraction' | 'largestRatio' | 'gradientNorm';

type PolicyBatch = Record<'observations' | 'latents' | 'logProbs' | 'advantages' | 'clip', tf.Tensor>;
