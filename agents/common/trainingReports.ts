import type { Rng } from '../../src/index.ts';
import type { Agent, TrainReport } from '../agent.ts';
import { Turns } from './turns.ts';

/** Options of {@link trainingReports}. */
export interface TrainingReportsOptions<Report extends TrainReport> {
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
