import type { TrainReport } from '../../agents/index.ts';
import type { MetricsRow } from '../harness/experiment.ts';

/**
 * Sums up the reports of a training to rows that are some steps apart. A row has the numbers of a report, as means over those since
 * the row before; `episodes`, how many have ended since, with the means of their `return` and `length`, null where none has.
 */
export class ReportRows {
  readonly #interval: number;
  #lastStep: number;
  #sums: Record<string, { sum: number; count: number }> = {};
  #episodes = { count: 0, return: 0, length: 0 };

  /**
   * @param interval environment steps between two rows, or a little more
   * @param lastStep the step of the last row of a training that goes on
   */
  constructor(interval: number, lastStep = 0) {
    this.#interval = interval;
    this.#lastStep = lastStep;
  }

  /** Takes in a report; the row that it completes, if it does. @param last whether the training ends with it */
  add(report: TrainReport, last: boolean): MetricsRow | undefined {
    const { step, updates, episodes, ...numbers } = report;
    for (const [name, value] of Object.entries(numbers)) {
      if (typeof value !== 'number' && value !== null) continue;
      this.#sums[name] ??= { sum: 0, count: 0 };
      // Nothing to measure: no update has been made yet, say. What diverges the agent itself refuses.
      if (value === null || !Number.isFinite(value)) continue;
      this.#sums[name].sum += value;
      this.#sums[name].count++;
    }
    for (const episode of episodes) {
      this.#episodes.count++;
      this.#episodes.return += episode.return;
      this.#episodes.length += episode.length;
    }
    if (step - this.#lastStep < this.#interval && !last) return undefined;
    const { count, return: sum, length } = this.#episodes;
    const row = {
      step,
      updates,
      episodes: count,
      return: count === 0 ? null : sum / count,
      length: count === 0 ? null : length / count,
      ...Object.fromEntries(
        Object.entries(this.#sums).map(([name, { sum, count }]) => [name, count === 0 ? null : sum / count]),
      ),
    };
    this.#lastStep = step;
    this.#sums = {};
    this.#episodes = { count: 0, return: 0, length: 0 };
    return row;
  }
}
