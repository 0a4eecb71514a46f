import { parseOptions } from '../../src/options/parse.ts';
import { portableMath } from '../../src/portableMath.ts';
import { Rng, type RngState } from '../../src/random.ts';
import { BaseEnv } from '../core/baseEnv.ts';
import { clamp } from '../core/clamp.ts';
import { describe } from '../core/describe.ts';
import type { ResetResult, StepResult } from '../core/env.ts';
import { resetBounds, resetState } from '../core/resetState.ts';
import { Box } from '../core/spaces/box.ts';
import { drawMountainCar } from './drawMountainCar.ts';
import { type MountainCarOptions, mountainCarOptions } from './mountainCar.ts';

const minPosition = -1.2;
const maxPosition = 0.6;
const maxSpeed = 0.07;
const goalPosition = 0.45;
const power = 0.0015;
const gravity = 0.0025;

interface MountainCarContinuousState {
  rng: RngState;
  position: number;
  velocity: number;
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
export class MountainCarContinuousEnv extends BaseEnv<Float32Array, Float32Array> {
  readonly observationSpace = new Box({ low: [minPosition, -maxSpeed], high: [maxPosition, maxSpeed] });
  readonly actionSpace = new Box({ low: -1, high: 1, shape: [1] });
  readonly goalVelocity: number;
  #position = 0;
  #velocity = 0;
  #isFloat32 = false;

  constructor(options: MountainCarOptions = {}) {
    super();
    this.goalVelocity = parseOptions('MountainCarContinuous', mountainCarOptions, options).goalVelocity;
  }

  protected begin(options: Record<string, unknown>): ResetResult {
    const [low, high] = resetBounds('MountainCarContinuous', options, -0.6, -0.4);
    const state = resetState('MountainCarContinuous', options, ['position', 'velocity']);
    this.#position = state?.[0] ?? this.rng.uniform(low, high);
    this.#velocity = state?.[1] ?? 0;
    this.#isFloat32 = state?.every((x) => x === Math.fround(x)) ?? false;
    return [Float32Array.of(this.#position, this.#velocity), {}];
  }

  step(action: Float32Array): StepResult {
    this.checkLength(action);
    const given = Math.fround(action[0]!);
    if (!Number.isFinite(given)) {
      const got = describe(action);
      throw new Error(`MountainCarContinuous: step() got the action ${got}, expected 1 finite number (force)`);
    }
    // The precision of the state decides that of sums with it; a force within the bounds is a float32, a bound is not.
    const round = this.#isFloat32 ? Math.fround : identity;
    const pull = gravity * portableMath.cos(round(3 * this.#position));
    const push =
      Math.abs(given) <= 1
        ? Math.fround(Math.fround(given * Math.fround(power)) - Math.fround(pull))
        : Math.sign(given) * power - pull;
    let velocity = clamp(round(this.#velocity + round(push)), round(-maxSpeed), round(maxSpeed));
    const position = clamp(round(this.#position + velocity), round(minPosition), round(maxPosition));
    if (position === round(minPosition) && velocity < 0) velocity = 0;
    const terminated = position >= round(goalPosition) && velocity >= round(this.goalVelocity);
    this.#position = Math.fround(position);
    this.#velocity = Math.fround(velocity);
    this.#isFloat32 = true;
    const reward = (terminated ? 100 : 0) - given * given * 0.1;
    return [Float32Array.of(position, velocity), reward, terminated, false, {}];
  }

  render(): string {
    return drawMountainCar(this.#position, goalPosition);
  }

  state(): MountainCarContinuousState {
    return {
      rng: this.rng.state(),
      position: this.#position,
      velocity: this.#velocity,
      isFloat32: this.#isFloat32,
    };
  }

  setState({ rng, position, velocity, isFloat32 }: MountainCarContinuousState): void {
    this.rng = Rng.fromState(rng);
    this.#position = position;
    this.#velocity = velocity;
    this.#isFloat32 = isFloat32;
  }
}
