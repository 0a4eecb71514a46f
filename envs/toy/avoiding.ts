import { z } from 'zod';
import { show } from '../../src/options/describe.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { Box, clamp } from '../../src/spaces/box.ts';
import { RememberingEnv, resetState } from '../core/baseEnv.ts';
import type { Info, ResetResult } from '../core/env.ts';
import { checkOptionNames } from '../core/options.ts';
import { Drawing } from '../drawing/drawing.ts';
import { type Point, touchDisc } from '../lake/lakeMap.ts';

/** Metres; the desired position stays within. */
const left = 0.2;
const right = 0.8;
const back = -0.35;
const front = 0.45;
const start: Point = { x: 0.525, y: -0.28 };
const finishY = 0.35;
/** What the longest action moves the desired position by, metres in each direction: the stick of D3IL's gamepad, pushed through. */
const stride = 1 / 120;
const rodRadius = 0.01;

/** A row of cylinders across the way. From `seenFrom` on the gap is taken that the rod is in front of. */
interface AvoidingRow {
  readonly y: number;
  readonly radius: number;
  /** From left to right. */
  readonly xs: readonly number[];
  readonly seenFrom: number;
}

const rows: readonly AvoidingRow[] = [
  { y: -0.1, radius: 0.03, xs: [0.5], seenFrom: -0.13 },
  { y: 0.08, radius: 0.025, xs: [0.425, 0.575], seenFrom: 0.05 },
  { y: 0.26, radius: 0.025, xs: [0.35, 0.5, 0.65], seenFrom: 0.26 },
];

/** Where things are in {@link AvoidingEnv}, metres. */
export const avoidingMap = { start, rows, finishY, stride, rodRadius, left, right };

/** What the rod touches: its middle then is in one of these. */
const discs = rows.flatMap(({ y, radius, xs }) => xs.map((x) => ({ x, y, radius: radius + rodRadius })));

export const avoidingOptions = z.strictObject({
  follow: z
    .number()
    .min(0.01)
    .max(1)
    .default(0.5)
    .describe('share of the distance to the desired position that the rod goes in a step'),
});

/** What {@link AvoidingEnv} tells beside the observation. */
export interface AvoidingInfo extends Info {
  outcome: 'finished' | 'collided' | 'timeout' | undefined;
  /** The gap taken in each row that was reached, from 0 at the left: `'0'`, `'02'`, `'023'`; `''` before the first. */
  way: string;
}

/** What the rest of an episode depends on. */
interface AvoidingMemory {
  desiredX: number;
  desiredY: number;
  x: number;
  y: number;
  way: string;
}

/**
 * A rod past rows of one, two and three cylinders to a finish line: 2 · 3 · 4 = 24 ways, after the task Avoiding of D3IL. What moves is a
 * desired position d; the rod p follows it:
 *
 *   d′ = clip(d + a / 120),  p′ = p + follow · (d′ − p).
 *
 * - Observation: (d, p), `[4]`, metres, x before y, in [0.2, 0.8] × [−0.35, 0.45]. The line is at y = 0.35.
 * - Action: a, `[2]`, each entry clipped to ±1.
 * - Reward: 1 at the line, else 0. D3IL has none.
 * - Terminated: p beyond the line (`'finished'`), or the rod, of radius 0.01, touches a cylinder (`'collided'`). Time runs out by `TimeLimit`,
 *   after 250 steps.
 * - Reset: d = p = (0.525, −0.28), always. `reset({ options: { state } })`: both at (x, y).
 *
 * Positions, radii, the stride and when a gap counts as taken are D3IL's. There an arm with seven joints follows, in MuJoCo; here, a first-order lag.
 *
 * Jia et al., "Towards Diverse Behaviors: A Benchmark for Imitation Learning with Human Demonstrations", 2024, arXiv:2402.14606.
 *
 * @throws for an unknown option or one out of range; `step` for an action that is not finite.
 */
export class AvoidingEnv extends RememberingEnv<AvoidingMemory, Float32Array, Float32Array> {
  readonly observationSpace = new Box({ low: [left, back, left, back], high: [right, front, right, front] });
  readonly actionSpace = new Box({ low: -1, high: 1, shape: [2] });
  readonly follow: number;
  protected memory: AvoidingMemory = at(start);

  constructor(options: z.input<typeof avoidingOptions> = {}) {
    super();
    this.follow = parseOptions('Avoiding', avoidingOptions, options).follow;
  }

  protected begin(options: Record<string, unknown>): ResetResult {
    checkOptionNames('Avoiding.reset', options, ['state']);
    const [x, y] = resetState('Avoiding', options, ['x', 'y']) ?? [start.x, start.y];
    this.memory = at({ x: clamp(x!, left, right), y: clamp(y!, back, front) });
    return [this.#observation(), this.#info(undefined)];
  }

  step(action: Float32Array): [Float32Array, number, boolean, boolean, AvoidingInfo] {
    this.checkLength(action);
    const ax = clamp(action[0]!, -1, 1);
    const ay = clamp(action[1]!, -1, 1);
    if (!(Number.isFinite(ax) && Number.isFinite(ay))) {
      throw new Error(`Avoiding: step() got the action ${show(action)}, expected 2 finite numbers (offset)`);
    }
    const { memory } = this;
    const desiredX = clamp(memory.desiredX + stride * ax, left, right);
    const desiredY = clamp(memory.desiredY + stride * ay, back, front);
    const to = { x: memory.x + this.follow * (desiredX - memory.x), y: memory.y + this.follow * (desiredY - memory.y) };
    const collided = discs.some((disc) => touchDisc(memory, to, disc) <= 1);
    this.memory = { desiredX, desiredY, ...to, way: wayAt(to, memory.way) };
    const outcome = collided ? 'collided' : to.y > finishY ? 'finished' : undefined;
    return [this.#observation(), outcome === 'finished' ? 1 : 0, outcome !== undefined, false, this.#info(outcome)];
  }

  #observation(): Float32Array {
    const { desiredX, desiredY, x, y } = this.memory;
    return Float32Array.of(desiredX, desiredY, x, y);
  }

  #info(outcome: AvoidingInfo['outcome']): AvoidingInfo {
    return { outcome, way: this.memory.way };
  }

  render(): string {
    const drawing = new Drawing({ x: [left, right], y: [back, front], label: 'a rod before three rows of cylinders' });
    drawing.line([left, finishY], [right, finishY], { stroke: 'ink', width: 1, dash: '3 2' });
    for (const { y, radius, xs } of rows) for (const x of xs) drawing.circle([x, y], radius, { fill: 'water' });
    const { desiredX, desiredY, x, y } = this.memory;
    return drawing
      .circle([start.x, start.y], 0.004, { fill: 'faint' })
      .circle([desiredX, desiredY], rodRadius, { stroke: 'ink', width: 1 })
      .circle([x, y], rodRadius, { fill: 'ink' })
      .toString();
  }
}

/** The desired position and the rod at one place. */
function at(place: Point): AvoidingMemory {
  return { desiredX: place.x, desiredY: place.y, ...place, way: wayAt(place, '') };
}

/** The way so far, with the gaps of rows that the rod has reached just now. */
function wayAt({ x, y }: Point, before: string): string {
  let way = before;
  for (const { xs, seenFrom } of rows.slice(before.length)) {
    if (y < seenFrom) break;
    way += xs.filter((middle) => x > middle).length;
  }
  return way;
}
