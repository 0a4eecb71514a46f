import type { z } from 'zod';
import { Box } from '../../envs/index.ts';
import type { Module, Policy, Rng } from '../../src/index.ts';
import { type Rate, rateAt } from '../../src/training/rate.ts';
import type { AgentState, TrainOptions, TrainReport } from '../agent.ts';
import { AgentParts, type Stateful, stateOfEnv } from './agentParts.ts';
import type { EpisodeReport } from './episodeTracker.ts';
import { fillUniform } from './fillUniform.ts';
import { MeanMetrics } from './meanMetrics.ts';
import { type Normalizers, normalizersFor } from './normalizersFor.ts';
import type { offPolicyOptions } from './offPolicyOptions.ts';
import type { ReplayBuffer } from './replayBuffer.ts';
import { ReplayCollector } from './replayCollector.ts';
import { scalarsOf } from './scalarsOf.ts';
import { Training } from './training.ts';
import type { Transitions } from './transitions.ts';
import { updatesDue } from './updatesDue.ts';
import type { PolicyEnv } from './vectorEnvFor.ts';

export interface ReplayTrainingOptions<RateName extends string, Figure extends string> extends PolicyEnv {
  /** Whose training it is, as errors name it: `Sac`. */
  readonly owner: string;
  /** The agent's options. */
  readonly config: Omit<z.output<z.ZodObject<typeof offPolicyOptions>>, 'tau'>;
  /** Target networks of the policy; they see observations as it does. */
  readonly targetPolicies?: readonly Policy[];
  /** The agent's own parts, as for {@link AgentParts}; those of the collecting and the training are added. */
  readonly parts: Readonly<Record<string, Module | Stateful>> & {
    readonly policy: Policy;
    readonly replay: ReplayBuffer;
  };
  /** Compiled functions, which are disposed with the agent. */
  readonly compiled: readonly { dispose(): void }[];
  /** The streams of randomness, all three by default; `updates` is left out where updates draw no numbers. */
  readonly streams?: readonly ('actions' | 'replay' | 'updates')[];
  /** What changes in the course of the training, by the names under which updates get it. */
  readonly rates: Readonly<Record<RateName, Rate>>;
  /**
   * At which share of the training a step takes the rates: the one at its begin, or the one at its end, so that the last update has the
   * last rate; the end by default.
   */
  readonly ratesAt?: 'begin' | 'end';
  /** Called before the first step of a training: target networks become equal to those that they follow. */
  readonly begin: () => void;
  /**
   * What is to be done every so many environment steps, from the training's begin, and before the updates that are due then: a target
   * network takes over, say. Once, where a step of all environments passes several such points.
   */
  readonly periodic?: { readonly every: number; readonly call: () => void };
  /**
   * What the environments are to try.
   * @param observations `[envs · observationDim]`
   * @param share of the training that is done
   * @returns `[envs · actionDim]`
   */
  readonly act: (observations: Float32Array, rng: Rng, share: number) => ArrayLike<number>;
  /**
   * One update.
   * @param inputs a minibatch and the rates
   * @param count which update it is, from 1
   * @returns figures for the reports, of one number each; not every update need have all. Where the minibatch has weights, `errors` beside
   *   them: how far each row was from its target, `[batch]`
   */
  readonly update: (
    inputs: Transitions & Readonly<Record<RateName, number>>,
    rng: Rng | undefined,
    count: number,
  ) => Readonly<Partial<Record<Figure | 'errors', ArrayLike<number>>>>;
}

/** A report with the means of the figures over the updates since the last one; without them where there were none. */
type ReplayReport<Figure extends string> = TrainReport & { readonly [F in Figure]?: number };

/**
 * The training of an agent that learns from a replay buffer. Every environment makes a step, whose transition goes into the buffer; then
 * as many updates follow as are due. The first `learningStarts` actions are uniform, unless the action space is an unbounded box. It also
 * makes the reports, holds the state and disposes of what the agent has made. How to act and what an update is, the agent says.
 */
export class ReplayTraining<RateName extends string, Figure extends string> {
  readonly #options: ReplayTrainingOptions<RateName, Figure>;
  readonly #scale: ((reward: number) => number) | undefined;
  readonly #collector: ReplayCollector;
  readonly #uniform: Float32Array;
  readonly #training: Training<string>;
  readonly #parts: AgentParts;

