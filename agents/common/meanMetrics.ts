import { DivergedError } from '../../src/training/divergedError.ts';

/** The means of figures of several updates. */
export class MeanMetrics<Name extends string> {
  readonly #names: readonly Name[];
  readonly #sums: Float64Array;
  #count = 0;

  constructor(names: readonly Name[]) {
    this.#names = names;
    this.#sums = new Float64Array(names.length);
  }

  /**
   * @param figures in the order of the names
   * @throws {DivergedError} if one is no number
   */
  add(agent: string, step: number, figures: ArrayLike<number>): void {
    for (let i = 0; i < this.#sums.length; i++) {
      if (!Number.isFinite(figures[i])) throw new DivergedError(agent, step, this.#names[i]!, figures[i]!);
      this.#sums[i]! += figures[i]!;
    }
    this.#count += 1;
  }

  /** Whether there was an update since the last call of {@link take}. */
  get hasSome(): boolean {
    return this.#count > 0;
  }

  /** The means since the last call; NaN where there was no update. */
  take(): Record<Name, number> {
    const means = Object.fromEntries(this.#names.map((name, i) => [name, this.#sums[i]! / this.#count]));
    this.#sums.fill(0);
    this.#count = 0;
    return means as Record<Name, number>;
  }
}
