import type { Box, VectorEnv } from '../../envs/index.ts';
import type { Module, Policy, Rng } from '../../src/index.ts';
import type { Bounds } from '../../src/policies/boxScale.ts';
import { DivergedError } from '../../src/training/divergedError.ts';
import { type Rate, rateAt } from '../../src/training/rate.ts';
import type { AgentState, TrainOptions, TrainReport } from '../agent.ts';
import { AgentParts, type Stateful, stateOfEnv } from './agentParts.ts';
import type { EpisodeReport } from './episodeTracker.ts';
import { ExplorationNoise } from './explorationNoise.ts';
import { hasAngles } from './hasAngles.ts';
import { MeanMetrics } from './meanMetrics.ts';
import type { OfflineConfig } from './offlineOptions.ts';
import type { OfflineReplay } from './offlineReplay.ts';
import { ReplayCollector } from './replayCollector.ts';
import { scalarsOf } from './scalarsOf.ts';
import { Training } from './training.ts';
import type { Transitions } from './transitions.ts';
import { updatesDue } from './updatesDue.ts';

/** How far the mean value of a minibatch may be beyond what rewards allow before the critics are said to diverge. */
const TOO_FAR = 2;

export interface OfflineTrainingOptions<RateName extends string, Figure extends string> {
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
