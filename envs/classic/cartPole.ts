import { z } from 'zod';
import { show } from '../../src/options/describe.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { portableMath } from '../../src/portableMath.ts';
import { Box } from '../../src/spaces/box.ts';
import { Discrete } from '../../src/spaces/discrete.ts';
import { RememberingEnv, resetBounds, resetState } from '../core/baseEnv.ts';
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
const parts = ['x', 'xDot', 'theta', 'thetaDot'] as const;

export const cartPoleOptions = z.strictObject({
  suttonBartoReward: z
    .boolean()
    .default(false)
    .describe('whether rewards are 0 a step and −1 at the fall, as Sutton and Barto have them, in place of 1 a step'),
});

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
export class CartPoleEnv extends RememberingEnv<Record<(typeof parts)[number], number>, Float32Array, number> {
  readonly observationSpace = new Box({
    low: [-2 * xLimit, -Infinity, -2 * thetaLimit, -Infinity],
    high: [2 * xLimit, Infinity, 2 * thetaLimit, Infinity],
  });
  readonly actionSpace = new Discrete(2);
  readonly suttonBartoReward: boolean;
  protected memory = { x: 0, xDot: 0, theta: 0, thetaDot: 0 };

  constructor(options: z.input<typeof cartPoleOptions> = {}) {
    super();
    this.suttonBartoReward = parseOptions('CartPole', cartPoleOptions, options).suttonBartoReward;
  }

  protected begin(options: Record<string, unknown>): ResetResult {
    const [low, high] = resetBounds('CartPole', options, -0.05, 0.05);
    const draw = () => Array.from(parts, () => this.rng.uniform(low, high));
    const [x, xDot, theta, thetaDot] = (resetState('CartPole', options, parts) ?? draw()) as number[];
    this.memory = { x: x!, xDot: xDot!, theta: theta!, thetaDot: thetaDot! };
    return [this.#observation(), {}];
  }

  step(action: number): StepResult {
    if (action !== 0 && action !== 1) {
      throw new Error(`CartPole: step() got the action ${show(action)}, expected 0 (left) or 1 (right)`);
    }
    const { memory } = this;
    const { x, xDot, theta, thetaDot } = memory;
    const cos = portableMath.cos(theta);
    const sin = portableMath.sin(theta);
    const force = action === 1 ? forceSize : -forceSize;
    const push = (force + poleMassLength * (thetaDot * thetaDot) * sin) / totalMass;
    const thetaAcceleration = (gravity * sin - cos * push) / (length * (4 / 3 - (poleMass * (cos * cos)) / totalMass));
    const xAcceleration = push - (poleMassLength * thetaAcceleration * cos) / totalMass;
    memory.x = x + dt * xDot;
    memory.xDot = xDot + dt * xAcceleration;
    memory.theta = theta + dt * thetaDot;
    memory.thetaDot = thetaDot + dt * thetaAcceleration;

    const terminated = Math.abs(memory.x) > xLimit || Math.abs(memory.theta) > thetaLimit;
    const reward = this.suttonBartoReward ? (terminated ? -1 : 0) : 1;
    return [this.#observation(), reward, terminated, false, {}];
  }

  #observation(): Float32Array {
    const { x, xDot, theta, thetaDot } = this.memory;
    return Float32Array.of(x, xDot, theta, thetaDot);
  }

  render(): string {
    const { x: middle, theta } = this.memory;
    const axle = [middle, 0.15] as const;
    const tip = [middle + 2 * length * portableMath.sin(theta), 0.15 + 2 * length * portableMath.cos(theta)] as const;
    const drawing = new Drawing({ x: [-3, 3], y: [-0.7, 1.5], label: 'a cart with a pole on it' });
    drawing.line([-3, -0.15], [3, -0.15], { stroke: 'faint', width: 1 });
    for (const x of [-xLimit, xLimit]) drawing.line([x, -0.3], [x, 0.1], { stroke: 'faint', width: 1, dash: '3 3' });
    return drawing
      .rect([middle - 0.25, -0.15], [middle + 0.25, 0.15], { fill: 'ink' })
      .line(axle, tip, { stroke: 'muted', width: 7 })
      .circle(axle, 0.04, { fill: 'paper' })
      .toString();
  }
}
