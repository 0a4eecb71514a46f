import { describe } from './describe.ts';
import { Box } from './spaces/box.ts';
import { Dict } from './spaces/dict.ts';
import { Discrete } from './spaces/discrete.ts';
import { MultiBinary } from './spaces/multiBinary.ts';
import { MultiDiscrete } from './spaces/multiDiscrete.ts';
import type { BatchArray, Space } from './spaces/space.ts';
import { Tuple } from './spaces/tuple.ts';

/** Checks the actions of a vector env, before any env makes its step. */
export class VectorActions {
  readonly #owner: string;
  readonly #space: Space;
  /** Rows whose episode has ended: their actions are not looked at. */
  readonly #ended: Uint8Array;
  /** `[actionSize]`: from where to where a whole number must lie; undefined for what may be any number. */
  readonly #ranges: readonly (Range | undefined)[];

  /**
   * @param owner whose errors these are
   * @param ended `[n]`, 1 where an episode has ended and the env has not been reset since; it is kept
   */
  constructor(owner: string, space: Space, ended: Uint8Array) {
    this.#owner = owner;
    this.#space = space;
    this.#ended = ended;
    this.#ranges = rangesOf(space);
  }

  /** @throws unless there are as many numbers as all actions have */
  checkLength(actions: BatchArray): void {
    const n = this.#ended.length;
    const { size } = this.#space;
    if (actions?.length === n * size) return;
    const got = actions?.length === undefined ? describe(actions) : `${actions.length} numbers`;
    throw new Error(`${this.#owner}.step: got ${got}, expected ${n} actions of ${size}`);
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
    const ranges = this.#ranges;
    const size = ranges.length;
    for (let i = 0, k = 0; i < this.#ended.length; i++) {
      for (let j = 0; j < size; j++, k++) {
        const action = actions[k]!;
        const range = ranges[j];
        const isRight =
          range === undefined
            ? !Number.isNaN(action)
            : action >= range[0] && action <= range[1] && Math.trunc(action) === action;
        if (!isRight && !this.#ended[i]) this.#refuse(i, j, action);
      }
    }
  }

  #refuse(i: number, j: number, action: number): never {
    const range = this.#ranges[j];
    const wanted = range === undefined ? 'a number' : `an integer in [${range[0]}, ${range[1]}]`;
    const problem =
      this.#space instanceof Discrete
        ? `expected ${wanted}, got ${action}`
        : `entry ${j} is ${action}, expected ${wanted}`;
    throw new Error(`${this.#owner}.step: the action of env ${i}: ${problem}`);
  }
}

type Range = readonly [low: number, high: number];

/** For each number of a row, the least and the greatest whole number that it may be; undefined where it may be any number. */
function rangesOf(space: Space): (Range | undefined)[] {
  if (space instanceof Dict) return space.names.flatMap((name) => rangesOf(space.spaces[name] as Space));
  if (space instanceof Tuple) return space.spaces.flatMap((part) => rangesOf(part as Space));
  if (space instanceof Discrete) return [[space.start, space.start + space.n - 1]];
  if (space instanceof MultiDiscrete) return space.nvec.map((n, i) => [space.start[i]!, space.start[i]! + n - 1]);
  if (space instanceof MultiBinary) return new Array<Range>(space.size).fill([0, 1]);
  const isWhole = space instanceof Box && (space.dtype === 'int32' || space.dtype === 'uint8');
  return Array.from({ length: space.size }, (_, i) => (isWhole ? [space.low[i]!, space.high[i]!] : undefined));
}
