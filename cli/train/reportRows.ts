import { EpisodeTally } from '../../agents/core/episodeStatistics.ts';
import type { EvaluatedReport, TrainingEvaluation } from '../../agents/index.ts';
import type { MetricsRow } from '../experiment/experiment.ts';
import { isShare, sharesOf } from './shares.ts';

/** What the columns of an evaluation begin with. */
export const EVALUATION = 'evaluation';

/**
 * Sums up the reports of a training to rows that are some steps apart. A row has the numbers of a report, as means over those since
 * the row before; `episodes`, how many have ended since, with the means of their `return` and `length`, null where none has; and the
 * shares of how they ended, `outcome/left`, of all words that there were so far. An evaluation completes a row, which has the same of
 * its episodes: `evaluationReturn`, `evaluationOutcome/left`.
 */
export class ReportRows {
  readonly #interval: number;
  #lastStep: number;
  #sums: Record<string, { sum: number; count: number }> = {};
  #tally = new EpisodeTally();
  readonly #shares: Set<string>;

  /**
   * @param interval environment steps between two rows, or a little more
   * @param before the rows so far of a training that goes on
   */
  constructor(interval: number, before: readonly MetricsRow[] = []) {
    this.#interval = interval;
    this.#lastStep = Number(before.at(-1)?.step ?? 0);
    const columns = before.flatMap(Object.keys);
    this.#shares = new Set(columns.filter((name) => isShare(name) && !name.startsWith(EVALUATION)));
  }

  /** Takes in a report; the row that it completes, if it does. @param last whether the training ends with it */
  add(report: EvaluatedReport, last: boolean): MetricsRow | undefined {
    const { step, updates, episodes, evaluation, ...numbers } = report;
    for (const [name, value] of Object.entries(numbers)) {
      if (typeof value !== 'number' && value !== null) continue;
      this.#sums[name] ??= { sum: 0, count: 0 };
      // Nothing to measure: no update has been made yet, say. What diverges the agent itself refuses.
      if (value === null || !Number.isFinite(value)) continue;
      this.#sums[name].sum += value;
      this.#sums[name].count++;
    }
    this.#tally.add(episodes);
    if (step - this.#lastStep < this.#interval && !last && evaluation === undefined) return undefined;
    const statistics = this.#tally.statistics();
    const shares = sharesOf(statistics, this.#shares);
    for (const name in shares) this.#shares.add(name);
    const row = {
      step,
      updates,
      episodes: statistics.episodes,
      return: statistics.return,
      length: statistics.length,
      ...shares,
      ...Object.fromEntries(
        Object.entries(this.#sums).map(([name, { sum, count }]) => [name, count === 0 ? null : sum / count]),
      ),
      ...(evaluation && columnsOf(evaluation)),
    };
    this.#lastStep = step;
    this.#sums = {};
    this.#tally = new EpisodeTally();
    return row;
  }
}

function columnsOf(evaluation: TrainingEvaluation): MetricsRow {
  const { return: mean, length } = evaluation;
  const columns = Object.entries({ return: mean, length, ...sharesOf(evaluation) });
  return Object.fromEntries(
    columns.map(([name, value]) => [`${EVALUATION}${name[0]!.toUpperCase()}${name.slice(1)}`, value]),
  );
}
