import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Box } from '../envs/index.ts';
import { Adam, checkPolicy, compile, type Policy, type Rng, valueAndGradients } from '../src/index.ts';
import { parseOptions } from '../src/options/parse.ts';
import { boxRescaleLogDet } from '../src/policies/boxScale.ts';
import { Minibatches, type Rate, rateAt, rateSchema } from '../src/training/optimization.ts';
import type { Agent, AgentState, TrainOptions, TrainReport } from './agent.ts';
import { checkDensity } from './core/checks.ts';
import { type PolicyEnv, vectorEnvFor } from './core/envs.ts';
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
  shapeRate,
} from './core/options.ts';
import { clippedSurrogate, meanEntropy, PolicyOptimizer, standardized } from './core/policyGradient.ts';
import { generalizedAdvantages, type RolloutBuffer, RolloutCollector, soften } from './core/rollout.ts';
import { AgentParts, MeanMetrics, scalarsOf, stateOfEnv, Training, UpdateHistory } from './core/state.ts';
import { explainedVariance, ValueLearner, ValueNetwork } from './core/valueFunction.ts';

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

/** Adam's, as PPO is used with. */
const EPSILON = 1e-5;

/** The agent's options. */
interface ProximalConfig {
  readonly policy: Policy;
  readonly rng: Rng;
  readonly horizon: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly gamma: number;
  readonly lambda: number;
  readonly learningRate: Rate;
  /** That of the policy, unless given. */
  readonly valueLearningRate?: Rate | undefined;
  readonly shapeRate: number;
  /** ε of the clipped ratio. */
  readonly clip: Rate;
  /** ε_v, to which the value's steps are clipped. */
  readonly valueClip?: number | undefined;
  readonly maxGradientNorm: number;
  readonly targetKl: number | null;
  readonly valueHidden: readonly number[];
  readonly normalizeObservations: boolean;
  readonly clipObservations: number;
  readonly normalizeRewards: boolean;
}

/** A minibatch of steps, `[batch, …]`, and the clip; with the agent's own columns. */
export type ProximalBatch<Column extends string> = Readonly<
  Record<'observations' | 'latents' | 'advantages' | 'clip' | Column, tf.Tensor>
>;

/** What `clippedSurrogate` gives. */
type Surrogate = 'policyLoss' | 'approxKl' | 'clipFraction' | 'largestRatio';

interface ProximalTrainingOptions<Column extends string, Figure extends string, Stream extends string>
  extends PolicyEnv {
  /** Whose training it is, as errors name it: `Ppo`. */
  readonly owner: string;
  readonly config: ProximalConfig;
  /** The stream of randomness that {@link columns} and {@link policyLoss} draw from. */
  readonly stream: Stream;
  /** Actions to observations `[envs, observationDim]`; with their log-probabilities where the policy has a density. */
  readonly sample: (observations: tf.Tensor, rng: Rng) => Readonly<Record<'action' | 'latent', tf.Tensor>>;
  /** What a step has beside observation, latent value and advantage: a number, `[]`, or rows of numbers, `[rows, width]`, which a batch joins. */
  readonly shapes: Readonly<Record<Column, readonly [] | readonly [rows: number, width: number]>>;
  /**
   * Those columns of a rollout, before advantages are taken of its rewards.
   * @param progress the share of the training that is done
   */
  readonly columns: (buffer: RolloutBuffer, rng: Rng, progress: number) => Readonly<Record<Column, Float32Array>>;
  /** L on one minibatch, and figures for the reports. */
  readonly policyLoss: (
    batch: ProximalBatch<Column>,
    rng: Rng,
  ) => Readonly<Record<'loss' | Surrogate | Figure, tf.Tensor>>;
  /** Compiled functions of the agent's own, which are disposed with it. */
  readonly compiled?: readonly { dispose(): void }[];
}

