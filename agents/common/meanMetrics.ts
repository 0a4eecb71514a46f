import { DivergedError } from '../../src/training/divergedError.ts';
import type { TrainReport } from '../agent.ts';

/** The names of the figures that a report adds to those of every agent. */
export type FigureOf<Report extends TrainReport> = Exclude<keyof Report, keyof TrainReport> & string;

/** The means of figures of several updates. */
export class MeanMetrics<Name extends string> {
  readonly #agent: string;
  readonly #advice: string | undefined;
  #sums: Partial<Record<Name, { sum: number; count: number }>> = {};
  #hasSome = false;

  /**
   * @param agent whose updates they are, as errors name it
   * @param advice what usually helps where one is no number, as errors say it
   */
  constructor(agent: string, advice?: string) {
    this.#agent = agent;
    this.#advice = advice;
  }

  /**
   * @param figures of one update; some may have names that others have not, as where not all updates move the policy
   * @throws {DivergedError} if one is no number
   */
  add(step: number, figures: Readonly<Partial<Record<Name, number>>>): void {
    for (const name in figures) {
      const figure = figures[name]!;
      if (!Number.isFinite(figure)) {
        throw new DivergedError(this.#agent, step, name, figure, undefined, this.#advice);
      }
      this.#sums[name] ??= { sum: 0, count: 0 };
      this.#sums[name].sum += figure;
      this.#sums[name].count += 1;
    }
    this.#hasSome = true;
  }

  /** Whether there was an update since the last call of {@link take}. */
  get hasSome(): boolean {
    return this.#hasSome;
  }

  /**
   * The means since the last call, each over the updates that gave it, in the order of the names.
   * @throws if there was no update
   */
  take(): Record<Name, number> {
    if (!this.hasSome) throw new Error(`${this.#agent}: no update has given figures since the last report`);
    const means = {} as Record<Name, number>;
    for (const name in this.#sums) {
      const { sum, count } = this.#sums[name]!;
      means[name] = sum / count;
    }
    this.#sums = {};
    this.#hasSome = false;
    return means;
  }
}
