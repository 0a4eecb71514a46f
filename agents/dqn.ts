import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import {
  Adam,
  type AdamOptions,
  checkPolicy,
  clipByGlobalNorm,
  type EpsilonGreedyPolicy,
  linearSchedule,
  midpointFractions,
  type Policy,
  type PolicyName,
  QNetworkPolicy,
  QuantileNetworkPolicy,
  type Rng,
  valueAndGradients,
} from '../src/index.ts';
import { count, flag } from '../src/options/fields.ts';
import { parseOptions } from '../src/options/parse.ts';
import { bestActions } from '../src/policies/qNetworkPolicy.ts';
import type { TrainOptions, TrainReport } from './agent.ts';
import { polyak, quantileHuber, tdErrors, tdTarget, weightedRows } from './core/critics.ts';
import { vectorEnvFor } from './core/envs.ts';
import { compileAct, meanAction, ReplayTraining, type UpdateMetrics } from './core/loops.ts';
import { sequencePasts } from './core/memory.ts';
import { maxGradientNorm, offPolicyOptions, optionalMaxGradientNorm, replayedSequenceOptions } from './core/options.ts';
import type { TransitionTensors } from './core/replay.ts';
import { CheckpointedAgent, compileOnArrays } from './core/state.ts';

/** Options of the agents that learn the values of discrete actions, but for the policy and what differs among them. */
const qLearningOptions = {
  ...offPolicyOptions,
  ...replayedSequenceOptions,
  bufferSize: offPolicyOptions.bufferSize.default(100_000),
  batchSize: offPolicyOptions.batchSize.default(64),
  learningStarts: offPolicyOptions.learningStarts
    .default(1000)
    .meta({ description: 'environment steps before the first update; until then actions are uniform', unit: 'steps' }),
  updateEvery: offPolicyOptions.updateEvery.default(4),
  updatesPerStep: offPolicyOptions.updatesPerStep.default(0.25),
  learningRate: offPolicyOptions.learningRate.default(1e-3),
  tau: offPolicyOptions.tau
    .default(1)
    .describe('τ, how far each copy into the target network goes; 1 copies the whole network'),
  targetUpdateEvery: count(
    1000,
    'environment steps between two copies of the network into the target network',
    'steps',
  ),
  explorationFraction: z
    .number()
    .positive()
    .max(1)
    .default(0.1)
    .describe("share of the training, after learningStarts, in which ε goes in a straight line from 1 to the policy's"),
};

/**
 * The policy: one of a class, which `makePolicy`, whose type is that of any policy, gives by a name.
 * @param name `q-network`
 */
const policyOf = <P extends EpsilonGreedyPolicy>(
  Class: abstract new (...options: never[]) => P,
  name: PolicyName,
): z.ZodType<P, Policy> => {
  const expected = `a ${Class.name}, as makePolicy('${name}', …) gives one`;
  return (z.custom<P>((value) => value instanceof Class, expected) as z.ZodType<P, Policy>).meta({
    description: 'the policy that is trained; the share of uniform actions comes down to its epsilon',
    type: Class.name,
  });
};

/** @param usual the default */
const double = (usual: boolean) =>
  flag(usual, 'whether the network chooses the action whose value the target network gives (double DQN)');

/** Means over the updates since the last report; absent where there were none, as before the first one. */
export interface QLearningReport extends TrainReport {
  readonly loss?: number;
  /** E[Q] of the replay's actions. */
  readonly actionValue?: number;
  readonly gradientNorm?: number;
  /** ε. */
  readonly exploration: number;
}

/** What a training reports but for ε. */
type UpdateReport = Omit<QLearningReport, 'exploration'>;

/** A minibatch, as tensors. */
type QLearningBatch = TransitionTensors<'learningRate'>;

/** What is learned of a minibatch, row by row, `[batch]`. */
interface RowLosses {
  readonly losses: tf.Tensor;
  /** Q of the actions that were taken. */
  readonly values: tf.Tensor;
  /** What those should be: y, or its mean. */
  readonly targets: tf.Tensor;
}

