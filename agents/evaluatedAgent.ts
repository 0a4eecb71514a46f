import { z } from 'zod';
import type { StateDict } from '../src/index.ts';
import { parseOptions } from '../src/options/parseOptions.ts';
import type { Agent, AgentState, TrainOptions, TrainReport } from './agent.ts';
import { AgentParts, plainStateDict, type Stateful } from './common/agentParts.ts';
import { episodeStatistics } from './common/episodeStatistics.ts';
import type { EpisodeStatistics } from './common/episodeTally.ts';
import { evaluateStepwise } from './common/evaluate.ts';
import { checkEvaluationOptions, evaluationOptions } from './common/evaluationOptions.ts';
import { inTurns } from './common/inTurns.ts';
import { type EnvRequest, envRequestShape } from './common/openEnvs.ts';
import { partSchemas } from './common/partSchemas.ts';

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
export class EvaluatedAgent<Report extends TrainReport = TrainReport> implements Agent<Report & EvaluatedReport> {
  readonly #options: z.output<typeof evaluatedAgentOptions>;
  readonly #agent: Agent<Report>;
  readonly #parts: AgentParts;
  #progress = BEGIN;
  #goesOn = false;
  /** The weights that the training ended with, while the policy has those of the best evaluation. */
  #lastWeights: StateDict | undefined;

  /**
   * @param options the agent is disposed with this one; the policy is the one that it trains
   * @throws for an unknown option or one out of range; if the best is to be kept without evaluations
   */
  constructor(options: EvaluatedAgentOptions<Report>) {
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
    this.#parts = new AgentParts('EvaluatedAgent', { evaluations: progress, agent: this.#agent }, [this.#agent]);
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
    if (best?.weights == null || this.#lastWeights !== undefined) return use(best?.weights == null ? step : best.step);
    const { policy } = this.#options;
    const current = plainStateDict(policy);
    policy.loadStateDict(best.weights);
    try {
      return use(best.step);
    } finally {
      policy.loadStateDict(current);
    }
  }

  state(): AgentState {
    const { policy } = this.#options;
    const { best } = this.#progress;
    if (this.#lastWeights === undefined) return this.#parts.state();
    policy.loadStateDict(this.#lastWeights);
    try {
      return this.#parts.state();
    } finally {
      policy.loadStateDict(best!.weights!);
    }
  }

  setState(state: AgentState): void {
    this.#parts.setState(state);
    this.#lastWeights = undefined;
    this.#goesOn = true;
  }

  dispose(): void {
    this.#parts.dispose();
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
