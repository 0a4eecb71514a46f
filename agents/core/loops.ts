import type { z } from 'zod';
import { Box, type VectorEnv } from '../../envs/index.ts';
import type { Module, Policy, Rng } from '../../src/index.ts';
import { type Bounds, unitBounds } from '../../src/policies/boxScale.ts';
import { DivergedError, type Rate, rateAt } from '../../src/training/optimization.ts';
import type { Agent, AgentState, EpisodeReport, TrainOptions, TrainReport } from '../agent.ts';
import { hasAngles } from './checks.ts';
import { fillUniform, type PolicyEnv, vectorEnvFor } from './envs.ts';
import { ExplorationNoise } from './exploring.ts';
import { type Normalizers, normalizersFor } from './normalization.ts';
import type { OfflineConfig } from './offlineOptions.ts';
import { OfflineReplay } from './offlineReplay.ts';
import type { offPolicyOptions } from './options.ts';
import { type ReplayBuffer, ReplayCollector, type Transitions, updatesDue } from './replay.ts';
import { AgentParts, MeanMetrics, type Stateful, scalarsOf, stateOfEnv, Training } from './state.ts';

/** Takes steps to their end, and in between lets in what waits, see {@link Turns}. */
export async function inTurns<T>(steps: Generator<void, T, void>): Promise<T> {
  const turns = new Turns();
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await turns.next();
  }
}

/** What an agent that begins with data is made of beside its networks. */
export interface OfflineParts {
  readonly replay: OfflineReplay;
  /** The data's; an environment has the same. */
  readonly actionSpace: Box;
  /** What actions are counted in where their bounds are missing; undefined where there are bounds. */
  readonly units: ReturnType<typeof unitBounds>;
  /** Where the agent goes online; undefined if it does not. */
  readonly env: VectorEnv | undefined;
}

/**
 * @param owner who learns, as errors name it: `Iql`
 * @throws one line, if data and environment do not fit the policy, or each other; as {@link OfflineReplay} does
 */
export function offlineParts(owner: string, config: OfflineConfig): OfflineParts {
  const { policy, onlineSteps } = config;
  const { env: given, actionSpace: ofEnv } = config.env === undefined ? {} : vectorEnvFor(owner, policy, config.env);
  const env = onlineSteps > 0 ? given : undefined;
  const replay = new OfflineReplay(owner, config, env);
  const { actionSpace } = replay;
  if (ofEnv !== undefined && !hasBounds(ofEnv, actionSpace)) {
    throw new Error(`${owner}: env: got actions in ${ofEnv}, expected ${actionSpace}, as the data have`);
  }
  return { replay, actionSpace, units: unitBounds(actionSpace, policy.actionScale), env };
}

function hasBounds(space: object, { low, high }: Box): boolean {
  const other = space as Partial<Box>;
  return low.every((bound, i) => bound === other.low?.[i]) && high.every((bound, i) => bound === other.high?.[i]);
}

/** How far the mean value of a minibatch may be beyond what rewards allow before the critics are said to diverge. */
const TOO_FAR = 2;

interface OfflineTrainingOptions<RateName extends string, Figure extends string> {
  /** Whose training it is, as errors name it: `Iql`. */
  readonly owner: string;
  /** The agent's options. */
  readonly config: OfflineConfig & { readonly explorationNoise: number; readonly noiseCorrelation: number };
  /** Where the agent goes online; undefined if it does not. */
  readonly env: VectorEnv | undefined;
  readonly actionSpace: Box;
  /** What noise is counted in, if not its bounds. */
  readonly units: Bounds | undefined;
  /** The agent's own parts, as for {@link AgentParts}; those of the collecting and the training are added. */
  readonly parts: Readonly<Record<string, Module | Stateful>> & {
    readonly policy: Policy;
    readonly replay: OfflineReplay;
  };
  /** Compiled functions, which are disposed with the agent. */
  readonly compiled: readonly { dispose(): void }[];
  /** What changes in the course of the training, by the names under which updates get it. */
  readonly rates: Readonly<Partial<Record<RateName, Rate>>>;
  /** As `rates`, by the share of the online steps that is done, which is 0 before. */
  readonly onlineRates?: Readonly<Partial<Record<RateName, Rate>>>;
  /** What usually helps where the critics diverge: `a larger alpha, or a smaller learningRate`. */
  readonly remedy: string;
  /** Called before the first step of a training: target networks become equal to those that they follow. */
  readonly begin: () => void;
  /**
   * What the environments are to try, before noise is added.
   * @param observations `[envs · observationDim]`
   * @returns `[envs · actionDim]`
   */
  readonly act: (observations: Float32Array, rng: Rng) => ArrayLike<number>;
  /**
   * One update.
   * @param inputs a minibatch and the rates
   * @param count which update it is, from 1
   * @returns figures for the reports, of one number each; not every update need have all
   */
  readonly update: (
    inputs: Transitions & Readonly<Record<RateName, number>>,
    rng: Rng | undefined,
    count: number,
  ) => Readonly<Partial<Record<Figure | 'actionValue', ArrayLike<number>>>>;
}