type QLearningConfig<P> = Omit<z.output<z.ZodObject<typeof qLearningOptions>>, 'policy'> & {
  readonly policy: P;
  readonly double: boolean;
  /** None is no bound. */
  readonly maxGradientNorm?: number | undefined;
};

/**
 * Q-learning of discrete actions from a replay, but for the loss, which a subclass has: ε-greedy actions, a target network that takes over
 * the network every so many environment steps, and steps of Adam.
 *
 * If the replay is prioritized, rows are drawn by δ = |Q(s, a) − y|, and the losses are multiplied by their weights.
 *
 * ε is 1 until `learningStarts`. From there it goes in a straight line to that of the policy, in a share of all steps of the training.
 */
abstract class QLearning<P extends EpsilonGreedyPolicy> extends CheckpointedAgent<QLearningReport> {
  protected readonly config: QLearningConfig<P>;
  protected readonly target: P;
  readonly #optimizer: Adam;
  readonly #training: ReplayTraining<UpdateReport, 'learningRate'>;
  readonly #act;
  readonly #update;
  readonly #follow;

  /** @throws if the policy does not fit the environment, or is not of `makePolicy` */
  constructor(owner: string, config: QLearningConfig<P>, adam?: AdamOptions) {
    super(owner);
    this.config = config;
    const { policy, tau, learningRate } = config;
    const { env, actionSpace } = vectorEnvFor(owner, policy, config.env);
    checkPolicy(policy, { gradients: false });
    const streams = ['actions', 'replay'] as const;
    const { stateDim } = policy;
    this.#training = new ReplayTraining({
      ...{ owner, config, env, actionSpace, stateDim, streams },
      rates: { learningRate },
    });
    const target = this.#training.targetOf(policy, config.rng.split('target'));
    this.target = target;
    this.#optimizer = new Adam(policy.trainableVariables(), adam);
    const modules = { policy, target, optimizer: this.#optimizer };
    const name = owner.toLowerCase();
    this.#act = compileAct(name, policy, env.numEnvs, meanAction);
    this.#update = compileOnArrays(`${name}/update`, modules, this.#training.shapes, (batch: QLearningBatch) =>
      this.#improve(batch),
    );
    this.#follow = compileOnArrays(`${name}/follow`, { policy, target }, {}, () => {
      polyak(target, policy, tau);
      return {};
    });
    this.parts = this.#training.parts(modules);
    this.compiled = [this.#act, this.#update, this.#follow];
  }

  /** @throws {DivergedError} if a loss is no longer a number */
  async *train(options: TrainOptions): AsyncGenerator<QLearningReport, void, undefined> {
    const training = this.#training;
    const { policy, learningStarts, explorationFraction, targetUpdateEvery } = this.config;
    if (training.begin(options)) this.target.loadStateDict(policy.stateDict());
    let exploration = 1;
    while (training.goesOn) {
      const { share } = training;
      const uniform = training.uniformActions();
      const explored = (share - learningStarts / options.steps) / explorationFraction;
      if (uniform === undefined) exploration = linearSchedule(1, policy.epsilon)(explored);
      // What remembers sees all steps.
      const acted = uniform === undefined || training.remembers ? this.#acted() : undefined;
      training.collect(uniform ?? this.#explore(acted!.action, exploration), acted?.state);
      if (training.passes(targetUpdateEvery)) this.#follow({});
      while (training.isUpdateDue) training.record(this.#update(training.sample(share)));
      if (training.isReportDue) yield { ...training.report(), exploration };
    }
  }

  /** The targets of a minibatch, without a gradient. @returns the losses beside them, whose gradient is by the policy alone */
  protected abstract rowLosses(batch: QLearningBatch): () => RowLosses;

  /** The best action for each environment, and what is remembered after it. */
  #acted() {
    const { replay, memory } = this.#training;
    return this.#act({ observations: replay.current, state: memory.numbers });
  }

  /** One action for each environment: uniform with probability ε, else the best. */
  #explore(best: ArrayLike<number>, exploration: number): number[] {
    const { replay, streams } = this.#training;
    const { policy } = this.config;
    return Array.from(best, (action, i) =>
      streams.actions.uniform() < exploration ? uniformAction(policy, replay.current, i, streams.actions) : action,
    );
  }

  #improve(batch: QLearningBatch): UpdateMetrics<UpdateReport> {
    const { policy, maxGradientNorm = Infinity } = this.config;
    const { weights } = batch;
    const rowLosses = this.rowLosses(batch);
    const { gradients, loss, ...others } = valueAndGradients(() => {
      const { losses, values, targets } = rowLosses();
      const loss = tf.mean(weightedRows(losses, weights));
      return { loss, actionValue: tf.mean(values), ...(weights && { errors: tdErrors([values], targets) }) };
    }, policy.trainableVariables());
    const clipped = clipByGlobalNorm(gradients, maxGradientNorm);
    this.#optimizer.update(clipped.gradients, batch.learningRate);
    return { loss, ...others, gradientNorm: clipped.norm };
  }
}

