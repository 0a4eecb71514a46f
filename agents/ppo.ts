import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Box } from '../envs/index.ts';
import { Adam, checkPolicy, clipByGlobalNorm, type Rng, valueAndGradients } from '../src/index.ts';
import { nonnegative } from '../src/options/fields.ts';
import { parseOptions } from '../src/options/parse.ts';
import { boxRescaleLogDet } from '../src/policies/boxScale.ts';
import { Minibatches, rateAt, rateSchema } from '../src/training/optimization.ts';
import type { EpisodeReport, TrainOptions, TrainReport } from './agent.ts';
import { checkDensity } from './core/checks.ts';
import { decisionEnvFor } from './core/envs.ts';
import { type MemoryInputs, memoryShapes, pastsOf, sequenceLengthOf } from './core/memory.ts';
import { normalizationOptions, normalizersFor } from './core/normalization.ts';
import {
  baseEntropy,
  entropyCoefficient,
  gamma,
  layerWidths,
  learningRate,
  maxGradientNorm,
  normalizeAdvantages,
  OVER_TRAINING,
  partSchemas,
  sdeSampleFreq,
  sequenceLength,
  shapeRate,
  targetKl,
} from './core/options.ts';
import {
  clippedSurrogate,
  EPSILON,
  KlStep,
  meanEntropy,
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
  soften,
} from './core/rollout.ts';
import { CheckpointedAgent, compileOnArrays, type FigureOf, MeanMetrics, scalarsOf, Training } from './core/state.ts';
import { clippedValueLoss, explainedVariance, ValueNetwork } from './core/valueFunction.ts';

