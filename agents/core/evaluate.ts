import { z } from 'zod';
import { Actor, Rng, type StateDict } from '../../src/index.ts';
import { choice, count, flag } from '../../src/options/fields.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { actingShape } from '../../src/policies/acting.ts';
import { ChunkedActions } from '../../src/policies/actionChunks.ts';
import { inTurns } from '../../src/turns.ts';
import type { Agent, AgentState, EpisodeReport, TrainOptions, TrainReport } from '../agent.ts';
import { commandActions, type EnvRequest, envRequestShape, openEnvs, vectorEnvFor } from './envs.ts';
import { type EpisodeStatistics, episodeStatistics } from './episodeStatistics.ts';
import { partSchemas } from './options.ts';
import { CheckpointedAgent, plainStateDict, type Stateful, withWeights } from './state.ts';

/** How a policy is evaluated while it is trained: options of a training, and of `EvaluatedAgent`. */
export const evaluationOptions = {
  evaluateEvery: z.int().nonnegative().default(0).meta({
    description: 'steps between two evaluations of the policy during its training, at least; 0 for none',
    unit: 'steps',
  }),
  evaluateEpisodes: count(20, 'episodes of each evaluation during the training', 'episodes'),
  evaluateGreedy: flag(false, 'whether evaluations during the training take greedy actions in place of sampled ones'),
  keep: choice(
    ['last', 'best'],
    'last',
    'which policy a training ends with; the last one, or that of the evaluation with the highest mean return',
  ),
  stopAtReturn: z.number().optional().meta({
    description: 'mean return of an evaluation at which the training ends; by default none does',
    unit: 'return',
  }),
};

/** Values of {@link evaluationOptions}. */
export type EvaluationOptions = z.output<z.ZodObject<typeof evaluationOptions>>;

/** @param where begins the error. @throws if something is asked for that only evaluations tell, and there are none */
export function checkEvaluationOptions({ evaluateEvery, keep, stopAtReturn }: EvaluationOptions, where = ''): void {
  if (evaluateEvery > 0) return;
  const without = 'without evaluations, expected evaluateEvery > 0 beside it';
  if (keep === 'best') throw new Error(`${where}keep: got "best" ${without}`);
  if (stopAtReturn !== undefined) throw new Error(`${where}stopAtReturn: got ${stopAtReturn} ${without}`);
}

/** How many environments are opened, at most: enough to act in batches, and few enough for large ones. */
export const MOST_ENVS = 16;

/**
 * Sees every step; `episodes` says of each environment which episode it plays, −1 where it has played all of its own, and `states`, of a policy
 * with a memory, what it knew before the step.
 */
type OnStep = (step: {
  observations: Float32Array;
  states: Float32Array;
  actions: Float32Array;
  episodes: Int32Array;
}) => void;
/** Sees the last observation of each episode. */
type OnEnd = (episode: number, observation: Float32Array) => void;

const isFunction = (value: unknown): boolean => typeof value === 'function';

const evaluateOptions = z.strictObject({
  policy: partSchemas.policy.describe('the policy that acts'),
  ...envRequestShape,
  episodes: count(100, 'how many episodes, over all environments', 'episodes'),
  seed: z.union([z.number(), z.string()], 'a number or a text').optional().describe('names the streams; 0 by default'),
  rng: partSchemas.rng.optional().describe('streams the resets and the actions, in place of those of a seed'),
  ...actingShape,
  candidates: z.int().positive().optional().meta({
    description: 'samples that a greedy action is the center of, where the policy has no exact mode; 32 by default',
    unit: 'actions',
  }),
  onStep: z.custom<OnStep>(isFunction, 'a function').optional().describe('sees every step'),
  onEnd: z.custom<OnEnd>(isFunction, 'a function').optional().describe('sees the last observation of each episode'),
});

