import { z } from 'zod';
import { show } from '../../src/options/describe.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { Box, clamp } from '../../src/spaces/box.ts';
import { RememberingEnv, resetState } from '../core/baseEnv.ts';
import type { Info, ResetResult } from '../core/env.ts';
import { checkOptionNames } from '../core/options.ts';
import { Drawing } from '../drawing/drawing.ts';

const side = 30;
const middle = side / 2;
const start = [8, 8] as const;
const goal = [22, 22] as const;
const goalRadius = 1;

/** The walls of the room in the lower left corner, from one corner to the opposite one: above it, and beside it below and above the door. */
const walls = [
  [
    [0, middle - 1],
    [middle, middle + 1],
  ],
  [
    [middle - 1, 0],
    [middle + 1, 2.5],
  ],
  [
    [middle - 1, 12.5],
    [middle + 1, middle],
  ],
] as const;

const isInWall = (x: number, y: number): boolean =>
  walls.some(([[left, bottom], [right, top]]) => x >= left && x <= right && y >= bottom && y <= top);

export const sparseGridOptions = z.strictObject({
  goalReward: z
    .number()
    .min(0)
    .max(1e6)
    .default(100)
    .meta({ description: 'what is paid for arriving', unit: 'reward' }),
  stepCost: z.number().min(0).max(1e6).default(0.01).meta({ description: 'cost of any other step', unit: 'reward' }),
});

interface SparseGridInfo extends Info {
  outcome: 'goal' | 'timeout' | undefined;
}

/**
 * A point in a room with one door: nothing pays but a small goal outside, which noise alone must find.
 *
 * - Observation: the position (x, y) in [0, 30]², each number brought to [−1, 1], `[2]`.
 * - Action: the velocity a, `[2]`, each entry clipped to ±1: s′ = clip(s + a, 0, 30), or s where s + a is in a wall.
 * - The room is [0, 15]², its walls are 2 thick, and the door is at x = 15 and y from 2.5 to 12.5.
 * - Reward: 100 on arrival, else −0.01. Terminated: within 1 of (22, 22). Time runs out by `TimeLimit`, after 500 steps.
 * - Reset: at (8, 8). `reset({ options: { state } })`: at (x, y).
 *
 * Ward, Smofsky and Bose, "Improving Exploration in Soft-Actor-Critic with Normalizing Flows Policies", 2019, arXiv:1906.02771: their smaller
 * grid, whose observations are not scaled.
 *
 * @throws for an unknown option or one out of range; `reset` for a point in a wall; `step` for an action that is not finite.
 */
export class SparseGridEnv extends RememberingEnv<{ x: number; y: number }, Float32Array, Float32Array> {
  readonly observationSpace = new Box({ low: -1, high: 1, shape: [2] });
  readonly actionSpace = new Box({ low: -1, high: 1, shape: [2] });
  readonly goalReward: number;
  readonly stepCost: number;
  protected memory: { x: number; y: number } = { x: start[0], y: start[1] };

  constructor(options: z.input<typeof sparseGridOptions> = {}) {
    super();
    const { goalReward, stepCost } = parseOptions('SparseGrid', sparseGridOptions, options);
    this.goalReward = goalReward;
    this.stepCost = stepCost;
  }

  protected begin(options: Record<string, unknown>): ResetResult {
    checkOptionNames('SparseGrid.reset', options, ['state']);
    const [x, y] = resetState('SparseGrid', options, ['x', 'y']) ?? start;
    if (isInWall(x!, y!))
      throw new Error(`SparseGrid: reset() got the state (${x}, ${y}), expected a point in no wall`);
    this.memory = { x: clamp(x!, 0, side), y: clamp(y!, 0, side) };
    return [this.#observation(), { outcome: undefined } satisfies SparseGridInfo];
  }

  step(action: Float32Array): [Float32Array, number, boolean, boolean, SparseGridInfo] {
    this.checkLength(action);
    const { memory } = this;
    const x = clamp(memory.x + clamp(action[0]!, -1, 1), 0, side);
    const y = clamp(memory.y + clamp(action[1]!, -1, 1), 0, side);
    if (!(Number.isFinite(x) && Number.isFinite(y))) {
      throw new Error(`SparseGrid: step() got the action ${show(action)}, expected 2 finite numbers (velocity)`);
    }
    if (!isInWall(x, y)) [memory.x, memory.y] = [x, y];
    const [dx, dy] = [memory.x - goal[0], memory.y - goal[1]];
    const arrived = dx * dx + dy * dy <= goalRadius * goalRadius;
    const reward = arrived ? this.goalReward : -this.stepCost;
    return [this.#observation(), reward, arrived, false, { outcome: arrived ? 'goal' : undefined }];
  }

  #observation(): Float32Array {
    return Float32Array.of((this.memory.x - middle) / middle, (this.memory.y - middle) / middle);
  }

  render(): string {
    const around = [-0.5, side + 0.5] as const;
    const drawing = new Drawing({ x: around, y: around, label: 'a point in a room with a door, and a goal outside' });
    drawing.rect([0, 0], [side, side], { stroke: 'line', width: 1 });
    for (const [from, to] of walls) drawing.rect(from, to, { fill: 'faint' });
    drawing.circle(goal, goalRadius, { stroke: 'ink', width: 1, dash: '3 2' });
    return drawing.circle([this.memory.x, this.memory.y], 0.5, { fill: 'ink' }).toString();
  }
}
