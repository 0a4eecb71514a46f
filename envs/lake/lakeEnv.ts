import { z } from 'zod';
import { parseOptions } from '../../src/options/parseOptions.ts';
import { portableMath } from '../../src/portableMath.ts';
import { Rng, type RngState } from '../../src/random.ts';
import { BaseEnv } from '../core/baseEnv.ts';
import { describe } from '../core/describe.ts';
import type { Info, Seed } from '../core/env.ts';
import { Box } from '../core/spaces/box.ts';
import { Drawing } from '../drawing/drawing.ts';
import { turnAboutOrigin } from './geometry.ts';
import { lakeGrains } from './grains.ts';
import { type Bank, bankOf, border, home, lake, start, walk } from './lakeMap.ts';

/** The land and a margin, so that a walker on the border is seen. */
const landAround = [-border - 0.1, border + 0.1] as const;

const actionKinds = ['velocity', 'heading'] as const;
/** What an action of {@link LakeEnv} is: a velocity, or a heading. */
export type LakeAction = (typeof actionKinds)[number];

const blockings = ['none', 'upper', 'lower', 'hidden', 'opponent'] as const;
/**
 * Which bank is blocked: none, one for good, one drawn anew for each episode (`'hidden'`), or the one used more so
 * far (`'opponent'`). No observation tells.
 */
export type Blocking = (typeof blockings)[number];

export const lakeOptions = z.strictObject({
  stride: z
    .number()
    .min(0.001)
    .max(2 * border)
    .default(lakeGrains['Lake-v0'].stride)
    .describe('length of a step at full speed; the lake has radius 0.7'),
  stepCost: z
    .number()
    .min(0)
    .max(1)
    .default(lakeGrains['Lake-v0'].stepCost)
    .meta({ description: 'what is taken from the reward of every step', unit: 'reward' }),
  action: z
    .enum(actionKinds)
    .default('velocity')
    .describe('what an action is; a velocity of two numbers, or a heading, one angle in radians'),
  blocked: z
    .enum(blockings)
    .default('none')
    .describe(
      "which bank is blocked; one for good, one drawn anew for each episode ('hidden'), or the one used more so far ('opponent')",
    ),
  opponentRate: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe("the opponent's memory; the weight of the newest episode in its moving average"),
});

/** Options of {@link LakeEnv}. */
export type LakeOptions = z.input<typeof lakeOptions>;

export interface LakeInfo extends Info {
  outcome: 'home' | 'drowned' | 'timeout' | undefined;
  /** Signed angle that the path has turned about the lake's centre so far, radians, counter-clockwise positive. */
  windingAngle: number;
  /** The side taken, by the sign of the winding angle. */
  bank: Bank | undefined;
  /** The bank that is blocked in this episode. */
  blocked: Bank | undefined;
}

interface LakeState {
  rng: RngState;
  x: number;
  y: number;
  windingAngle: number;
  blocked: Bank | undefined;
  upperShare: number;
}

/**
 * The walk around the lake: a point in [−2, 2]² starts at (−1.5, 0) and wants home, the disc of radius 0.25 at (1.5, 0). Between
 * them lies the lake, the disc of radius 0.7 at the origin. Above and below are equally short.
 *
 * - Observation: the position (x, y), `[2]`.
 * - Action `'velocity'`: `[2]`, its norm clipped to 1; the step is stride · velocity. Values outside the box are allowed.
 *   Action `'heading'`: `[1]`, an angle in radians (any number, modulo 2π); the step is stride · (cos, sin).
 * - A step is a straight line, see `walk`: it drowns if it touches the lake, it is home if it reaches home first.
 * - Reward: 1 at home, −1 for drowning, less `stepCost` each step. There is no distance shaping: it leads into the shore.
 * - Terminated: home or drowned. Time runs out by `TimeLimit`, not here.
 *
 * The opponent keeps a moving average of how many past episodes went by the upper bank (an episode counts once it has turned
 * about the lake at all) and blocks the bank used more; on a tie it draws. `reset({ seed })` makes it forget.
 *
 * @throws for an unknown option or one out of range; `step` for an action that is not finite.
 */
export class LakeEnv extends BaseEnv<Float32Array, Float32Array> {
  readonly observationSpace = new Box({ low: -border, high: border, shape: [2] });
  readonly actionSpace: Box;
  readonly stride: number;
  readonly stepCost: number;
  readonly action: LakeAction;
  readonly blocking: Blocking;
  readonly opponentRate: number;

  #position = start;
  #windingAngle = 0;
  #blocked: Bank | undefined;
  #upperShare = 0.5;

