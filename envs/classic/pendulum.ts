import { z } from 'zod';
import { show } from '../../src/options/describe.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { portableMath } from '../../src/portableMath.ts';
import { Box, clamp } from '../../src/spaces/box.ts';
import { RememberingEnv, resetState } from '../core/baseEnv.ts';
import type { Info } from '../core/env.ts';
import { checkOptionNames, checkRange } from '../core/options.ts';
import { Drawing } from '../drawing/drawing.ts';

const maxSpeed = 8;
const maxTorque = 2;
const dt = 0.05;
const controlCost = Math.fround(0.001);

export const pendulumOptions = z.strictObject({
  g: z.number().min(0).max(1000).default(10).meta({ description: 'g, the acceleration of gravity', unit: 'm/s²' }),
});

/** What `reset({ options })` takes. */
interface PendulumResetOptions {
  /** Starts from exactly this [θ, θ̇]. */
  state?: ArrayLike<number>;
  /** In place of π: |θ| at the start is at most that. */
  xInit?: number;
  /** In place of 1: |θ̇| at the start is at most that. */
  yInit?: number;
}

interface PendulumMemory {
  theta: number;
  thetaDot: number;
}

/** θ modulo 2π, in [−π, π). */
function normalizeAngle(theta: number): number {
  const turn = 2 * Math.PI;
  const remainder = (theta + Math.PI) % turn;
  return (remainder < 0 ? remainder + turn : remainder) - Math.PI;
}

/**
 * Gymnasium's Pendulum-v1: swing a rod of mass and length 1 up and keep it there. θ is 0 when upright.
 *
 * - Observation: (cos θ, sin θ, θ̇), `[3]`, |θ̇| ≤ 8 rad/s.
 * - Action: the torque u, `[1]`, clipped to |u| ≤ 2 N m.
 * - θ̇ ← clip(θ̇ + (3g/2 · sin θ + 3u) dt, ±8), θ ← θ + θ̇ dt with the new θ̇, dt = 0.05 s.
 * - Reward: −(θ² + 0.1 θ̇² + 0.001 u²) before the update, θ in [−π, π). Never terminates.
 * - Reset: θ ~ U(−π, π), θ̇ ~ U(−1, 1). `reset({ options })`: `state`, both numbers; `xInit` and `yInit`, other bounds than π and 1.
 *
 * u is a float32 and so is its arithmetic, the state is float64, as there: trajectories agree to the last bits.
 *
 * @throws for an unknown option or one out of range; `step` for an action that is not finite.
 */
export class PendulumEnv extends RememberingEnv<PendulumMemory, Float32Array, Float32Array> {
  readonly observationSpace = new Box({ low: [-1, -1, -maxSpeed], high: [1, 1, maxSpeed] });
  readonly actionSpace = new Box({ low: -maxTorque, high: maxTorque, shape: [1] });
  readonly g: number;
  protected memory = { theta: 0, thetaDot: 0 };

  constructor(options: z.input<typeof pendulumOptions> = {}) {
    super();
    this.g = parseOptions('Pendulum', pendulumOptions, options).g;
  }

  protected begin(options: PendulumResetOptions): [Float32Array, Info] {
    checkOptionNames('Pendulum.reset', options, ['state', 'xInit', 'yInit']);
    const { xInit = Math.PI, yInit = 1 } = options;
    checkRange('Pendulum.reset', 'xInit', xInit, 0, 1e6);
    checkRange('Pendulum.reset', 'yInit', yInit, 0, 1e6);
    const state = resetState('Pendulum', options, ['theta', 'thetaDot']);
    const theta = state?.[0] ?? this.rng.uniform(-xInit, xInit);
    this.memory = { theta, thetaDot: state?.[1] ?? this.rng.uniform(-yInit, yInit) };
    return [this.#observation(), {}];
  }

  step(action: Float32Array): [Float32Array, number, boolean, boolean, Info] {
    this.checkLength(action);
    const u = Math.fround(clamp(action[0]!, -maxTorque, maxTorque));
    if (Number.isNaN(u)) {
      throw new Error(`Pendulum: step() got the action ${show(action)}, expected 1 finite number (torque)`);
    }
    const { memory } = this;
    const { theta, thetaDot } = memory;
    const effort = Math.fround(controlCost * Math.fround(u * u));
    const angle = normalizeAngle(theta);
    const cost = angle * angle + 0.1 * (thetaDot * thetaDot) + effort;
    const acceleration = 1.5 * this.g * portableMath.sin(theta) + Math.fround(3 * u);
    memory.thetaDot = clamp(thetaDot + acceleration * dt, -maxSpeed, maxSpeed);
    memory.theta = theta + memory.thetaDot * dt;
    return [this.#observation(), -cost, false, false, {}];
  }

  #observation(): Float32Array {
    const { theta, thetaDot } = this.memory;
    return Float32Array.of(portableMath.cos(theta), portableMath.sin(theta), thetaDot);
  }

  render(): string {
    const { theta } = this.memory;
    const tip = [-portableMath.sin(theta), portableMath.cos(theta)] as const;
    return new Drawing({ x: [-1.3, 1.3], y: [-1.3, 1.3], label: 'a rod on a pivot' })
      .line([0, 0], [0, 1], { stroke: 'faint', width: 1, dash: '3 3' })
      .line([0, 0], tip, { stroke: 'ink', width: 12 })
      .circle([0, 0], 0.02, { fill: 'paper' })
      .toString();
  }
}
