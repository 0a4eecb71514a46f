import { Discrete } from './spaces/discrete.ts';
import { MultiBinary } from './spaces/multiBinary.ts';
import { MultiDiscrete } from './spaces/multiDiscrete.ts';
import type { BatchArray, Space } from './spaces/space.ts';

/** Checks the actions of a vector env, before any env makes its step. */
export class VectorActions {
  readonly #owner: string;
  readonly #space: Space;
  /** Rows whose episode has ended: their actions are not looked at. */
  readonly #ended: Uint8Array;
  /** Whether an action is several whole numbers, each within its bounds. */
  readonly #isMultiple: boolean;
  readonly #action: unknown;

  /**
   * @param owner whose errors these are
   * @param ended `[n]`, 1 where an episode has ended and the env has not been reset since; it is kept
   */
  constructor(owner: string, space: Space, ended: Uint8Array) {
    this.#owner = owner;
    this.#space = space;
    this.#ended = ended;
    this.#isMultiple = space instanceof MultiDiscrete || space instanceof MultiBinary;
    this.#action = space.read(new Float64Array(space.size), 0);
  }

  /** @throws unless there are as many numbers as all actions have */
  checkLength(actions: BatchArray): void {
    const n = this.#ended.length;
    const { size } = this.#space;
    if (actions.length === n * size) return;
    throw new Error(`${this.#owner}.step: got ${actions.length} numbers, expected ${n} actions of ${size}`);
  }

  /** @throws where an episode has ended, in the mode `'disabled'` */
  refuseEnded(): void {
    const i = this.#ended.indexOf(1);
    if (i < 0) return;
    throw new Error(`${this.#owner}.step: the episode of env ${i} has ended, expected a reset({ mask }) first`);
  }

  /**
   * What this looks at it reads by itself: a call for each number would cost more than the look.
   * @throws what is wrong with an action
   */
  checkActions(actions: BatchArray): void {
    const space = this.#space;
    if (space instanceof Discrete) {
      const { start, n } = space;
      for (let i = 0; i < actions.length; i++) {
        const action = actions[i]!;
        if (!(action >= start && action < start + n && Math.trunc(action) === action)) this.#refuse(actions, i);
      }
    } else if (this.#isMultiple) {
      for (let i = 0; i < this.#ended.length; i++) this.#refuse(actions, i);
    } else {
      for (let k = 0; k < actions.length; k++) {
        if (Number.isNaN(actions[k])) {
          this.#refuse(actions, Math.floor(k / space.size), 'has a NaN, expected numbers');
        }
      }
    }
  }

  /** @throws what is wrong with an action, unless nothing is, or its env is to be reset and does not look at it */
  #refuse(actions: BatchArray, i: number, problem?: string): void {
    if (this.#ended[i]) return;
    const space = this.#space;
    const violation = problem ?? space.violation(space.read(actions, i * space.size, this.#action as never));
    if (violation !== undefined) throw new Error(`${this.#owner}.step: the action of env ${i}: ${violation}`);
  }
}