export const ppoOptions = z.strictObject({
  ...partSchemas,
  ...rolloutOptions,
  sequenceLength,
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
  klCoefficient: nonnegative(
    0.1,
    'β, the weight of KL(π_old ‖ π) in the loss; it brings probabilities back that have left the clip, where the clipped ratio has no gradient',
  ),
  targetKl: targetKl('KL'),
  desiredKl: rateSchema.optional().meta({
    description: `KL by which one rollout is to move the policy, by approxKl; after one beyond twice as much the policy's rate falls by a factor of 1.5, after one below half of it it rises; by default the rate is as given; ${OVER_TRAINING}`,
    unit: 'nats',
  }),
  sdeSampleFreq,
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
 * With `desiredKl` the policy's rate follows the KL of the rollouts, so that policies of any class move equally far: rates of their own need not
 * be searched.
 *
 * Works with any `Policy`: ratios are taken at the latent value of the action. Policy and value function share nothing, and
 * have optimizers and gradient bounds of their own. Time limits are bootstrapped with the value of the last observation. A last
 * short minibatch is dropped; the order is shuffled in every epoch. With a memory minibatches are made of sequences, each from the state
 * that the rollout had at its first step.
 *
 * Schulman et al., "Proximal Policy Optimization Algorithms", arXiv:1707.06347; details after Huang et al., "The 37
 * Implementation Details of Proximal Policy Optimization", 2022.
 */
export class Ppo extends CheckpointedAgent<PpoReport> {
  /** V(o), trained beside the policy. */
  readonly value: ValueNetwork;
  readonly #options: z.output<typeof ppoOptions>;
  readonly #baseEntropy: number;
  readonly #sequenceLength: number;
  readonly #collector: RolloutCollector;
  readonly #moved: PolicyUpdates<Exclude<FigureOf<PpoReport>, 'valueLoss'>>;
  readonly #klStep: KlStep | undefined;
  readonly #training = new Training('Ppo', ['actions', 'minibatches', 'entropy']);
  readonly #updatePolicy;
  readonly #updateValue;

  /**
   * @throws for an unknown option or one out of range, if the environment does not fit the policy, the policy has no density, or a
   * rollout is smaller than a minibatch
   */
  constructor(options: PpoOptions) {
    super('Ppo');
    const config = parseOptions('Ppo', ppoOptions, options);
    this.#options = config;
    const { policy, batchSize, maxGradientNorm } = config;
    const { env, actionSpace } = decisionEnvFor('Ppo', policy, config.env, config.gamma);
    checkDensity('Ppo', policy);
    checkPolicy(policy);
    checkBatchSize('Ppo', config, env.numEnvs);
    const length = sequenceLengthOf('Ppo', policy, config);
    this.#sequenceLength = length;
    this.#baseEntropy = config.baseEntropy ?? (actionSpace instanceof Box ? boxRescaleLogDet(actionSpace) : 0);
    const normalizers = normalizersFor(policy, env.numEnvs, config);
    const value = new ValueNetwork(policy, config.valueHidden, config.rng.split('value'));
    this.value = value;
    const policyOptimizer = new PolicyOptimizer(policy, config);
    const valueOptimizer = new Adam(value.trainableVariables(), { epsilon: EPSILON });
    this.#moved = new PolicyUpdates('Ppo', [policy, policyOptimizer], config.targetKl);
    if (config.desiredKl !== undefined) this.#klStep = new KlStep();
    const actor = compileActor('Ppo', env, policy, value, config);
    const collecting = { ...config, ...normalizers, sequenceLength: length, env, actionSpace, actor };
    this.#collector = new RolloutCollector({ owner: 'Ppo', ...collecting });

    const seen = {
      observations: { shape: [batchSize, policy.observationDim] },
      ...memoryShapes(actor.stateDim, batchSize / length, length),
    };
    const [column, scalar] = [{ shape: [batchSize] }, { shape: [] }];
    this.#updatePolicy = compileOnArrays(
      'ppo/policy',
      { policy, policyOptimizer },
      {
        ...seen,
        latents: { shape: [batchSize, policy.actionDim] },
        logProbs: column,
        advantages: column,
        clip: scalar,
        learningRate: scalar,
      },
      (batch: PolicyBatch, rng) => {
        const losses = valueAndGradients(() => this.#policyLoss(batch, rng), policyOptimizer.parameters);
        const { gradients, loss: _, ...metrics } = losses;
        return { ...metrics, gradientNorm: policyOptimizer.update(gradients, batch.learningRate) };
      },
    );
    this.#updateValue = compileOnArrays(
      'ppo/value',
      { policy, value, valueOptimizer },
      { ...seen, returns: column, oldValues: column, learningRate: scalar },
      ({ returns, oldValues, learningRate, ...seen }: ValueBatch) => {
        const { gradients, valueLoss } = valueAndGradients(() => {
          const values = value.of(seen.observations, pastsOf(policy, seen).beside);
          const valueLoss = clippedValueLoss(values, { oldValues, returns, clip: config.valueClip });
          return { loss: tf.mul(0.5, valueLoss), valueLoss };
        }, valueOptimizer.parameters);
        valueOptimizer.update(clipByGlobalNorm(gradients, maxGradientNorm).gradients, learningRate);
        return { valueLoss };
      },
    );
    this.compiled = [...actor.compiled, this.#updatePolicy, this.#updateValue];
    const modules = { policy, value, policyOptimizer, valueOptimizer };
    const [klStep, collector, training] = [this.#klStep, this.#collector, this.#training];
    this.parts = { ...modules, ...normalizers, env, sde: actor.sde, klStep, collector, training };
  }

  /**
   * Rollouts and updates until at least `steps` environment steps have been made; the last rollout is not cut short.
   * @throws {DivergedError} if a loss is no longer a number
   */
  async *train({ steps, rng }: TrainOptions): AsyncGenerator<PpoReport, void, undefined> {
    const { policy, epochs, batchSize, lambda } = this.#options;
    const [training, moved, klStep] = [this.#training, this.#moved, this.#klStep];
    if (training.begin({ steps, rng })) {
      this.#collector.reset(rng.split('env').seed);
      klStep?.setState(1);
    }
    while (training.step < steps) {
      const progress = training.step / steps;
      const rate = (name: 'learningRate' | 'valueLearningRate' | 'clip' | 'temperature' | 'desiredKl') =>
        rateAt(`Ppo: ${name}`, this.#options[name] ?? this.#options.learningRate, progress);

      const episodes: EpisodeReport[] = [];
      const rollout = this.#collector.collect(training.streams.actions, episodes);
      training.step += rollout.steps;

      soften(rollout, rate('temperature'), this.#baseEntropy);
      const { advantages, returns } = generalizedAdvantages(rollout, { gamma: rollout.discount, lambda });
      const minibatches = new Minibatches(
        {
          observations: { values: rollout.observations, width: policy.observationDim },
          latents: { values: rollout.latents, width: policy.actionDim },
          logProbs: { values: rollout.logProbs },
          advantages: { values: advantages },
          returns: { values: returns },
          oldValues: { values: rollout.values },
          ...(policy.memory && {
            begins: { values: rollout.begins },
            state: { values: rollout.state, width: rollout.stateDim, each: 'sequence' },
          }),
        },
        { count: rollout.rewards.length, batchSize, length: this.#sequenceLength, lanes: rollout.envs },
      );

      const rates = { learningRate: (klStep?.factor ?? 1) * rate('learningRate'), clip: rate('clip') };
      const valueRate = { learningRate: rate('valueLearningRate') };
      const valueMetrics = new MeanMetrics<'valueLoss'>('Ppo');
      moved.begin();
      for (let epoch = 0; epoch < epochs; epoch++) {
        for (const rows of minibatches.epoch(training.streams.minibatches)) {
          const batch = minibatches.gather(rows);
          valueMetrics.add(training.step, scalarsOf(this.#updateValue({ ...batch, ...valueRate })));
          training.updates += 1;
          if (moved.hasEnded) continue;
          moved.record();
          moved.add(training.step, scalarsOf(this.#updatePolicy({ ...batch, ...rates }, training.streams.entropy)));
        }
      }

      const { step, updates } = training;
      const { largestKl, largestRatio, policyUpdates } = moved;
      const figures = moved.metrics.take();
      // What was undone has moved too far, whatever is left of it.
      klStep?.follow(moved.hasEnded ? Number.POSITIVE_INFINITY : figures.approxKl, rate('desiredKl'));
      yield {
        ...{ step, updates, episodes },
        ...figures,
        ...valueMetrics.take(),
        ...{ largestKl, largestRatio, policyUpdates },
        explainedVariance: explainedVariance(rollout.values, returns),
      };
    }
  }

  /** L and its terms on one minibatch. */
  #policyLoss(batch: PolicyBatch, rng: Rng) {
    const { policy, normalizeAdvantages, klCoefficient, entropyCoefficient } = this.#options;
    const distribution = policy.given(batch.observations, pastsOf(policy, batch).policy);
    const logProb = distribution.logProb(batch.latents);
    const { policyLoss, ...moved } = clippedSurrogate({
      logProb,
      oldLogProb: batch.logProbs,
      advantages: normalizeAdvantages ? standardized(batch.advantages) : batch.advantages,
      clip: batch.clip,
    });
    const entropy = meanEntropy(distribution, logProb, rng, entropyCoefficient !== 0);
    const withKl = klCoefficient === 0 ? policyLoss : tf.add(policyLoss, tf.mul(klCoefficient, moved.approxKl));
    const loss = entropyCoefficient === 0 ? withKl : tf.sub(withKl, tf.mul(entropyCoefficient, entropy));
    return { loss, policyLoss, entropy, ...moved };
  }
}

type PolicyBatch = MemoryInputs &
  Record<'observations' | 'latents' | 'logProbs' | 'advantages' | 'clip' | 'learningRate', tf.Tensor>;
type ValueBatch = MemoryInputs & Record<'observations' | 'returns' | 'oldValues' | 'learningRate', tf.Tensor>;
