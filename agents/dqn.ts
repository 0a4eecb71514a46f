import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import {
  Adam,
  type AdamOptions,
  checkPolicy,
  clipByGlobalNorm,
  compile,
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
import { parseOptions } from '../src/options/parse.ts';
import { bestActions } from '../src/policies/qNetworkPolicy.ts';
import type { Agent, AgentState, TrainOptions, TrainReport } from './agent.ts';
import {
  copyFrom,
  copyOfPolicy,
  huber,
  polyak,
  quantileHuber,
  takenActions,
  tdErrors,
  tdTarget,
  weightedRows,
} from './core/critics.ts';
import { vectorEnvFor } from './core/envs.ts';
import { ReplayTraining } from './core/loops.ts';
import { maxGradientNorm, offPolicyOptions, optionalMaxGradientNorm } from './core/options.ts';
import { replayFor, type TransitionTensors } from './core/replay.ts';
import type { FigureOf } from './core/state.ts';

/** Options of the agents that learn the values of discrete actions, but for the policy and what differs among them. */
const qLearningOptions = {
  ...offPolicyOptions,
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
  targetUpdateEvery: z.int().positive().default(1000).meta({
    description: 'environment steps between two copies of the network into the target network',
    unit: 'steps',
  }),
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
  const schema = z.custom<P>(
    (value) => value instanceof Class,
    `a ${Class.name}, as makePolicy('${name}', …) gives one`,
  ) as z.ZodType<P, Policy>;
  return schema.meta({
    description: 'the policy that is trained; the share of uniform actions comes down to its epsilon',
    type: Class.name,
  });
};

/** @param usual the default */
const double = (usual: boolean) =>
  z
    .boolean()
    .default(usual)
    .describe('whether the network chooses the action whose value the target network gives (double DQN)');

/** Means over the updates since the last report; absent where there were none, as before the first one. */
interface QLearningReport extends TrainReport {
  readonly loss?: number;
  /** E[Q] of the replay's actions. */
  readonly actionValue?: number;
  readonly gradientNorm?: number;
  /** ε. */
  readonly exploration: number;
}

type Figure = Exclude<FigureOf<QLearningReport>, 'exploration'>;

/** A minibatch, as tensors. */
type QLearningBatch = TransitionTensors<'learningRate'>;

/** What is learned of a minibatch, row by row, `[batch]`. */
interface QLearningLoss {
  readonly losses: tf.Tensor;
  /** Q of the actions that were taken. */
  readonly values: tf.Tensor;
  /** What those should be: y, or its mean. */
  readonly targets: tf.Tensor;
}

interface QLearningParts<P extends EpsilonGreedyPolicy> {
  /** Whose training it is, as errors name it: `Dqn`. */
  readonly owner: string;
  readonly config: Omit<z.output<z.ZodObject<typeof qLearningOptions>>, 'policy'> & {
    readonly policy: P;
    /** None is no bound. */
    readonly maxGradientNorm?: number | undefined;
  };
  /** The loss of a minibatch, given what is learned of each row; a gradient flows into `policy` alone, since `target` is no variable of it. */
  readonly loss: (batch: QLearningBatch, target: P) => () => QLearningLoss;
  /** Of the optimizer; its own defaults. */
  readonly adam?: AdamOptions;
}

/**
 * The training of an agent that learns the values of discrete actions from a replay buffer: ε-greedy actions, a target network that
 * takes over the network every so many environment steps, and steps of Adam down a loss that the agent gives.
 *
 * If the replay is prioritized, rows are drawn by δ = |Q(s, a) − y|, and the losses are multiplied by their weights.
 *
 * ε is 1 until `learningStarts`. From there it goes in a straight line to that of the policy, in a share of all steps of the training.
 */
class QLearning<P extends EpsilonGreedyPolicy> {
  readonly #parts: QLearningParts<P>;
  readonly #target: P;
  readonly #optimizer: Adam;
  readonly #training: ReplayTraining<'learningRate', Figure>;
  /** Environment steps of the whole training. */
  #steps = 0;
  /** ε of the last step. */
  #exploration = 1;

  /** @throws if the policy does not fit the environment, or is not of `makePolicy` */
  constructor(parts: QLearningParts<P>) {
    this.#parts = parts;
    const { owner, config, adam } = parts;
    const { policy, targetUpdateEvery, tau } = config;
    const { observationDim } = policy;
    const { env, actionSpace } = vectorEnvFor(owner, policy, config.env);
    checkPolicy(policy, { gradients: false });
    // Before anything takes memory: a size that can never fit is refused here.
    const replay = replayFor(owner, config, env);
    const target = copyOfPolicy(owner, policy, config.rng.split('target'));
    this.#target = target;
    this.#optimizer = new Adam(policy.trainableVariables(), adam);
    const modules = { policy, target, optimizer: this.#optimizer };

    const name = owner.toLowerCase();
    const act = compile(
      ({ observations }: { observations: tf.Tensor }) => {
        const distribution = policy.given(observations);
        return { action: distribution.squash(distribution.mode()) };
      },
      { name: `${name}/act`, state: [policy] },
    );
    const update = compile((batch: QLearningBatch) => this.#improve(batch), {
      name: `${name}/update`,
      state: Object.values(modules),
    });
    const follow = compile(
      (_: Record<string, never>) => {
        polyak(target, policy, tau);
        return {};
      },
      { name: `${name}/follow`, state: [policy, target] },
    );
    const best = act.onArrays({ observations: { shape: [env.numEnvs, observationDim] } });
    const improve = update.onArrays({ ...replay.shapes, learningRate: { shape: [] } });
    const followed = follow.onArrays({});
    this.#training = new ReplayTraining({
      owner,
      config,
      env,
      actionSpace,
      targetPolicies: [target],
      parts: { ...modules, replay },
      compiled: [act, update, follow],
      streams: ['actions', 'replay'],
      rates: { learningRate: config.learningRate },
      ratesAt: 'begin',
      begin: () => {
        copyFrom(target, policy);
        this.#exploration = 1;
      },
      periodic: { every: targetUpdateEvery, call: () => followed({}) },
      act: (observations, rng, share) => this.#explored(best({ observations }).action, observations, rng, share),
      update: improve,
    });
  }

  /** @throws {DivergedError} if a loss is no longer a number */
  async *train(options: TrainOptions): AsyncGenerator<QLearningReport, void, undefined> {
    this.#steps = options.steps;
    for await (const report of this.#training.train(options)) yield { ...report, exploration: this.#exploration };
  }

  state(): AgentState {
    return this.#training.state();
  }

  setState(state: AgentState): void {
    this.#training.setState(state);
    // What uniform actions are; others tell theirs.
    this.#exploration = 1;
  }

  dispose(): void {
    this.#training.dispose();
  }

  /** One action for each environment: uniform with probability ε, else the best. */
  #explored(best: ArrayLike<number>, observations: Float32Array, rng: Rng, share: number): number[] {
    const { policy, explorationFraction, learningStarts } = this.#parts.config;
    const done = (share - learningStarts / this.#steps) / explorationFraction;
    const exploration = linearSchedule(1, policy.epsilon)(done);
    this.#exploration = exploration;
    return Array.from(best, (action, i) =>
      rng.uniform() < exploration ? uniformAction(policy, observations, i, rng) : action,
    );
  }

  #improve(batch: QLearningBatch): Record<Figure, tf.Tensor> & { errors?: tf.Tensor } {
    const { policy, maxGradientNorm = Infinity } = this.#parts.config;
    const { weights } = batch;
    const lossOf = this.#parts.loss(batch, this.#target);
    const { gradients, loss, ...others } = valueAndGradients(() => {
      const { losses, values, targets } = lossOf();
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

export const dqnOptions = z.strictObject({
  ...qLearningOptions,
  policy: policyOf(QNetworkPolicy, 'q-network'),
  double: double(true),
  maxGradientNorm: maxGradientNorm('the gradient', 10),
});

/** Options of {@link Dqn}. */
export type DqnOptions = z.input<typeof dqnOptions>;

/** Means over the updates since the last report; absent where there were none, as before the first one. */
export interface DqnReport extends QLearningReport {}

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
export class Dqn implements Agent<DqnReport> {
  readonly #options: z.output<typeof dqnOptions>;
  readonly #training: QLearning<QNetworkPolicy>;

  /** @throws for an unknown option or one out of range, or if the environment does not fit the policy */
  constructor(options: DqnOptions) {
    const config = parseOptions('Dqn', dqnOptions, options);
    this.#options = config;
    this.#training = new QLearning({ owner: 'Dqn', config, loss: (batch, target) => this.#loss(batch, target) });
  }

  /** @throws {DivergedError} if a loss is no longer a number */
  train(options: TrainOptions): AsyncGenerator<DqnReport, void, undefined> {
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

  #loss(batch: QLearningBatch, target: QNetworkPolicy): () => QLearningLoss {
    const { policy, double } = this.#options;
    const { observations, actions, nextObservations } = batch;
    const ofTarget = target.values(nextObservations);
    const choosing = double ? policy.values(nextObservations) : ofTarget;
    const best = bestActions(policy.masked(choosing, nextObservations));
    const targets = tdTarget(batch, tf.sum(tf.mul(best, ofTarget), 1));
    const taken = takenActions(policy, actions);
    return () => {
      const values = tf.sum(tf.mul(taken, policy.values(observations)), 1);
      return { losses: huber(tf.sub(values, targets)), values, targets };
    };
  }
}

export const qrDqnOptions = z.strictObject({
  ...qLearningOptions,
  policy: policyOf(QuantileNetworkPolicy, 'quantile-network'),
  double: double(false),
  maxGradientNorm: optionalMaxGradientNorm('the gradient'),
});

/** Options of {@link QrDqn}. */
export type QrDqnOptions = z.input<typeof qrDqnOptions>;

/** Means over the updates since the last report; absent where there were none, as before the first one. */
export interface QrDqnReport extends QLearningReport {}

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
export class QrDqn implements Agent<QrDqnReport> {
  readonly #options: z.output<typeof qrDqnOptions>;
  readonly #training: QLearning<QuantileNetworkPolicy>;

  /** @throws for an unknown option or one out of range, or if the environment does not fit the policy */
  constructor(options: QrDqnOptions) {
    const config = parseOptions('QrDqn', qrDqnOptions, options);
    this.#options = config;
    this.#training = new QLearning({
      owner: 'QrDqn',
      config,
      loss: (batch, target) => this.#loss(batch, target),
      adam: { epsilon: 0.01 / config.batchSize },
    });
  }

  /** @throws {DivergedError} if a loss is no longer a number */
  train(options: TrainOptions): AsyncGenerator<QrDqnReport, void, undefined> {
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

  #loss(batch: QLearningBatch, target: QuantileNetworkPolicy): () => QLearningLoss {
    const { policy, double } = this.#options;
    const { observations, actions, nextObservations } = batch;
    const choosing = (double ? policy : target).values(nextObservations);
    const best = bestActions(policy.masked(choosing, nextObservations));
    const targets = tdTarget(batch, target.quantilesOf(nextObservations, best));
    const taken = takenActions(policy, actions);
    const fractions = tf.tensor1d(midpointFractions(policy.quantileCount));
    return () => {
      const quantiles = policy.quantilesOf(observations, taken);
      const losses = tf.sum(quantileHuber({ quantiles, fractions, targets }), 1);
      return { losses, values: tf.mean(quantiles, 1), targets: tf.mean(targets, 1) };
    };
  }
}
