import { z } from 'zod';
import { show } from '../../src/options/describe.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { Rng, type RngState } from '../../src/random.ts';
import { Box } from '../../src/spaces/box.ts';
import { Discrete } from '../../src/spaces/discrete.ts';
import { BaseEnv } from '../core/baseEnv.ts';
import type { Info, ResetResult } from '../core/env.ts';
import { checkOptionNames } from '../core/options.ts';
import { Drawing } from '../drawing/drawing.ts';

/** Tasks in which an observation does not say what to do, but what was seen before does. */

const rightReward = 4;
const wrongReward = -0.1;
/** North, east, south, west. */
const moves = 4;

export const tMazeOptions = z.strictObject({
  length: z.int().min(1).max(10_000).default(10).meta({
    description: 'how many steps the corridor is long: so long the signal has to be remembered',
    unit: 'steps',
  }),
});

interface TMazeInfo extends Info {
  outcome: 'right' | 'wrong' | undefined;
}

interface TMazeState {
  rng: RngState;
  x: number;
  signal: number;
}

/**
 * A corridor that ends in a junction: at its beginning a signal says which turn is the right one.
 *
 * - Observation: (signal, junction), `[2]`: 1 (north) or −1 (south) at the beginning and else 0; 1 at the junction and else 0. All cells
 *   between look alike.
 * - Action: 0 north, 1 east, 2 south, 3 west.
 * - Reward: 4 for the right turn, −0.1 for the wrong one and for running into a wall, else 0. Terminated: by a turn at the junction.
 * - Reset: the signal is drawn, in equal shares.
 *
 * With a memory a return of 4 is possible. Without, what is best at the junction is a guess: 1.95 in the mean.
 *
 * Bakker, "Reinforcement Learning with Long Short-Term Memory", 2001.
 *
 * @throws for an unknown option or one out of range; `step` for an action that is no move.
 */
export class TMazeEnv extends BaseEnv<Float32Array, number> {
  readonly observationSpace = new Box({ low: [-1, 0], high: [1, 1] });
  readonly actionSpace = new Discrete(moves);
  readonly length: number;
  #x = 0;
  #signal = 1;

  constructor(options: z.input<typeof tMazeOptions> = {}) {
    super();
    this.length = parseOptions('TMaze', tMazeOptions, options).length;
  }