  /** @throws if observations are to be normalized, and the policy cannot; what was made for the training is freed then */
  constructor(options: ReplayTrainingOptions<RateName, Figure>) {
    this.#options = options;
    const { owner, config, env, actionSpace, targetPolicies = [], parts, compiled } = options;
    const { policy, replay } = parts;
    let normalizers: Normalizers;
    try {
      normalizers = normalizersFor([policy, ...targetPolicies], env.numEnvs, config);
    } catch (error) {
      // A policy that cannot be normalized: networks and optimizers have been made before.
      new AgentParts(owner, parts, compiled).dispose();
      throw error;
    }
    const { scaler } = normalizers;
    this.#scale = scaler && ((reward) => scaler.scale(reward));
    this.#collector = new ReplayCollector({ owner, env, actionSpace, replay, ...normalizers });
    this.#uniform = new Float32Array(env.numEnvs * actionSpace.size);
    this.#training = new Training(owner, options.streams ?? ['actions', 'replay', 'updates']);
    this.#parts = new AgentParts(
      owner,
      { ...parts, ...normalizers, env: stateOfEnv(env), collector: this.#collector, training: this.#training },
      compiled,
    );
  }

  /** As `Agent.train`. @throws {DivergedError} if a figure is no longer a number */
  async *train({ steps, rng }: TrainOptions): AsyncGenerator<ReplayReport<Figure>, void, undefined> {
    const training = this.#training;
    const { owner, config, env, periodic, ratesAt = 'end' } = this.#options;
    if (training.begin({ steps, rng })) {
      this.#options.begin();
      this.#collector.reset(rng.split('env').seed);
    }
    const metrics = new MeanMetrics<Figure>(owner);
    let episodes: EpisodeReport[] = [];
    while (training.step < steps) {
      const begin = training.step / steps;
      this.#collector.step(this.#actions(begin), episodes);
      training.step += env.numEnvs;
      if (periodic && this.#passes(periodic.every)) periodic.call();
      const share = ratesAt === 'begin' ? begin : Math.min(1, training.step / steps);
      const rates = this.#ratesAt(share);
      const beta = rateAt(`${owner}: prioritizedBeta`, config.prioritizedBeta, share);
      for (let due = updatesDue(training.step, training.updates, config); due > 0; due--) {
        this.#update(rates, beta, metrics);
      }
      const { step, updates } = training;
      if (!this.#passes(config.reportEvery) && step < steps) continue;
      const figures = (metrics.hasSome ? metrics.take() : {}) as Partial<Record<Figure, number>>;
      yield { step, updates, episodes, ...figures };
      episodes = [];
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

  /** Whether the last step of all environments has reached or passed a multiple of `every` steps. */
  #passes(every: number): boolean {
    return this.#training.step % every < this.#options.env.numEnvs;
  }

  /** One action for each environment. */
  #actions(share: number): ArrayLike<number> {
    const { config, actionSpace, act, parts } = this.#options;
    const rng = this.#training.streams.actions!;
    // Where actions are masked, uniform ones are the agent's own.
    const isUniform = actionSpace instanceof Box ? actionSpace.bounded : parts.policy.maskDim === 0;
    if (isUniform && this.#training.step < config.learningStarts) {
      return fillUniform(this.#uniform, actionSpace, rng);
    }
    return act(parts.replay.current, rng, share);
  }

  #ratesAt(share: number): Record<RateName, number> {
    const { owner, rates } = this.#options;
    const now = {} as Record<RateName, number>;
    for (const name in rates) now[name] = rateAt(`${owner}: ${name}`, rates[name], share);
    return now;
  }

  #update(rates: Record<RateName, number>, beta: number, metrics: MeanMetrics<Figure>): void {
    const training = this.#training;
    const { owner, parts, update } = this.#options;
    const batch = parts.replay.sample(training.streams.replay!, { scale: this.#scale, beta });
    training.updates += 1;
    const { errors, ...figures } = update({ ...batch, ...rates }, training.streams.updates, training.updates);
    metrics.add(training.step, scalarsOf(figures as Partial<Record<Figure, ArrayLike<number>>>));
    if (batch.weights === undefined) return;
    if (errors === undefined) throw new Error(`${owner}: its updates tell no errors, which a prioritized replay needs`);
    parts.replay.prioritize(errors);
  }
}
