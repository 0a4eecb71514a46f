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
  type Policy,
  type PolicyName,
  type Rng,
  valueAndGradients,
} from '../../src/index.ts';
import type { AgentState, TrainOptions, TrainReport } from '../agent.ts';
import { copyOfPolicy } from './copyOfPolicy.ts';
import type { FigureOf } from './meanMetrics.ts';
import { offPolicyOptions } from './offPolicyOptions.ts';
import { copyFrom, polyak } from './polyak.ts';
import { replayFor } from './replayFor.ts';
import { ReplayTraining } from './replayTraining.ts';
import { tdErrors } from './tdErrors.ts';
import type { TransitionTensors } from './transitions.ts';
import { vectorEnvFor } from './vectorEnvFor.ts';
import { weightedRows } from './weightedRows.ts';

/** Options of the agents that learn the values of discrete actions, but for the policy and what differs among them. */
export const qLearningOptions = {
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
export const policyOf = <P extends EpsilonGreedyPolicy>(
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
export const double = (usual: boolean) =>
  z
    .boolean()
    .default(usual)
    .describe('whether the network chooses the action whose value the target network gives (double DQN)');

/** Means over the updates since the last report; absent where there were none, as before the first one. */
export interface QLearningReport extends TrainReport {
  readonly loss?: number;
  /** E[Q] of the replay's actions. */
  readonly actionValue?: number;
  readonly gradientNorm?: number;
  /** ε. */
  readonly exploration: number;
}

type Figure = Exclude<FigureOf<QLearningReport>, 'exploration'>;

/** A minibatch, as tensors. */
export type QLearningBatch = TransitionTensors<'learningRate'>;

/** What is learned of a minibatch, row by row, `[batch]`. */
export interface QLearningLoss {
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
export class QLearning<P extends EpsilonGreedyPolicy> {
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
