import type * as tf from '@tensorflow/tfjs-core';
import { Adam, compile, type Policy, type Rng, valueAndGradients } from '../../src/index.ts';
import { Minibatches } from '../../src/training/minibatches.ts';
import { type Rate, rateAt } from '../../src/training/rate.ts';
import type { AgentState, TrainOptions, TrainReport } from '../agent.ts';
import { generalizedAdvantages } from './advantages.ts';
import { AgentParts, stateOfEnv } from './agentParts.ts';
import { explainedVariance } from './explainedVariance.ts';
import { MeanMetrics } from './meanMetrics.ts';
import { normalizersFor } from './normalizersFor.ts';
import { PolicyOptimizer } from './policyOptimizer.ts';
import type { RolloutBuffer } from './rolloutBuffer.ts';
import { RolloutCollector } from './rolloutCollector.ts';
import { scalarsOf } from './scalarsOf.ts';
import { Training } from './training.ts';
import { UpdateHistory } from './updateHistory.ts';
import { ValueLearner } from './valueLearner.ts';
import { ValueNetwork } from './valueNetwork.ts';
import type { PolicyEnv } from './vectorEnvFor.ts';

/** Adam's, as PPO is used with. */
const EPSILON = 1e-5;

/** The agent's options. */
export interface ProximalConfig {
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

export interface ProximalTrainingOptions<Column extends string, Figure extends string, Stream extends string>
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
