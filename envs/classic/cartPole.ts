import { z } from 'zod';
import { show } from '../../src/options/describe.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { portableMath } from '../../src/portableMath.ts';
import { Rng, type RngState } from '../../src/random.ts';
import { Box } from '../../src/spaces/box.ts';
import { Discrete } from '../../src/spaces/discrete.ts';
import { BaseEnv, resetBounds, resetState } from '../core/baseEnv.ts';
import type { ResetResult, StepResult } from '../core/env.ts';
import { Drawing } from '../drawing/drawing.ts';

const gravity = 9.8;
const poleMass = 0.1;
const totalMass = 1 + poleMass;
/** Half of the pole. */
const length = 0.5;
const poleMassLength = poleMass * length;
const forceSize = 10;
const dt = 0.02;
const thetaLimit = (12 * 2 * Math.PI) / 360;
const xLimit = 2.4;

export const cartPoleOptions = z.strictObject({
  suttonBartoReward: z
    .boolean()
    .default(false)
    .describe('whether rewards are 0 a step and −1 at the fall, as Sutton and Barto have them, in place of 1 a step'),
});

interface CartPoleState {
  rng: RngState;
  x: number;
  xDot: number;
  theta: number;
  thetaDot: number;
}

/**
 * Gymnasium's CartPole-v1: push a cart so that the pole on it stays up.
 *
 * - Observation: (x, ẋ, θ, θ̇), `[4]`, in m, m/s, rad and rad/s; θ is 0 when upright.
 * - Action: 0 pushes to the left, 1 to the right, with 10 N for 0.02 s; one step of the explicit Euler rule.
 * - Terminated: |x| > 2.4 or |θ| > 12°. Reward: 1 a step, the last one included.
 * - Reset: all four ~ U(−0.05, 0.05). `reset({ options })`: `state`, the four numbers; `low` and `high`, other bounds.
 *
 * Barto, Sutton and Anderson, Neuronlike adaptive elements that can solve difficult learning control problems, 1983.
 *
 * @throws for an unknown option; `step` for an action that is not 0 or 1.
 */
export class CartPoleEnv extends BaseEnv<Float32Array, number> {
  readonly observationSpace = new Box({
    low: [-2 * xLimit, -Infinity, -2 * thetaLimit, -Infinity],
    high: [2 * xLimit, Infinity, 2 * thetaLimit, Infinity],
  });
  readonly actionSpace = new Discrete(2);
  readonly suttonBartoReward: boolean;
  #x = 0;
  #xDot = 0;
  #theta = 0;
  #thetaDot = 0;

  constructor(options: z.input<typeof cartPoleOptions> = {}) {
    super();
    this.suttonBartoReward = parseOptions('CartPole', cartPoleOptions, options).suttonBartoReward;
  }

  protected begin(options: Record<string, unknown>): ResetResult {
    const [low, high] = resetBounds('CartPole', options, -0.05, 0.05);
    const state = resetState('CartPole', options, ['x', 'xDot', 'theta', 'thetaDot']);
    this.#x = state?.[0] ?? this.rng.uniform(low, high);
    this.#xDot = state?.[1] ?? this.rng.uniform(low, high);
    this.#theta = state?.[2] ?? this.rng.uniform(low, high);
    this.#thetaDot = state?.[3] ?? this.rng.uniform(low, high);
    return [this.#observation(), {}];
  }

  step(action: number): StepResult {
    if (action !== 0 && action !== 1) {
      throw new Error(`CartPole: step() got the action ${show(action)}, expected 0 (left) or 1 (right)`);
    }
    const cos = portableMath.cos(this.#theta);
    const sin = portableMath.sin(this.#theta);
    const force = action === 1 ? forceSize : -forceSize;
    const push = (force + poleMassLength * (this.#thetaDot * this.#thetaDot) * sin) / totalMass;
    const thetaAcceleration = (gravity * sin - cos * push) / (length * (4 / 3 - (poleMass * (cos * cos)) / totalMass));
    const xAcceleration = push - (poleMassLength * thetaAcceleration * cos) / totalMass;
    this.#x += dt * this.#xDot;
    this.#xDot += dt * xAcceleration;
    this.#theta += dt * this.#thetaDot;
    this.#thetaDot += dt * thetaAcceleration;

    const terminated = Math.abs(this.#x) > xLimit || Math.abs(this.#theta) > thetaLimit;
    const reward = this.suttonBartoReward ? (terminated ? -1 : 0) : 1;
    return [this.#observation(), reward, terminated, false, {}];
  }

  #observation(): Float32Array {
    const observation = new Float32Array(4);
    observation[0] = this.#x;
    observation[1] = this.#xDot;
    observation[2] = this.#theta;
    observation[3] = this.#thetaDot;
    return observation;
  }

  render(): string {
    const axle = [this.#x, 0.15] as const;
    const tip = [
      this.#x + 2 * length * portableMath.sin(this.#theta),
      0.15 + 2 * length * portableMath.cos(this.#theta),
    ] as const;
    const drawing = new Drawing({ x: [-3, 3], y: [-0.7, 1.5], label: 'a cart with a pole on it' });
    drawing.line([-3, -0.15], [3, -0.15], { stroke: 'faint', width: 1 });
    for (const x of [-xLimit, xLimit]) drawing.line([x, -0.3], [x, 0.1], { stroke: 'faint', width: 1, dash: '3 3' });
    return drawing
      .rect([this.#x - 0.25, -0.15], [this.#x + 0.25, 0.15], { fill: 'ink' })
      .line(axle, tip, { stroke: 'muted', width: 7 })
      .circle(axle, 0.04, { fill: 'paper' })
      .toString();
  }

  state(): CartPoleState {
    return { rng: this.rng.state(), x: this.#x, xDot: this.#xDot, theta: this.#theta, thetaDot: this.#thetaDot };
  }

  setState({ rng, x, xDot, theta, thetaDot }: CartPoleState): void {
    this.rng = Rng.fromState(rng);
    this.#x = x;
    this.#xDot = xDot;
    this.#theta = theta;
    this.#thetaDot = thetaDot;
  }
}
