import { checkArgument } from '../src/options/checkArguments.ts';
import type { AgentName, AgentReportsByName } from './builtinAgents.ts';
import { episodeStatistics } from './common/episodeStatistics.ts';
import type { EvaluatedReport } from './evaluatedAgent.ts';
import {
  type AnyPolicy,
  type TrainedAction,
  type TrainResult,
  type TrainSettings,
  trainStream,
} from './trainStream.ts';

/**
 * Trains an agent, by its name, on environments that are named or given. Whatever is left out is what `oxbow train` takes: the preset of
 * the agent on that environment, else what suits the agent, else the defaults. The same settings and the same seed give the same policy
 * as `oxbow train --seeds seed`.
 *
 * The tfjs backend and the engine are those that were selected; see `selectEngine`. What it makes it frees, but for the policy.
 *
 * @example
 * const { policy, meanReturn } = await train({ env: 'Pendulum-v1', agent: 'ppo', policy: 'spline', steps: 100_000, seed: 0 });
 * policy.act([1, 0, 0]);
 * @throws one line, if a name is unknown, an option does not fit, or agent, policy and environment do not fit together; a `DivergedError`
 *   if a loss is no number
 */
export async function train<
  const N extends AgentName,
  const P extends AnyPolicy = undefined,
  Id extends string = string,
>(
  options: TrainSettings<N, P, Id> & {
    /** Is told each report of the agent; the training waits for what it returns. What it throws ends the training. */
    readonly onReport?: ((report: AgentReportsByName[N] & EvaluatedReport) => unknown) | undefined;
    /** Whether each report is printed as a line: the step, and the mean return of the episodes that have ended since the one before. */
    readonly verbose?: boolean | undefined;
  },
): Promise<TrainResult<TrainedAction<P>>> {
  checkArgument('train', 'settings', options, Object);
  const { onReport, verbose = false, ...settings } = options;
  checkArgument('train', 'onReport', onReport, [Function, undefined]);
  checkArgument('train', 'verbose', verbose, Boolean);
  const reports = trainStream<N, P, Id>(settings as unknown as TrainSettings<N, P, Id>);
  try {
    for (;;) {
      const { done, value } = await reports.next();
      if (done) return value;
      if (verbose) console.log(lineOf(value));
      await onReport?.(value);
    }
  } finally {
    await reports.return(undefined as never);
  }
}

/** `step 8192: return -1203.4, the mean of 20 episodes`. */
function lineOf({ step, episodes, evaluation }: EvaluatedReport): string {
  const { return: mean } = episodeStatistics(episodes);
  const returned =
    mean === null ? 'no episode has ended' : `return ${mean.toFixed(1)}, the mean of ${episodes.length} episodes`;
  return `step ${step}: ${returned}${evaluation === undefined ? '' : `; evaluation ${evaluation.return.toFixed(1)}`}`;
}
