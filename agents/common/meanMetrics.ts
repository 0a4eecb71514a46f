import { DivergedError } from '../../src/training/divergedError.ts';
import type { TrainReport } from '../agent.ts';

/** The names of the figures that a report adds to those of every agent. */
export type FigureOf<Report extends TrainReport> = Exclude<keyof Report, keyof TrainReport> & string;

/** The means of figures of several updates. */
export class MeanMetrics<Name extends string> {
  readonly #agent: string;
  #sums: Partial<Record<Name, number>> = {};
  #count = 0;

  /** @param agent whose updates they are, as errors name it */
  constructor(agent: string) {
    this.#agent = agent;
  }

  /**
   * @param figures of one update: the same names each time
   * @throws {DivergedError} if one is no number
   */
  add(step: number, figures: Readonly<Record<Name, number>>): void {
    const sums = this.#sums;
    for (const name in figures) {
      const figure = figures[name];
      if (!Number.isFinite(figure)) throw new DivergedError(this.#agent, step, name, figure);
      sums[name] = (sums[name] ?? 0) + figure;
    }
    this.#count += 1;
  }

  /** Whether there was an update since the last call of {@link take}. */
  get hasSome(): boolean {
    return this.#count > 0;
  }

  /**
   * The means since the last call, in the order of the names.
   * @throws if there was no update
   */
  take(): Record<Name, number> {
    if (!this.hasSome) throw new Error(`${this.#agent}: no update has given figures since the last report`);
    const means = this.#sums as Record<Name, number>;
    for (const name in means) means[name] /= this.#count;
    this.#sums = {};
    this.#count = 0;
    return means;
  }
}
