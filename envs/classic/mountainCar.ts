import { z } from 'zod';
import { show } from '../../src/options/describe.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { portableMath } from '../../src/portableMath.ts';
import { Box, clamp } from '../../src/spaces/box.ts';
import { Discrete } from '../../src/spaces/discrete.ts';
import { RememberingEnv, resetBounds, resetState } from '../core/baseEnv.ts';
import type { ResetResult, StepResult } from '../core/env.ts';
import { Drawing } from '../drawing/drawing.ts';

const minPosition = -1.2;
const maxPosition = 0.6;
const maxSpeed = 0.07;
const goalPosition = 0.5;
const force = 0.001;
const gravity = 0.0025;

export const mountainCarOptions = z.strictObject({
  goalVelocity: z
    .number()
    .min(-maxSpeed)
    .max(maxSpeed)
    .default(0)
    .meta({ description: 'the least velocity at the goal that counts', unit: 'position per step' }),
});

interface MountainCarMemory {
  position: number;
  velocity: number;
}

/** What both cars have in common. */
abstract class MountainCarTask<
  Memory extends MountainCarMemory,
  Action extends number | Float32Array,
> extends RememberingEnv<Memory, Float32Array, Action> {
  readonly observationSpace = new Box({ low: [minPosition, -maxSpeed], high: [maxPosition, maxSpeed] });
  readonly goalVelocity: number;
  protected memory = { position: 0, velocity: 0 } as Memory;
  readonly #name: string;
  readonly #goal: number;

  constructor(name: string, goal: number, options: z.input<typeof mountainCarOptions>) {
    super();
    this.#name = name;
    this.#goal = goal;
    this.goalVelocity = parseOptions(name, mountainCarOptions, options).goalVelocity;
  }

  protected begin(options: Record<string, unknown>): ResetResult {
    const [low, high] = resetBounds(this.#name, options, -0.6, -0.4);
    const state = resetState(this.#name, options, ['position', 'velocity']);
    const position = state?.[0] ?? this.rng.uniform(low, high);
    const velocity = state?.[1] ?? 0;
    this.memory = { position, velocity } as Memory;
    return [Float32Array.of(position, velocity), {}];
  }

  render(): string {
    return drawMountainCar(this.memory.position, this.#goal);
  }
}

/**
 * Gymnasium's MountainCar-v0: a car in a valley is too weak for the hill and must swing up.
 *
 * - Observation: (position, velocity), `[2]`; position in [−1.2, 0.6], |velocity| ≤ 0.07.
 * - Action: 0, 1, 2 push to the left, not at all, to the right: v ← clip(v + 0.001 (a − 1) − 0.0025 cos 3p), p ← clip(p + v);
 *   the wall on the left stops the car.
 * - Terminated: p ≥ 0.5 and v ≥ `goalVelocity` (0). Reward: −1 a step, the last one included.
 * - Reset: p ~ U(−0.6, −0.4), v = 0. `reset({ options })`: `state`, both numbers; `low` and `high`, other bounds of p.
 *
 * Moore, Efficient memory-based learning for robot control, 1990.
 *
 * @throws for an unknown option or one out of range; `step` for an action that is not 0, 1 or 2.
 */
export class MountainCarEnv extends MountainCarTask<MountainCarMemory, number> {
  readonly actionSpace = new Discrete(3);

  constructor(options: z.input<typeof mountainCarOptions> = {}) {
    super('MountainCar', goalPosition, options);
  }

  step(action: number): StepResult {
    if (action !== 0 && action !== 1 && action !== 2) {
      throw new Error(`MountainCar: step() got the action ${show(action)}, expected 0, 1 or 2 (left, none, right)`);
    }
    const { memory } = this;
    const pull = portableMath.cos(3 * memory.position) * -gravity;
    let velocity = clamp(memory.velocity + ((action - 1) * force + pull), -maxSpeed, maxSpeed);
    const position = clamp(memory.position + velocity, minPosition, maxPosition);
    if (position === minPosition && velocity < 0) velocity = 0;
    this.memory = { position, velocity };
    const terminated = position >= goalPosition && velocity >= this.goalVelocity;
    return [Float32Array.of(position, velocity), -1, terminated, false, {}];
  }
}

const continuousGoalPosition = 0.45;
const power = 0.0015;

interface MountainCarContinuousMemory extends MountainCarMemory {
  isFloat32: boolean;
}

const identity = (x: number) => x;

/**
 * Gymnasium's MountainCarContinuous-v0: a car in a valley is too weak for the hill and must swing up, with little force.
 *
 * - Observation: (position, velocity), `[2]`; position in [−1.2, 0.6], |velocity| ≤ 0.07.
 * - Action: the force a, `[1]`, clipped to |a| ≤ 1: v ← clip(v + 0.0015 a − 0.0025 cos 3p), p ← clip(p + v); the wall on the left
 *   stops the car.
 * - Terminated: p ≥ 0.45 and v ≥ `goalVelocity` (0). Reward: −0.1 a² with a as given, not clipped, and 100 at the goal.
 * - Reset: p ~ U(−0.6, −0.4), v = 0. `reset({ options })`: `state`, both numbers; `low` and `high`, other bounds of p.
 *
 * As there, a start is float64 and every state after a step float32, and so is its arithmetic. A `state` of two float32 numbers is
 * taken for one after a step.
 *
 * @throws for an unknown option or one out of range; `step` for an action that is not finite.
 */
export class MountainCarContinuousEnv extends MountainCarTask<MountainCarContinuousMemory, Float32Array> {
  readonly actionSpace = new Box({ low: -1, high: 1, shape: [1] });
  protected override memory = { position: 0, velocity: 0, isFloat32: false };

  constructor(options: z.input<typeof mountainCarOptions> = {}) {
    super('MountainCarContinuous', continuousGoalPosition, options);
  }

  protected override begin(options: Record<string, unknown>): ResetResult {
    const begun = super.begin(options);
    const { position, velocity } = this.memory;
    const isFloat32 = options.state !== undefined && [position, velocity].every((x) => x === Math.fround(x));
    this.memory = { position, velocity, isFloat32 };
    return begun;
  }

  step(action: Float32Array): StepResult {
    this.checkLength(action);
    const given = Math.fround(action[0]!);
    if (!Number.isFinite(given)) {
      const got = show(action);
      throw new Error(`MountainCarContinuous: step() got the action ${got}, expected 1 finite number (force)`);
    }
    const before = this.memory;
    // The precision of the state decides that of sums with it; a force within the bounds is a float32, a bound is not.
    const round = before.isFloat32 ? Math.fround : identity;
    const pull = gravity * portableMath.cos(round(3 * before.position));
    const push =
      Math.abs(given) <= 1
        ? Math.fround(Math.fround(given * Math.fround(power)) - Math.fround(pull))
        : Math.sign(given) * power - pull;
    let velocity = clamp(round(before.velocity + round(push)), round(-maxSpeed), round(maxSpeed));
    const position = clamp(round(before.position + velocity), round(minPosition), round(maxPosition));
    if (position === round(minPosition) && velocity < 0) velocity = 0;
    const terminated = position >= round(continuousGoalPosition) && velocity >= round(this.goalVelocity);
    this.memory = { position: Math.fround(position), velocity: Math.fround(velocity), isFloat32: true };
    const reward = (terminated ? 100 : 0) - given * given * 0.1;
    return [Float32Array.of(position, velocity), reward, terminated, false, {}];
  }
}

function height(position: number): number {
  return 0.45 * portableMath.sin(3 * position) + 0.55;
}

const hill = Array.from({ length: 91 }, (_, i) => {
  const position = -1.2 + (1.8 * i) / 90;
  return [position, height(position)] as const;
});

/** The valley with the car at `position` and a flag at the goal, as both mountain cars draw themselves. */
function drawMountainCar(position: number, goal: number): string {
  const slope = 1.35 * portableMath.cos(3 * position);
  const norm = Math.sqrt(1 + slope * slope);
  const along = [1 / norm, slope / norm] as const;
  /** A point of the car: so far along the hill and above it. */
  const at = (x: number, y: number) =>
    [position + x * along[0] - y * along[1], height(position) + x * along[1] + y * along[0]] as const;
  const flag = height(goal);
  return new Drawing({ x: [-1.25, 0.65], y: [0, 1.3], label: 'a car in a valley' })
    .polyline([[-1.2, 1.3], ...hill], { stroke: 'faint', width: 1.5 })
    .line([goal, flag], [goal, flag + 0.2], { stroke: 'ink', width: 1.5 })
    .polygon(
      [
        [goal, flag + 0.2],
        [goal + 0.07, flag + 0.17],
        [goal, flag + 0.13],
      ],
      { fill: 'ink' },
    )
    .polygon([at(-0.06, 0.03), at(0.06, 0.03), at(0.06, 0.07), at(-0.06, 0.07)], { fill: 'ink' })
    .circle(at(-0.035, 0.022), 0.022, { fill: 'muted', stroke: 'paper', width: 1 })
    .circle(at(0.035, 0.022), 0.022, { fill: 'muted', stroke: 'paper', width: 1 })
    .toString();
}
