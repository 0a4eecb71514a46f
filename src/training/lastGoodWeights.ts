import type { Module, StateDict } from '../module.ts';

/** Weights from before a training diverged. Those that a finite loss has been seen with are good; those it began with are taken for it. */
export class LastGoodWeights {
  readonly #module: Module;
  #good: { step: number; weights: StateDict };
  #latest: { step: number; weights: StateDict };

  constructor(module: Module) {
    this.#module = module;
    this.#good = this.#latest = { step: 0, weights: module.stateDict() };
  }

  /** Takes note of the weights after `step` updates, of which nothing is known yet. */
  note(step: number): void {
    this.#latest = { step, weights: this.#module.stateDict() };
  }

  /** The loss of an update after the noted weights is finite, so they are good. */
  confirm(): void {
    this.#good = this.#latest;
  }

  /** Gives the module the last good weights. @returns the updates that they had */
  restore(): number {
    this.#module.loadStateDict(this.#good.weights);
    return this.#good.step;
  }
}