/** One rollout and the updates made from it. */
type ProximalReport<Figure extends string> = TrainReport &
  Readonly<
    Record<
      Surrogate | Figure | 'gradientNorm' | 'valueLoss' | 'largestKl' | 'policyUpdates' | 'explainedVariance',
      number
    >
  >;

/**
 * The training of an agent that makes several epochs of minibatch updates from each rollout, by ratios to the policy that acted. The value function
 * learns from every minibatch, beside the policy and with an optimizer of its own. Once the mean of (ρ − 1) − log ρ over a minibatch is beyond 1.5
 * `targetKl`, the policy goes back to where it was last seen within, and rests until the next rollout. It also makes the reports, holds the state
 * and disposes of what the agent has made. What the ratio is and what its loss, the agent says.
 */
export class ProximalTraining<Column extends string, Figure extends string, Stream extends string> {
  /** V(o). */
  readonly value: ValueNetwork;
  readonly #options: ProximalTrainingOptions<Column, Figure, Stream>;
  readonly #valueLearner: ValueLearner;
  readonly #history: UpdateHistory;
  readonly #collector: RolloutCollector;
  readonly #training: Training<'actions' | 'minibatches' | Stream>;
  readonly #parts: AgentParts;
  readonly #valuesOf;
  readonly #improvePolicy;