  constructor(options: LakeOptions = {}) {
    super();
    const { stride, stepCost, action, blocked, opponentRate } = parseOptions('Lake', lakeOptions, options);
    this.stride = stride;
    this.stepCost = stepCost;
    this.action = action;
    this.blocking = blocked;
    this.opponentRate = opponentRate;
    this.actionSpace =
      action === 'velocity'
        ? new Box({ low: -1, high: 1, shape: [2] })
        : new Box({ low: -Math.PI, high: Math.PI, shape: [1] });
  }

  protected override reseed(seed: Seed): void {
    super.reseed(seed);
    this.#upperShare = 0.5;
    this.#windingAngle = 0;
  }

  protected begin(): [Float32Array, LakeInfo] {
    const used = bankOf(this.#windingAngle);
    if (used !== undefined) this.#upperShare += this.opponentRate * ((used === 'upper' ? 1 : 0) - this.#upperShare);
    this.#position = start;
    this.#windingAngle = 0;
    this.#blocked = this.#blockedBank();
    return [this.#observation(), this.#info(undefined)];
  }

  #blockedBank(): Bank | undefined {
    if (this.blocking === 'none') return undefined;
    if (this.blocking === 'upper' || this.blocking === 'lower') return this.blocking;
    if (this.blocking === 'opponent' && this.#upperShare !== 0.5) return this.#upperShare > 0.5 ? 'upper' : 'lower';
    return this.rng.uniform() < 0.5 ? 'upper' : 'lower';
  }

  step(action: Float32Array): [Float32Array, number, boolean, boolean, LakeInfo] {
    const [dx, dy] = this.action === 'velocity' ? this.#velocityStep(action) : this.#headingStep(action);
    if (!Number.isFinite(dx) || !Number.isFinite(dy)) {
      const wanted = `${this.actionSpace.size} finite numbers (${this.action})`;
      throw new Error(`Lake: step() got the action ${describe(action)}, expected ${wanted}`);
    }
    const { position, outcome } = walk(this.#position, dx, dy, this.#blocked);
    this.#windingAngle += turnAboutOrigin(this.#position, position);
    this.#position = position;
    const reward = (outcome === 'home' ? 1 : outcome === 'drowned' ? -1 : 0) - this.stepCost;
    return [this.#observation(), reward, outcome !== undefined, false, this.#info(outcome)];
  }

  #velocityStep(action: Float32Array): [dx: number, dy: number] {
    const vx = action[0]!;
    const vy = action[1]!;
    const scale = this.stride / Math.max(1, Math.sqrt(vx * vx + vy * vy));
    return [scale * vx, scale * vy];
  }

  #headingStep(action: Float32Array): [dx: number, dy: number] {
    const angle = action[0]!;
    return [this.stride * portableMath.cos(angle), this.stride * portableMath.sin(angle)];
  }

  #observation(): Float32Array {
    const observation = new Float32Array(2);
    observation[0] = this.#position.x;
    observation[1] = this.#position.y;
    return observation;
  }

  #info(outcome: LakeInfo['outcome']): LakeInfo {
    return { outcome, windingAngle: this.#windingAngle, bank: bankOf(this.#windingAngle), blocked: this.#blocked };
  }

  render(): string {
    const { x, y } = this.#position;
    const drawing = new Drawing({ x: landAround, y: landAround, label: 'a lake, a walker and its home' });
    if (this.#blocked !== undefined) {
      const side = this.#blocked === 'upper' ? 1 : -1;
      drawing.rect([-0.05, 0], [0.05, side * border], { fill: 'water' });
    }
    return drawing
      .rect([-border, -border], [border, border], { stroke: 'line', width: 1 })
      .circle([lake.x, lake.y], lake.radius, { fill: 'water' })
      .circle([home.x, home.y], home.radius, { stroke: 'ink', width: 1, dash: '3 2' })
      .text([home.x, home.y - 0.4], 'home')
      .text([lake.x, lake.y], 'lake')
      .circle([start.x, start.y], 0.03, { fill: 'faint' })
      .circle([x, y], 0.07, { fill: 'ink' })
      .toString();
  }

  state(): LakeState {
    const { x, y } = this.#position;
    const upperShare = this.#upperShare;
    return { rng: this.rng.state(), x, y, windingAngle: this.#windingAngle, blocked: this.#blocked, upperShare };
  }

  setState({ rng, x, y, windingAngle, blocked, upperShare }: LakeState): void {
    this.rng = Rng.fromState(rng);
    this.#position = { x, y };
    this.#windingAngle = windingAngle;
    this.#blocked = blocked;
    this.#upperShare = upperShare;
  }
}