/** One of the actions of environment i that its observation allows. */
function uniformAction(policy: EpsilonGreedyPolicy, observations: Float32Array, i: number, rng: Rng): number {
  const { discreteActions, observationDim, maskDim } = policy;
  const { n, start } = discreteActions;
  if (maskDim === 0) return rng.integer(start, start + n);
  const end = (i + 1) * observationDim;
  const mask = observations.subarray(end - maskDim, end);
  const allowed = mask.reduce((sum, each) => sum + each, 0);
  let left = rng.integer(0, allowed);
  return start + mask.findIndex((each) => each === 1 && left-- === 0);
}

/** Which of n actions was taken, as 1 among 0: `[batch, 1]` → `[batch, n]`. */
function takenActions({ discreteActions: { n, start } }: EpsilonGreedyPolicy, actions: tf.Tensor): tf.Tensor {
  return tf.cast(tf.equal(tf.sub(actions, start), tf.range(0, n, 1, 'float32')), 'float32');
}

export const dqnOptions = z.strictObject({
  ...qLearningOptions,
  policy: policyOf(QNetworkPolicy, 'q-network'),
  double: double(true),
  maxGradientNorm: maxGradientNorm('the gradient', 10),
});

/** Options of {@link Dqn}. */
export type DqnOptions = z.input<typeof dqnOptions>;

/**
 * Deep Q-learning with a replay buffer, a target network Q′ and ε-greedy actions:
 *
 *   y = r + γ (1 − terminated) Q′(s′, argmax Q(s′, ·)),   E[huber(Q(s, a) − y)],
 *
 * or argmax Q′(s′, ·) if it is not double. The policy is the network: it acts ε-greedily by its values. A dueling network is an option
 * of the policy.
 *
 * Mnih et al., "Human-level control through deep reinforcement learning", 2015; van Hasselt, Guez and Silver, "Deep Reinforcement
 * Learning with Double Q-learning", arXiv:1509.06461; Wang et al., "Dueling Network Architectures for Deep Reinforcement Learning",
 * arXiv:1511.06581.
 */
export class Dqn extends QLearning<QNetworkPolicy> {
  /** @throws for an unknown option or one out of range, or if the environment does not fit the policy */
  constructor(options: DqnOptions) {
    super('Dqn', parseOptions('Dqn', dqnOptions, options));
  }