/** What critics and noise count in, which nothing changes: a part of the state that refuses another. */
function stateOfUnits(units: Bounds): Stateful {
  const text = JSON.stringify(units);
  return {
    state: () => text,
    setState(state) {
      if (state !== text) throw new Error('its units of actions are others, expected a policy with the same');
    },
  };
}

/** A report with the means of the figures over the updates since the last one; without them where there were none. */
type OfflineReport<Figure extends string> = TrainReport & { readonly [F in Figure]?: number };

/**
 * The training of an agent that learns from data: each step is one update. The last `onlineSteps` are steps of the environments, whose
 * transitions go into a replay beside the data; after each as many updates follow as are due. It also makes the reports, holds the state and
 * disposes of what the agent has made. How to act and what an update is, the agent says.
 *
 * As long as it has not gone online its state has nothing of environments, so that an agent without them may have made it. Once it has, it
 * stays online, also where it goes on with more steps.
 *
 * No value can be beyond max |r| / (1 − γ). Where the mean value of what is learned from is twice as far, the critics have diverged.
 */
export class OfflineTraining<RateName extends string, Figure extends string> {
  readonly #options: OfflineTrainingOptions<RateName, Figure>;
  readonly #noise: ExplorationNoise | undefined;
  readonly #collector: ReplayCollector | undefined;
  /** The step at which it went online; null before. */
  #onlineFrom: number | null = null;
  readonly #training: Training<'actions' | 'replay' | 'updates'>;
  readonly #parts: AgentParts;