/** Options of {@link evaluate}. */
export type EvaluateOptions<Id extends string = string> = EnvRequest<Id> &
  Omit<z.input<typeof evaluateOptions>, keyof EnvRequest>;

/** What {@link evaluate} has measured. */
export interface Evaluation {
  /** Each of them, by its number. */
  readonly episodes: readonly EpisodeReport[];
  readonly meanReturn: number;
  /** The standard error of the mean return, s / √n with the sample's standard deviation s; null of a single episode. */
  readonly standardError: number | null;
  readonly meanLength: number;
  /** How many ended with which `info.outcome`; `episodeStatistics` counts other words, too. */
  readonly outcomes: Readonly<Record<string, number>>;
}

/**
 * Runs episodes of a policy, in several environments side by side: 16 or fewer, unless there are others or `numEnvs` says it.
 *
 * Which environment plays which episode is settled before they begin: environment i of n those of numbers i, i + n, i + 2n, … So
 * short episodes do not count more often, as they would if the first that end were taken.
 *
 * @example
 * const { meanReturn, standardError } = evaluate({ policy, env: 'Pendulum-v1', episodes: 100, greedy: true });
 * @throws for an unknown option or one out of range, or if the environment does not fit the policy
 */
export function evaluate<Id extends string = string>(options: EvaluateOptions<Id>): Evaluation {
  const steps = evaluateStepwise(options);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** {@link evaluate}, which pauses after each step of the environments. */
export function* evaluateStepwise<Id extends string = string>(
  options: EvaluateOptions<Id>,
): Generator<void, Evaluation, void> {
  const parsed = parseOptions('evaluate', evaluateOptions, options);
  const { policy, episodes: count, seed, rng, greedy, candidates, acting, onStep, onEnd } = parsed;
  if (seed !== undefined && rng !== undefined) throw new Error('evaluate: got a seed and an rng, expected one of them');
  const opened = openEnvs('evaluate', parsed as EvaluateOptions, Math.min(count, MOST_ENVS));
  let actor: Actor | undefined;
  try {
    const { env, actionSpace } = vectorEnvFor('evaluate', policy, opened.env);
    const { numEnvs } = env;
    const streams = rng ?? new Rng(seed ?? 0);
    actor = new Actor(policy, { rng: streams.split('actions'), batch: numEnvs, greedy, candidates, acting });
    const reports = new Array<EpisodeReport>(count);
    const returns = new Float64Array(numEnvs);
    const lengths = new Int32Array(numEnvs);
    const episodes = Int32Array.from({ length: numEnvs }, (_, i) => (i < reports.length ? i : -1));
    const chunks = new ChunkedActions(policy, numEnvs);
    let left = reports.length;
    let [observations] = env.reset({ seed: streams.split('env').seed });
    while (left > 0) {
      const states = actor.state.slice();
      const given = chunks.next(() => actor!.act(observations).action);
      const actions = commandActions(given, actionSpace);
      onStep?.({ observations, states, actions, episodes });
      const step = env.step(actions);
      actor.resetEnded(step);
      chunks.resetEnded(step);
      for (let i = 0; i < numEnvs; i++) {
        const episode = episodes[i]!;
        if (episode < 0) continue;
        returns[i]! += step.rewards[i]!;
        lengths[i]! += 1;
        if (!step.terminations[i] && !step.truncations[i]) continue;
        left -= 1;
        onEnd?.(episode, step.finalObservations.subarray(i * policy.observationDim, (i + 1) * policy.observationDim));
        reports[episode] = { return: returns[i]!, length: lengths[i]!, info: step.finalInfos[i]! };
        episodes[i] = episode + numEnvs < reports.length ? episode + numEnvs : -1;
        returns[i] = 0;
        lengths[i] = 0;
      }
      observations = step.observations;
      yield;
    }
    return evaluationOf(reports);
  } finally {
    actor?.dispose();
    opened.close();
  }
}

function evaluationOf(episodes: readonly EpisodeReport[]): Evaluation {
  const { return: mean, length, counts } = episodeStatistics(episodes);
  const squares = episodes.reduce((sum, episode) => sum + (episode.return - mean!) * (episode.return - mean!), 0);
  const n = episodes.length;
  return {
    episodes,
    meanReturn: mean!,
    standardError: n === 1 ? null : Math.sqrt(squares / (n - 1) / n),
    meanLength: length!,
    outcomes: counts.outcome ?? {},
  };
}

const isAgent = (value: unknown): boolean => typeof (value as Partial<Agent> | undefined)?.train === 'function';

export const evaluatedAgentOptions = z.strictObject({
  agent: z.custom<Agent>(isAgent, 'an agent').meta({ description: 'the agent that trains', type: 'Agent' }),
  policy: partSchemas.policy,
  ...envRequestShape,
  ...evaluationOptions,
});

/** Options of {@link EvaluatedAgent}. */
export type EvaluatedAgentOptions<
  Report extends TrainReport = TrainReport,
  Id extends string = string,
> = EnvRequest<Id> &
  Omit<z.input<typeof evaluatedAgentOptions>, keyof EnvRequest | 'agent'> & { readonly agent: Agent<Report> };

/** An evaluation during a training. */
export interface TrainingEvaluation extends EpisodeStatistics {
  /** The step of the training. */
  readonly step: number;
  readonly return: number;
  readonly length: number;
  /** Whether its mean return is higher than that of all before. */
  readonly isBest: boolean;
  /** Whether the training ends with it. */
  readonly stops: boolean;
}

/** What a report of a training with evaluations has beside the agent's own. */
export interface EvaluatedReport extends TrainReport {
  /** The evaluation of the policy as it is at this step, if it was evaluated. */
  readonly evaluation?: TrainingEvaluation;
}

interface Best {
  readonly step: number;
  readonly return: number;
  /** The policy's, if it is kept. */
  readonly weights: StateDict | null;
}

interface Progress {
  /** Environment steps at the last report. */
  readonly step: number;
  readonly best: Best | null;
  readonly last: TrainingEvaluation | null;
}

const BEGIN: Progress = { step: 0, best: null, last: null };

/**
 * An agent whose policy is evaluated every so many steps while another agent trains it. Its stream has that agent's reports; those at
 * which the policy was evaluated have an `evaluation`.
 *
 * Evaluations take place at the first report at or behind each multiple of `evaluateEvery`, and at the last one. They open environments
 * of their own and draw from a stream of their own, new ones each time. So the training is the same to the byte, evaluated or not.
 *
 * With `keep: 'best'` the policy gets the weights of the evaluation with the highest mean return when the training ends, is left or
 * throws. `stopAtReturn` ends it. Its state has that of the agent, and is resumed likewise.
 */
export class EvaluatedAgent<Report extends TrainReport = TrainReport> extends CheckpointedAgent<
  Report & EvaluatedReport
> {
  readonly #options: z.output<typeof evaluatedAgentOptions>;
  readonly #agent: Agent<Report>;
  #progress = BEGIN;
  #goesOn = false;
  /** The weights that the training ended with, while the policy has those of the best evaluation. */
  #lastWeights: StateDict | undefined;

  /**
   * @param options the agent is disposed with this one; the policy is the one that it trains
   * @throws for an unknown option or one out of range; if the best is to be kept without evaluations
   */
  constructor(options: EvaluatedAgentOptions<Report>) {
    super('EvaluatedAgent');
    this.#options = parseOptions('EvaluatedAgent', evaluatedAgentOptions, options);
    checkEvaluationOptions(this.#options);
    this.#agent = options.agent;
    const progress: Stateful<Progress> = {
      state: () => this.#progress,
      setState: (state) => {
        if (typeof state?.step !== 'number') throw new Error('wanted the progress of evaluations, got something else');
        this.#progress = state;
      },
    };
    // The agent last: one whose state has been set goes on from it, also where it was set back to what it had been.
    this.parts = { evaluations: progress, agent: this.#agent as Stateful };
    this.compiled = [this.#agent];
  }

  /** The step of the training so far. */
  get step(): number {
    return this.#progress.step;
  }

  /** The evaluation with the highest mean return so far: its step and mean return; undefined before the first. */
  get best(): { readonly step: number; readonly return: number } | undefined {
    return this.#progress.best ?? undefined;
  }

  /** The last evaluation; undefined before the first. */
  get last(): TrainingEvaluation | undefined {
    return this.#progress.last ?? undefined;
  }

  async *train({ steps, rng }: TrainOptions): AsyncGenerator<Report & EvaluatedReport, void, undefined> {
    if (!this.#goesOn) this.#progress = BEGIN;
    this.#goesOn = false;
    this.#lastWeights = undefined;
    try {
      if (this.#progress.last?.stops) return;
      for await (const report of this.#agent.train({ steps, rng })) {
        const { step } = report;
        const isDue = this.#isDue(step, steps);
        this.#progress = { ...this.#progress, step };
        if (!isDue) {
          yield report;
          continue;
        }
        const evaluation = await this.#evaluate(step, rng);
        yield { ...report, evaluation };
        if (evaluation.stops) return;
      }
    } finally {
      this.#takeKept();
    }
  }

  /**
   * Calls a function while the policy has the weights that a training would keep if it ended now: to save it, say.
   * @param use gets the step that they are of
   */
  withKept<T>(use: (step: number) => T): T {
    const { step, best } = this.#progress;
    const weights = this.#lastWeights === undefined ? best?.weights : undefined;
    return withWeights(this.#options.policy, weights, () => use(best?.weights == null ? step : best.step));
  }

  override state(): AgentState {
    return withWeights(this.#options.policy, this.#lastWeights, () => super.state());
  }

  override setState(state: AgentState): void {
    super.setState(state);
    this.#lastWeights = undefined;
    this.#goesOn = true;
  }

  #isDue(step: number, steps: number): boolean {
    const { evaluateEvery } = this.#options;
    if (evaluateEvery === 0) return false;
    return step >= steps || Math.floor(step / evaluateEvery) > Math.floor(this.#progress.step / evaluateEvery);
  }

  async #evaluate(step: number, rng: TrainOptions['rng']): Promise<TrainingEvaluation> {
    const {
      agent: _,
      evaluateEvery: __,
      evaluateEpisodes,
      evaluateGreedy,
      keep,
      stopAtReturn,
      ...given
    } = this.#options;
    const { policy } = given;
    const { episodes } = await inTurns(
      evaluateStepwise({
        ...(given as EvaluatedAgentOptions),
        policy,
        episodes: evaluateEpisodes,
        greedy: evaluateGreedy,
        rng: rng.split('evaluation').split(step),
      }),
    );
    // Of at least one episode, so that there are means.
    const statistics = episodeStatistics(episodes) as EpisodeStatistics & { return: number; length: number };
    const { best } = this.#progress;
    const isBest = best === null || statistics.return > best.return;
    const stops = stopAtReturn !== undefined && statistics.return >= stopAtReturn;
    const evaluation = { step, ...statistics, isBest, stops };
    this.#progress = {
      step,
      best: isBest
        ? { step, return: statistics.return, weights: keep === 'best' ? plainStateDict(policy) : null }
        : best,
      last: evaluation,
    };
    return evaluation;
  }

  /** Gives the policy the weights that are kept. Its own may be others even at the step of the best: what throws has gone on from there. */
  #takeKept(): void {
    const { best } = this.#progress;
    if (best?.weights == null) return;
    const { policy } = this.#options;
    this.#lastWeights = plainStateDict(policy);
    policy.loadStateDict(best.weights);
  }
}