  protected rowLosses(batch: QLearningBatch): () => RowLosses {
    const { policy, double } = this.config;
    const { observations, actions, nextObservations } = batch;
    const past = sequencePasts(policy, policy, batch);
    const nextValues = this.target.values(nextObservations, sequencePasts(this.target, policy, batch).next);
    const choosing = double ? policy.values(nextObservations, past.next) : nextValues;
    const best = bestActions(policy.masked(choosing, nextObservations));
    const targets = tdTarget(batch, tf.sum(tf.mul(best, nextValues), 1));
    const taken = takenActions(policy, actions);
    return () => {
      const values = tf.sum(tf.mul(taken, policy.values(observations, past.now)), 1);
      return { losses: huber(tf.sub(values, targets)), values, targets };
    };
  }
}

/**
 * Huber's loss of errors: x²/2 where |x| ≤ 1, else |x| − ½. Written m²/2 + |x| − m with m = min(|x|, 1), which is finite everywhere.
 *
 * Huber, "Robust Estimation of a Location Parameter", 1964.
 */
function huber(errors: tf.Tensor): tf.Tensor {
  const size = tf.abs(errors);
  const within = tf.minimum(size, 1);
  return tf.add(tf.mul(0.5, tf.square(within)), tf.sub(size, within));
}

export const qrDqnOptions = z.strictObject({
  ...qLearningOptions,
  policy: policyOf(QuantileNetworkPolicy, 'quantile-network'),
  double: double(false),
  maxGradientNorm: optionalMaxGradientNorm('the gradient'),
});

/** Options of {@link QrDqn}. */
export type QrDqnOptions = z.input<typeof qrDqnOptions>;

/**
 * Distributional Q-learning by quantile regression. The network gives K quantiles θᵢ(s, a) of the return Z(s, a) at the midpoints
 * τ̂ᵢ = (i + ½)/K; their mean is Q. With a target network θ′:
 *
 *   a* = argmax Q′(s′, ·),   yⱼ = r + γ (1 − terminated) θ′ⱼ(s′, a*),
 *   E[Σᵢ (1/K) Σⱼ |τ̂ᵢ − 1{yⱼ < θᵢ(s, a)}| huber(yⱼ − θᵢ(s, a))],
 *
 * or a* = argmax Q(s′, ·) if it is double. The gradient has no bound by default, and Adam's ε is 0.01 / batchSize: at 1e-8 a step is about as
 * long as the rate, however small the gradient is. All else is as in {@link Dqn}. The quantiles of a policy with
 * `quantileFunction: 'spline'` lie on a monotone spline, so that they do not cross. They are learned by the same loss with the same optimizer.
 *
 * Dabney et al., "Distributional Reinforcement Learning with Quantile Regression", arXiv:1710.10044; Luo et al., "Distributional
 * Reinforcement Learning with Monotonic Splines", 2022.
 */
export class QrDqn extends QLearning<QuantileNetworkPolicy> {
  /** @throws for an unknown option or one out of range, or if the environment does not fit the policy */
  constructor(options: QrDqnOptions) {
    const config = parseOptions('QrDqn', qrDqnOptions, options);
    super('QrDqn', config, { epsilon: 0.01 / config.batchSize });
  }

  protected rowLosses(batch: QLearningBatch): () => RowLosses {
    const { policy, double } = this.config;
    const { observations, actions, nextObservations } = batch;
    const [past, ofTarget] = [policy, this.target].map((network) => sequencePasts(network, policy, batch));
    const choosing = double
      ? policy.values(nextObservations, past!.next)
      : this.target.values(nextObservations, ofTarget!.next);
    const best = bestActions(policy.masked(choosing, nextObservations));
    const targets = tdTarget(batch, this.target.quantilesOf(nextObservations, best, ofTarget!.next));
    const taken = takenActions(policy, actions);
    const fractions = tf.tensor1d(midpointFractions(policy.quantileCount));
    return () => {
      const quantiles = policy.quantilesOf(observations, taken, past!.now);
      const losses = tf.sum(quantileHuber({ quantiles, fractions, targets }), 1);
      return { losses, values: tf.mean(quantiles, 1), targets: tf.mean(targets, 1) };
    };
  }
}