  constructor(options: OfflineTrainingOptions<RateName, Figure>) {
    this.#options = options;
    const { owner, config, env, actionSpace, parts, compiled } = options;
    const { replay } = parts;
    this.#noise =
      env && new ExplorationNoise(env.numEnvs, options.units ?? actionSpace, config, hasAngles(parts.policy));
    this.#collector = env && new ReplayCollector({ owner, env, actionSpace, replay: replay.online! });
    this.#training = new Training(owner, ['actions', 'replay', 'updates']);
    this.#parts = new AgentParts(
      owner,
      {
        units: options.units && stateOfUnits(options.units),
        ...parts,
        noise: this.#whenOnline(this.#noise),
        env: this.#whenOnline(env && stateOfEnv(env)),
        collector: this.#whenOnline(this.#collector),
        onlineFrom: {
          state: () => this.#onlineFrom,
          setState: (step: number | null) => {
            this.#onlineFrom = step;
          },
        },
        training: this.#training,
      },
      compiled,
    );
  }

  /** As `Agent.train`. @throws {DivergedError} if a figure is no longer a number, or values are beyond what rewards allow */
  async *train({ steps, rng }: TrainOptions): AsyncGenerator<OfflineReport<Figure>, void, undefined> {
    const training = this.#training;
    const { owner, config, env, parts, remedy } = this.#options;
    const { onlineSteps, reportEvery } = config;
    if (onlineSteps > 0 && env === undefined) {
      throw new Error(`${owner}: onlineSteps: got ${onlineSteps} without an env, expected one to make them in`);
    }
    if (onlineSteps > steps) {
      throw new Error(`${owner}: onlineSteps: got ${onlineSteps}, expected at most the ${steps} of the training`);
    }
    if (training.begin({ steps, rng })) {
      this.#options.begin();
      parts.replay.begin();
      this.#onlineFrom = null;
    }
    const metrics = new MeanMetrics<Figure | 'actionValue'>(owner, `${remedy} usually helps`);
    let episodes: EpisodeReport[] = [];
    while (training.step < steps) {
      const before = training.step;
      if (this.#onlineFrom === null && before >= steps - onlineSteps) this.#goOnline(rng);
      if (this.#onlineFrom !== null) this.#stepOnline(episodes);
      else training.step += 1;
      const rates = this.#ratesAt(steps);
      for (let due = this.#due(); due > 0; due--) this.#update(rates, metrics);
      const { step, updates } = training;
      if (Math.floor(step / reportEvery) === Math.floor(before / reportEvery) && step < steps) continue;
      const figures = (metrics.hasSome ? metrics.take() : {}) as Partial<Record<Figure | 'actionValue', number>>;
      this.#checkValues(figures.actionValue);
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

  /** A part that has a state only when the agent is online. */
  #whenOnline(part: Stateful | undefined): Stateful {
    return {
      state: () => (this.#onlineFrom === null ? null : part!.state()),
      // Without a state it begins anew when the agent goes online.
      setState: (state) => {
        if (state !== null) part!.setState(state);
      },
    };
  }

  #goOnline(rng: Rng): void {
    this.#noise!.reset();
    this.#collector!.reset(rng.split('env').seed);
    this.#onlineFrom = this.#training.step;
  }

  #stepOnline(episodes: EpisodeReport[]): void {
    const { act, parts, env } = this.#options;
    const { actions } = this.#training.streams;
    const tried = this.#noise!.addedTo(act(parts.replay.online!.current, actions), actions);
    this.#collector!.step(tried, episodes);
    this.#training.step += env!.numEnvs;
  }

  /** How many updates are due: one for each step on the data; online as many as are asked for. */
  #due(): number {
    const { step, updates } = this.#training;
    const from = this.#onlineFrom;
    if (from === null) return step - updates;
    return updatesDue(step - from, updates - from, { ...this.#options.config, updateEvery: 1 });
  }

  /** @param steps of the whole training */
  #ratesAt(steps: number): Record<RateName, number> {
    const { owner, rates, onlineRates } = this.#options;
    const { step } = this.#training;
    const from = this.#onlineFrom ?? step;
    const now = {} as Record<RateName, number>;
    const add = (those: Readonly<Partial<Record<RateName, Rate>>>, share: number) => {
      for (const name in those) now[name] = rateAt(`${owner}: ${name}`, those[name]!, Math.min(1, share));
    };
    add(rates, step / steps);
    if (onlineRates !== undefined) add(onlineRates, step === from ? 0 : (step - from) / (steps - from));
    return now;
  }

  #update(rates: Record<RateName, number>, metrics: MeanMetrics<Figure | 'actionValue'>): void {
    const training = this.#training;
    const { parts, update } = this.#options;
    const batch = parts.replay.sample(training.streams.replay);
    training.updates += 1;
    const figures = update({ ...batch, ...rates }, training.streams.updates, training.updates);
    metrics.add(training.step, scalarsOf(figures as Partial<Record<Figure | 'actionValue', ArrayLike<number>>>));
  }

  /** @throws {DivergedError} if the mean value is beyond what rewards allow */
  #checkValues(value: number | undefined): void {
    const { owner, config, remedy, parts } = this.#options;
    const { largestReward } = parts.replay;
    // Without a discount nothing bounds a value, also where all rewards are 0.
    if (config.gamma === 1) return;
    // A return of rewards that are all 0 bounds nothing: networks begin with values of their own.
    const most = Math.max(largestReward / (1 - config.gamma), 1);
    if (value === undefined || Math.abs(value) <= TOO_FAR * most) return;
    const allowed = `where rewards of at most ${figure(largestReward)} allow ±${figure(most)}`;
    const quantity = "the critics' mean value";
    const advice = `${allowed}: the critics have diverged; ${remedy} usually helps`;
    throw new DivergedError(owner, this.#training.step, quantity, value, undefined, advice);
  }
}

/** Three digits. */
function figure(value: number): string {
  return String(Number(value.toPrecision(3)));
}

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

/** Options of {@link trainingReports}. */
interface TrainingReportsOptions<Report extends TrainReport> {
  readonly agent: Agent<Report>;
  /** As {@link Agent.train} takes it. */
  readonly steps: number;
  /** Its stream `training` has all randomness of the training. */
  readonly rng: Rng;
  /** Ends the training after the next report. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The reports of a training, from its beginning or from the state that the agent was set to: what `train` and `oxbow train` run. Between
 * two of them whatever else waits in the program has its turn.
 */
export async function* trainingReports<Report extends TrainReport>({
  agent,
  steps,
  rng,
  signal,
}: TrainingReportsOptions<Report>): AsyncGenerator<Report, void, undefined> {
  if (signal?.aborted) return;
  const turns = new Turns();
  for await (const report of agent.train({ steps, rng: rng.split('training') })) {
    yield report;
    await turns.next();
    if (signal?.aborted) return;
  }
}

/** Milliseconds of work between two looks at what else there is to do. */
const TURN = 50;

/** Lets in what waits during long work, such as a click or the signal of a Ctrl-C, every 50 ms or so. In Node and on a page. */
export class Turns {
  #begun = performance.now();

  /** To be awaited between two steps of the work. */
  async next(): Promise<void> {
    if (performance.now() - this.#begun < TURN) return;
    // A promise alone lets in promises only.
    await new Promise<void>((resolve) => setTimeout(resolve));
    this.#begun = performance.now();
  }
}
