import { z } from 'zod';
import { show } from '../../src/options/describe.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { Box, clamp } from '../../src/spaces/box.ts';
import { RememberingEnv, resetState } from '../core/baseEnv.ts';
import type { Info, ResetResult } from '../core/env.ts';
import { checkOptionNames } from '../core/options.ts';
import { Drawing } from '../drawing/drawing.ts';

const border = 7;
const goalRadius = 1;
const startDeviation = 0.1;
/** East, north, west, south. */
const goals = [
  [5, 0],
  [0, 5],
  [-5, 0],
  [0, -5],
] as const;
const goalNames = ['east', 'north', 'west', 'south'] as const;

/** The name of a goal. */
type MultigoalGoal = (typeof goalNames)[number];

const weight = z.number().min(0).max(1e6);

export const multigoalOptions = z.strictObject({
  actionCost: weight.default(30).describe('weight of ‖a‖² in the cost of a step'),
  distanceCost: weight.default(1).describe('weight of the squared distance to the nearest goal in the cost of a step'),
  goalReward: weight.default(10).meta({ description: 'what is paid for arriving', unit: 'reward' }),
});

interface MultigoalInfo extends Info {
  outcome: 'goal' | 'timeout' | undefined;
  /** The goal that is nearest. */
  goal: MultigoalGoal;
}

/**
 * A point on a plane with four goals, all equally good: the policy must choose, and a good one keeps all four.
 *
 * - Observation: the position (x, y) in [−7, 7]², `[2]`.
 * - Action: the velocity a, `[2]`, each entry clipped to ±1: s′ = clip(s + a, ±7).
 * - Reward: −30 ‖a‖² − min_g ‖s′ − g‖², and 10 on arrival, with goals g at (±5, 0) and (0, ±5).
 * - Terminated: within 1 of a goal. Time runs out by `TimeLimit`, after 30 steps.
 * - Reset: x, y ~ N(0, 0.1²). `reset({ options: { state } })`: at (x, y).
 *
 * Haarnoja, Tang, Abbeel and Levine, Reinforcement Learning with Deep Energy-Based Policies, 2017, arXiv:1702.08165.
 *
 * @throws for an unknown option or one out of range; `step` for an action that is not finite.
 */
export class MultigoalEnv extends RememberingEnv<{ x: number; y: number }, Float32Array, Float32Array> {
  readonly observationSpace = new Box({ low: -border, high: border, shape: [2] });
  readonly actionSpace = new Box({ low: -1, high: 1, shape: [2] });
  readonly actionCost: number;
  readonly distanceCost: number;
  readonly goalReward: number;
  protected memory = { x: 0, y: 0 };

  constructor(options: z.input<typeof multigoalOptions> = {}) {
    super();
    const { actionCost, distanceCost, goalReward } = parseOptions('Multigoal', multigoalOptions, options);
    this.actionCost = actionCost;
    this.distanceCost = distanceCost;
    this.goalReward = goalReward;
  }

  protected begin(options: Record<string, unknown>): ResetResult {
    checkOptionNames('Multigoal.reset', options, ['state']);
    const state = resetState('Multigoal', options, ['x', 'y']);
    const x = clamp(state?.[0] ?? this.rng.normal(0, startDeviation), -border, border);
    const y = clamp(state?.[1] ?? this.rng.normal(0, startDeviation), -border, border);
    this.memory = { x, y };
    return [Float32Array.of(x, y), this.#info(nearestGoal(x, y).goal, false)];
  }

  step(action: Float32Array): [Float32Array, number, boolean, boolean, MultigoalInfo] {
    this.checkLength(action);
    const vx = clamp(action[0]!, -1, 1);
    const vy = clamp(action[1]!, -1, 1);
    if (!(Number.isFinite(vx) && Number.isFinite(vy))) {
      throw new Error(`Multigoal: step() got the action ${show(action)}, expected 2 finite numbers (velocity)`);
    }
    const x = clamp(this.memory.x + vx, -border, border);
    const y = clamp(this.memory.y + vy, -border, border);
    this.memory = { x, y };
    const { goal, squaredDistance } = nearestGoal(x, y);
    const terminated = squaredDistance < goalRadius * goalRadius;
    const cost = this.actionCost * (vx * vx + vy * vy) + this.distanceCost * squaredDistance;
    const reward = (terminated ? this.goalReward : 0) - cost;
    return [Float32Array.of(x, y), reward, terminated, false, this.#info(goal, terminated)];
  }

  #info(goal: MultigoalGoal, terminated: boolean): MultigoalInfo {
    return { outcome: terminated ? 'goal' : undefined, goal };
  }

  render(): string {
    const around = [-border - 0.3, border + 0.3] as const;
    const drawing = new Drawing({ x: around, y: around, label: 'a point between four goals' });
    drawing.rect([-border, -border], [border, border], { stroke: 'line', width: 1 });
    for (const goal of goals) drawing.circle(goal, goalRadius, { stroke: 'ink', width: 1, dash: '3 2' });
    return drawing.circle([this.memory.x, this.memory.y], 0.25, { fill: 'ink' }).toString();
  }
}

function nearestGoal(x: number, y: number): { goal: MultigoalGoal; squaredDistance: number } {
  let nearest = 0;
  let least = Infinity;
  for (const [i, [gx, gy]] of goals.entries()) {
    const distance = (x - gx) * (x - gx) + (y - gy) * (y - gy);
    if (distance < least) {
      least = distance;
      nearest = i;
    }
  }
  return { goal: goalNames[nearest]!, squaredDistance: least };
}