  /** @throws if a rollout is smaller than a minibatch */
  constructor(options: ProximalTrainingOptions<Column, Figure, Stream>) {
    this.#options = options;
    const { owner, config, env, actionSpace, sample, shapes, policyLoss, stream } = options;
    const { policy, horizon, batchSize, gamma } = config;
    const { numEnvs } = env;
    if (batchSize > horizon * numEnvs) {
      throw new Error(
        `${owner}: batchSize: got ${batchSize}, expected at most the ${horizon} × ${numEnvs} = ${horizon * numEnvs} ` +
          'steps of a rollout (horizon × environments)',
      );
    }
    const name = owner.toLowerCase();
    const normalizers = normalizersFor([policy], numEnvs, config);
    const value = new ValueNetwork({ policy, hidden: config.valueHidden, rng: config.rng.split('value') });
    const policyOptimizer = new PolicyOptimizer(policy, {
      ...config,
      optimizer: (parameters) => new Adam(parameters, { epsilon: EPSILON }),
    });
    this.value = value;
    this.#valueLearner = new ValueLearner({ ...config, owner: name, value, clip: config.valueClip, epsilon: EPSILON });
    this.#history = new UpdateHistory([policy, policyOptimizer]);
    this.#training = new Training(owner, ['actions', 'minibatches', stream]);

    const act = compile(
      ({ observations }: { observations: tf.Tensor }, rng) => ({
        ...sample(observations, rng),
        value: value.of(observations),
      }),
      { name: `${name}/act`, state: [policy, value] },
    );
    const values = compile(({ observations }: { observations: tf.Tensor }) => ({ value: value.of(observations) }), {
      name: `${name}/values`,
      state: [policy, value],
    });
    const improvePolicy = compile(
      (batch: ProximalBatch<Column> & { learningRate: tf.Tensor }, rng) => {
        const {
          gradients,
          loss: _,
          ...figures
        } = valueAndGradients(() => policyLoss(batch, rng), policyOptimizer.parameters);
        return { ...figures, gradientNorm: policyOptimizer.update(gradients, batch.learningRate) };
      },
      { name: `${name}/policy`, state: [policy, policyOptimizer] },
    );
    const ofEnvs = { observations: { shape: [numEnvs, policy.observationDim] } };
    this.#valuesOf = values.onArrays(ofEnvs);
    const own = Object.entries<readonly number[]>(shapes).map(([column, [rows = 1, ...width]]) => [
      column,
      { shape: [batchSize * rows, ...width] },
    ]);
    this.#improvePolicy = improvePolicy.onArrays({
      observations: { shape: [batchSize, policy.observationDim] },
      latents: { shape: [batchSize, policy.actionDim] },
      ...(Object.fromEntries(own) as Record<Column, { shape: number[] }>),
      advantages: { shape: [batchSize] },
      clip: { shape: [] },
      learningRate: { shape: [] },
    } as never);
    this.#collector = new RolloutCollector({
      ...{ owner, env, actionSpace, horizon, gamma },
      ...normalizers,
      act: act.onArrays(ofEnvs),
      valuesOf: (observations) => this.#valuesOf({ observations }).value,
    });
    this.#parts = new AgentParts(
      owner,
      {
        policy,
        value,
        policyOptimizer,
        valueOptimizer: this.#valueLearner.optimizer,
        ...normalizers,
        env: stateOfEnv(env),
        collector: this.#collector,
        training: this.#training,
      },
      [act, values, ...(options.compiled ?? []), improvePolicy, this.#valueLearner],
    );
  }

  /**
   * Rollouts and updates until at least `steps` environment steps have been made; the last rollout is not cut short.
   * @throws {DivergedError} if a loss is no longer a number
   */
  async *train({ steps, rng }: TrainOptions): AsyncGenerator<ProximalReport<Figure>, void, undefined> {
    const training = this.#training;
    const { config, env } = this.#options;
    if (training.begin({ steps, rng })) this.#collector.reset(rng.split('env').seed);
    while (training.step < steps) {
      const progress = training.step / steps;
      const episodes = this.#collector.collect(training.streams.actions);
      training.step += config.horizon * env.numEnvs;
      const improvement = this.#improve(this.#collector.buffer, progress);
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

  /** Several epochs of minibatch updates on the rollout in the buffer. */
  #improve(buffer: RolloutBuffer, progress: number) {
    const { owner, config } = this.#options;
    const { epochs, targetKl, learningRate, valueLearningRate = learningRate } = config;
    const rate = (name: string, given: Rate) => rateAt(`${owner}: ${name}`, given, progress);
    const training = this.#training;
    const own = training.streams[this.#options.stream];
    const { minibatches, returns } = this.#minibatches(buffer, own, progress);
    const policyRates = { learningRate: rate('learningRate', learningRate), clip: rate('clip', config.clip) };
    const valueRate = rate('valueLearningRate', valueLearningRate);
    const klBound = 1.5 * (targetKl ?? Number.POSITIVE_INFINITY);
    const ofPolicy = new MeanMetrics<Surrogate | Figure | 'gradientNorm'>(owner);
    const ofValue = new MeanMetrics<'valueLoss'>(owner);
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
        const figures = scalarsOf(this.#improvePolicy({ ...batch, ...policyRates } as never, own)) as Record<
          Surrogate | Figure | 'gradientNorm',
          number
        >;
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

  /** The steps of a rollout with their advantages. */
  #minibatches(buffer: RolloutBuffer, own: Rng, progress: number) {
    const { config, env, shapes, columns } = this.#options;
    const { policy, horizon, batchSize, gamma, lambda } = config;
    const { numEnvs } = env;
    const ofAgent = columns(buffer, own, progress);
    const { advantages, returns } = generalizedAdvantages(
      { horizon, envs: numEnvs, ...buffer, lastValues: this.#valuesOf({ observations: buffer.current }).value },
      { gamma, lambda },
    );
    const rows = Object.entries<Float32Array>(ofAgent).map(([column, values]) => {
      const width = shapes[column as Column].reduce((product: number, size) => product * size, 1);
      return [column, { values, width }];
    });
    const minibatches = new Minibatches(
      {
        observations: { values: buffer.observations, width: policy.observationDim },
        latents: { values: buffer.latents, width: policy.actionDim },
        advantages: { values: advantages },
        returns: { values: returns },
        oldValues: { values: buffer.values },
        ...(Object.fromEntries(rows) as Record<Column, { values: Float32Array; width: number }>),
      },
      { count: horizon * numEnvs, batchSize },
    );
    return { minibatches, returns };
  }
}