  protected begin(options: Record<string, unknown>): ResetResult {
    checkOptionNames('TMaze.reset', options, []);
    this.#x = 0;
    this.#signal = this.rng.uniform() < 0.5 ? 1 : -1;
    return [this.#observation(), { outcome: undefined }];
  }

  step(action: number): [Float32Array, number, boolean, boolean, TMazeInfo] {
    if (!this.actionSpace.contains(action)) {
      throw new Error(
        `TMaze: step() got the action ${show(action)}, expected 0 (north), 1 (east), 2 (south) or 3 (west)`,
      );
    }
    const turn = action === 0 ? 1 : action === 2 ? -1 : 0;
    if (this.#x === this.length && turn !== 0) {
      const isRight = turn === this.#signal;
      return [
        this.#observation(),
        isRight ? rightReward : wrongReward,
        true,
        false,
        { outcome: isRight ? 'right' : 'wrong' },
      ];
    }
    const next = this.#x + (action === 1 ? 1 : action === 3 ? -1 : 0);
    const isFree = turn === 0 && next >= 0 && next <= this.length;
    if (isFree) this.#x = next;
    return [this.#observation(), isFree ? 0 : wrongReward, false, false, { outcome: undefined }];
  }

  #observation(): Float32Array {
    return Float32Array.of(this.#x === 0 ? this.#signal : 0, Number(this.#x === this.length));
  }

  render(): string {
    const end = this.length;
    const drawing = new Drawing({ x: [-1, end + 1], y: [-1.6, 1.6], label: 'a corridor that ends in a junction' });
    drawing.rect([-0.5, -0.5], [end + 0.5, 0.5], { stroke: 'line', width: 1 });
    drawing.rect([end - 0.5, -1.5], [end + 0.5, 1.5], { stroke: 'line', width: 1 });
    drawing.circle([end, this.#signal], 0.3, { stroke: 'ink', width: 1, dash: '3 2' });
    return drawing.circle([this.#x, 0], 0.25, { fill: 'ink' }).toString();
  }

  state(): TMazeState {
    return { rng: this.rng.state(), x: this.#x, signal: this.#signal };
  }

  setState({ rng, x, signal }: TMazeState): void {
    this.rng = Rng.fromState(rng);
    this.#x = x;
    this.#signal = signal;
  }
}

export const repeatPreviousOptions = z.strictObject({
  delay: z.int().min(0).max(1000).default(4).meta({
    description: 'how many steps ago the card was seen that is to be named',
    unit: 'steps',
  }),
  suits: z.int().min(2).max(100).default(4).describe('how many suits cards have'),
  steps: z.int().min(1).max(100_000).default(52).meta({ description: 'how many cards an episode has', unit: 'steps' }),
});

interface RepeatPreviousState {
  rng: RngState;
  /** The cards of the last `delay` + 1 steps, the newest last; fewer where an episode is young. */
  cards: readonly number[];
  step: number;
}

/**
 * Cards are shown one after the other, and the suit of the card of `delay` steps ago is to be named.
 *
 * - Observation: the card's suit, of `Discrete(suits)`. Each is drawn by itself, in equal shares.
 * - Action: a suit. The first `delay` steps pay nothing.
 * - Reward: 1/n for the right suit and −1/n for a wrong one, n being the steps that pay. Terminated: after `steps` cards.
 *
 * With a memory a return of 1 is possible; without, the mean is 2 / suits − 1, whatever is done.
 *
 * Morad et al., "POPGym: Benchmarking Partially Observable Reinforcement Learning", arXiv:2303.01859.
 *
 * @throws for an unknown option or one out of range, or if no step pays; `step` for an action that is no suit.
 */
export class RepeatPreviousEnv extends BaseEnv<number, number> {
  readonly observationSpace: Discrete;
  readonly actionSpace: Discrete;
  readonly delay: number;
  readonly steps: number;
  #cards: number[] = [];
  #step = 0;

  constructor(options: z.input<typeof repeatPreviousOptions> = {}) {
    super();
    const { delay, suits, steps } = parseOptions('RepeatPrevious', repeatPreviousOptions, options);
    if (steps <= delay)
      throw new Error(`RepeatPrevious: steps: got ${steps}, expected more than the delay of ${delay}`);
    this.delay = delay;
    this.steps = steps;
    this.observationSpace = new Discrete(suits);
    this.actionSpace = new Discrete(suits);
  }

  protected begin(options: Record<string, unknown>): ResetResult<number> {
    checkOptionNames('RepeatPrevious.reset', options, []);
    this.#cards = [];
    this.#step = 0;
    return [this.#draw(), {}];
  }

  #draw(): number {
    const card = this.rng.integer(0, this.observationSpace.n);
    this.#cards.push(card);
    if (this.#cards.length > this.delay + 1) this.#cards.shift();
    return card;
  }

  step(action: number): [number, number, boolean, boolean, Info] {
    if (!this.actionSpace.contains(action)) {
      throw new Error(
        `RepeatPrevious: step() got the action ${show(action)}, expected a suit, 0 … ${this.actionSpace.n - 1}`,
      );
    }
    const pays = this.#step >= this.delay;
    const reward = pays ? (action === this.#cards[0] ? 1 : -1) / (this.steps - this.delay) : 0;
    this.#step += 1;
    return [this.#draw(), reward, this.#step >= this.steps, false, {}];
  }

  /** The last cards, the newest on the right, a row for each suit; the one that is to be named is not filled. */
  render(): string {
    const suits = this.observationSpace.n;
    const label = 'cards, of which one seen before is to be named';
    const drawing = new Drawing({ x: [-1, this.delay + 1], y: [-1, suits], label });
    const first = this.delay + 1 - this.#cards.length;
    this.#cards.forEach((suit, i) => {
      const style =
        first + i === 0 && this.delay > 0 ? ({ stroke: 'ink', width: 1 } as const) : ({ fill: 'ink' } as const);
      drawing.circle([first + i, suit], 0.3, style);
    });
    return drawing.toString();
  }

  state(): RepeatPreviousState {
    return { rng: this.rng.state(), cards: [...this.#cards], step: this.#step };
  }

  setState({ rng, cards, step }: RepeatPreviousState): void {
    this.rng = Rng.fromState(rng);
    this.#cards = [...cards];
    this.#step = step;
  }
}
