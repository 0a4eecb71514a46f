import { z } from 'zod';
import { show } from '../../src/options/describe.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { portableMath } from '../../src/portableMath.ts';
import { Rng, type RngState } from '../../src/random.ts';
import { Box, clamp } from '../../src/spaces/box.ts';
import { Discrete } from '../../src/spaces/discrete.ts';
import { BaseEnv, resetBounds, resetState } from '../core/baseEnv.ts';
import type { ResetResult, StepResult } from '../core/env.ts';
import { Drawing } from '../drawing/drawing.ts';

const gravity = 9.8;
const dt = 0.2;
const maxSpeed1 = 4 * Math.PI;
const maxSpeed2 = 9 * Math.PI;

export const acrobotOptions = z.strictObject({});

interface AcrobotState {
  rng: RngState;
  theta1: number;
  theta2: number;
  thetaDot1: number;
  thetaDot2: number;
}

/** θ less the whole turns that take it out of [−π, π]. */
function wrapAngle(theta: number): number {
  let angle = theta;
  while (angle > Math.PI) angle -= 2 * Math.PI;
  while (angle < -Math.PI) angle += 2 * Math.PI;
  return angle;
}

/** Writes the time derivative of (θ₁, θ₂, θ̇₁, θ̇₂) under `torque`: two rods of length, mass and inertia 1, the mass in the middle. */
function writeDerivative(state: Float64Array, torque: number, target: Float64Array): void {
  const theta1 = state[0]!;
  const theta2 = state[1]!;
  const thetaDot1 = state[2]!;
  const thetaDot2 = state[3]!;
  const cos2 = portableMath.cos(theta2);
  const sin2 = portableMath.sin(theta2);
  const d1 = 0.25 + (1 + 0.25 + cos2) + 1 + 1;
  const d2 = 0.25 + 0.5 * cos2 + 1;
  const phi2 = 0.5 * gravity * portableMath.cos(theta1 + theta2 - Math.PI / 2);
  const phi1 =
    -0.5 * (thetaDot2 * thetaDot2) * sin2 -
    thetaDot2 * thetaDot1 * sin2 +
    1.5 * gravity * portableMath.cos(theta1 - Math.PI / 2) +
    phi2;
  const acceleration2 =
    (torque + (d2 / d1) * phi1 - 0.5 * (thetaDot1 * thetaDot1) * sin2 - phi2) / (0.25 + 1 - (d2 * d2) / d1);
  target[0] = thetaDot1;
  target[1] = thetaDot2;
  target[2] = -(d2 * acceleration2 + phi1) / d1;
  target[3] = acceleration2;
}

/**
 * Gymnasium's Acrobot-v1: two rods hang from a pivot; swing the free end above the bar, one rod's length up, by a torque on the
 * joint between them.
 *
 * - Observation: (cos θ₁, sin θ₁, cos θ₂, sin θ₂, θ̇₁, θ̇₂), `[6]`; θ₁ is 0 hanging down, θ₂ is relative to the first rod.
 *   |θ̇₁| ≤ 4π, |θ̇₂| ≤ 9π rad/s.
 * - Action: 0, 1, 2 are the torques −1, 0, 1 N m, for 0.2 s; one step of the Runge–Kutta rule of order 4.
 * - Terminated: −cos θ₁ − cos(θ₁ + θ₂) > 1. Reward: −1 a step, 0 for the last.
 * - Reset: all four of (θ₁, θ₂, θ̇₁, θ̇₂) ~ U(−0.1, 0.1). `reset({ options })`: `state`, the four numbers; `low` and `high`, other bounds.
 *
 * The equations are those of Sutton and Barto's book, §11.3 of the first edition.
 *
 * @throws for an option; `step` for an action that is not 0, 1 or 2.
 */
export class AcrobotEnv extends BaseEnv<Float32Array, number> {
  readonly observationSpace = new Box({
    low: [-1, -1, -1, -1, -maxSpeed1, -maxSpeed2],
    high: [1, 1, 1, 1, maxSpeed1, maxSpeed2],
  });
  readonly actionSpace = new Discrete(3);
  /** θ₁, θ₂, θ̇₁, θ̇₂ */
  readonly #state = new Float64Array(4);
  readonly #between = new Float64Array(4);
  readonly #slopes = Array.from({ length: 4 }, () => new Float64Array(4));

