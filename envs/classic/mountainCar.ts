import { z } from 'zod';
import { parseOptions } from '../../src/options/parse.ts';
import { portableMath } from '../../src/portableMath.ts';
import { Rng, type RngState } from '../../src/random.ts';
import { BaseEnv } from '../core/baseEnv.ts';
import { clamp } from '../core/clamp.ts';
import { describe } from '../core/describe.ts';
import type { ResetResult, StepResult } from '../core/env.ts';
import { resetBounds, resetState } from '../core/resetState.ts';
import { Box } from '../core/spaces/box.ts';
import { Discrete } from '../core/spaces/discrete.ts';
import { drawMountainCar } from './drawMountainCar.ts';

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

/** Options of {@link MountainCarEnv}. */
export type MountainCarOptions = z.input<typeof mountainCarOptions>;

interface MountainCarState {
  rng: RngState;
  position: number;
  velocity: number;
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
export class MountainCarEnv extends BaseEnv<Float32Array, number> {
  readonly observationSpace = new Box({ low: [minPosition, -maxSpeed], high: [maxPosition, maxSpeed] });
  readonly actionSpace = new Discrete(3);
  readonly goalVelocity: number;
  #position = 0;
  #velocity = 0;

  constructor(options: MountainCarOptions = {}) {
    super();
    this.goalVelocity = parseOptions('MountainCar', mountainCarOptions, options).goalVelocity;
  }

  protected begin(options: Record<string, unknown>): ResetResult {
    const [low, high] = resetBounds('MountainCar', options, -0.6, -0.4);
    const state = resetState('MountainCar', options, ['position', 'velocity']);
    this.#position = state?.[0] ?? this.rng.uniform(low, high);
    this.#velocity = state?.[1] ?? 0;
    return [Float32Array.of(this.#position, this.#velocity), {}];
  }

  step(action: number): StepResult {
    if (action !== 0 && action !== 1 && action !== 2) {
      throw new Error(`MountainCar: step() got the action ${describe(action)}, expected 0, 1 or 2 (left, none, right)`);
    }
    const pull = portableMath.cos(3 * this.#position) * -gravity;
    let velocity = clamp(this.#velocity + ((action - 1) * force + pull), -maxSpeed, maxSpeed);
    const position = clamp(this.#position + velocity, minPosition, maxPosition);
    if (position === minPosition && velocity < 0) velocity = 0;
    this.#position = position;
    this.#velocity = velocity;
    const terminated = position >= goalPosition && velocity >= this.goalVelocity;
    return [Float32Array.of(position, velocity), -1, terminated, false, {}];
  }

  render(): string {
    return drawMountainCar(this.#position, goalPosition);
  }

  state(): MountainCarState {
    return { rng: this.rng.state(), position: this.#position, velocity: this.#velocity };
  }

  setState({ rng, position, velocity }: MountainCarState): void {
    this.rng = Rng.fromState(rng);
    this.#position = position;
    this.#velocity = velocity;
  }
}
