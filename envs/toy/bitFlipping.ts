import { z } from 'zod';
import { show } from '../../src/options/describe.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { Dict } from '../../src/spaces/composite.ts';
import { Discrete, MultiBinary } from '../../src/spaces/discrete.ts';
import { RememberingEnv } from '../core/baseEnv.ts';
import type { Info } from '../core/env.ts';
import type { GoalEnv, GoalObservation } from '../core/goalEnv.ts';
import { checkOptionNames } from '../core/options.ts';
import { Drawing } from '../drawing/drawing.ts';

export const bitFlippingOptions = z.strictObject({
  bits: z.int().min(1).max(10_000).default(20).describe('n, how many bits there are, and steps of an episode'),
});

type Bits = GoalObservation<Uint8Array>;

/**
 * n bits, each of which an action flips, are to become those of the goal.
 *
 * - Observation: the bits, `[n]`, as `observation` and as `achieved_goal`; those to become, `[n]`, as `desired_goal`.
 * - Action: which bit to flip, 0 … n − 1.
 * - Reward: 0 where all bits are those of the goal, else −1. Terminated: there. Truncated: after n steps.
 * - Reset: bits and goal are drawn, each in equal shares.
 *
 * The return is −n but for luck unless one learns from what else was reached: of 2ⁿ states, one pays.
 *
 * Andrychowicz et al., "Hindsight Experience Replay", arXiv:1707.01495, section 3.1.
 *
 * @throws for an unknown option or one out of range; `step` for an action that is no bit's.
 */
export class BitFlippingEnv
  extends RememberingEnv<{ bits: number[]; goal: number[]; steps: number }, Bits, number>
  implements GoalEnv<Uint8Array, Uint8Array, number>
{
  readonly observationSpace: Dict<Bits>;
  readonly actionSpace: Discrete;
  protected readonly memory: { bits: number[]; goal: number[]; steps: number };

  constructor(options: z.input<typeof bitFlippingOptions> = {}) {
    super();
    const { bits } = parseOptions('BitFlipping', bitFlippingOptions, options);
    const space = new MultiBinary(bits);
    this.observationSpace = new Dict<Bits>({ observation: space, achieved_goal: space, desired_goal: space });
    this.actionSpace = new Discrete(bits);
    this.memory = { bits: new Array(bits).fill(0), goal: new Array(bits).fill(0), steps: 0 };
  }

  protected begin(options: Record<string, unknown>): [Bits, Info] {
    checkOptionNames('BitFlipping.reset', options, []);
    const draw = () => Array.from({ length: this.actionSpace.n }, () => this.rng.integer(0, 2));
    this.memory.bits = draw();
    this.memory.goal = draw();
    this.memory.steps = 0;
    return [this.#observation(), {}];
  }

  step(action: number): [Bits, number, boolean, boolean, Info] {
    const { memory } = this;
    const { n } = this.actionSpace;
    if (!this.actionSpace.contains(action)) {
      throw new Error(`BitFlipping: step() got the action ${show(action)}, expected a bit, 0 … ${n - 1}`);
    }
    // A state that was given out has the array of before.
    memory.bits = memory.bits.map((bit, i) => (i === action ? 1 - bit : bit));
    memory.steps += 1;
    const observation = this.#observation();
    const { achieved_goal: achieved, desired_goal: desired } = observation;
    const terminated = this.computeTerminated(achieved, desired);
    const truncated = memory.steps >= n;
    const outcome = terminated ? 'success' : truncated ? 'failure' : undefined;
    return [observation, this.computeReward(achieved, desired), terminated, truncated, { outcome }];
  }

  computeReward(achievedGoal: Uint8Array, desiredGoal: Uint8Array): number {
    return this.computeTerminated(achievedGoal, desiredGoal) ? 0 : -1;
  }

  computeTerminated(achievedGoal: Uint8Array, desiredGoal: Uint8Array): boolean {
    return achievedGoal.every((bit, i) => bit === desiredGoal[i]);
  }

  #observation(): Bits {
    const { bits, goal } = this.memory;
    return {
      observation: Uint8Array.from(bits),
      achieved_goal: Uint8Array.from(bits),
      desired_goal: Uint8Array.from(goal),
    };
  }

  render(): string {
    const { bits, goal } = this.memory;
    const drawing = new Drawing({ x: [-1, bits.length], y: [-1.5, 1.5], label: 'bits above those of the goal' });
    for (const [row, y] of [
      [bits, 0.5],
      [goal, -0.5],
    ] as const) {
      row.forEach((bit, i) => {
        drawing.circle([i, y], 0.35, bit === 1 ? { fill: 'ink' } : { stroke: 'ink', width: 1 });
      });
    }
    return drawing.toString();
  }
}