  constructor(options: z.input<typeof acrobotOptions> = {}) {
    super();
    parseOptions('Acrobot', acrobotOptions, options);
  }

  protected begin(options: Record<string, unknown>): ResetResult {
    const [low, high] = resetBounds('Acrobot', options, -0.1, 0.1);
    const state = resetState('Acrobot', options, ['theta1', 'theta2', 'thetaDot1', 'thetaDot2']);
    // A start of Gymnasium's is in float32.
    for (let i = 0; i < 4; i++) this.#state[i] = state?.[i] ?? Math.fround(this.rng.uniform(low, high));
    return [this.#observation(), {}];
  }

  step(action: number): StepResult {
    if (action !== 0 && action !== 1 && action !== 2) {
      throw new Error(`Acrobot: step() got the action ${show(action)}, expected 0, 1 or 2 (torque −1, 0, 1)`);
    }
    this.#integrate(action - 1);
    const state = this.#state;
    state[0] = wrapAngle(state[0]!);
    state[1] = wrapAngle(state[1]!);
    state[2] = clamp(state[2]!, -maxSpeed1, maxSpeed1);
    state[3] = clamp(state[3]!, -maxSpeed2, maxSpeed2);
    const terminated = -portableMath.cos(state[0]) - portableMath.cos(state[1] + state[0]) > 1;
    return [this.#observation(), terminated ? 0 : -1, terminated, false, {}];
  }

  #integrate(torque: number): void {
    const y = this.#state;
    const between = this.#between;
    const [k1, k2, k3, k4] = this.#slopes as [Float64Array, Float64Array, Float64Array, Float64Array];
    writeDerivative(y, torque, k1);
    for (let i = 0; i < 4; i++) between[i] = y[i]! + (dt / 2) * k1[i]!;
    writeDerivative(between, torque, k2);
    for (let i = 0; i < 4; i++) between[i] = y[i]! + (dt / 2) * k2[i]!;
    writeDerivative(between, torque, k3);
    for (let i = 0; i < 4; i++) between[i] = y[i]! + dt * k3[i]!;
    writeDerivative(between, torque, k4);
    for (let i = 0; i < 4; i++) y[i] = y[i]! + (dt / 6) * (k1[i]! + 2 * k2[i]! + 2 * k3[i]! + k4[i]!);
  }

  #observation(): Float32Array {
    const state = this.#state;
    const observation = new Float32Array(6);
    observation[0] = portableMath.cos(state[0]!);
    observation[1] = portableMath.sin(state[0]!);
    observation[2] = portableMath.cos(state[1]!);
    observation[3] = portableMath.sin(state[1]!);
    observation[4] = state[2]!;
    observation[5] = state[3]!;
    return observation;
  }

  render(): string {
    const [theta1, theta2] = this.#state as unknown as [number, number];
    const elbow = [portableMath.sin(theta1), -portableMath.cos(theta1)] as const;
    const tip = [elbow[0] + portableMath.sin(theta1 + theta2), elbow[1] - portableMath.cos(theta1 + theta2)] as const;
    return new Drawing({ x: [-2.2, 2.2], y: [-2.2, 2.2], label: 'two rods hanging from a pivot' })
      .line([-2.2, 1], [2.2, 1], { stroke: 'faint', width: 1, dash: '3 3' })
      .line([0, 0], elbow, { stroke: 'ink', width: 8 })
      .line(elbow, tip, { stroke: 'muted', width: 8 })
      .circle([0, 0], 0.07, { fill: 'paper', stroke: 'ink', width: 1.5 })
      .circle(elbow, 0.07, { fill: 'paper', stroke: 'ink', width: 1.5 })
      .toString();
  }

  state(): AcrobotState {
    const [theta1, theta2, thetaDot1, thetaDot2] = this.#state as unknown as [number, number, number, number];
    return { rng: this.rng.state(), theta1, theta2, thetaDot1, thetaDot2 };
  }

  setState({ rng, theta1, theta2, thetaDot1, thetaDot2 }: AcrobotState): void {
    this.rng = Rng.fromState(rng);
    this.#state.set([theta1, theta2, thetaDot1, thetaDot2]);
  }
}
