import { z } from 'zod';
import { show } from '../../../src/options/describe.ts';
import { parseOptions } from '../../../src/options/parse.ts';
import { Rng, type RngState } from '../../../src/random.ts';
import { Box, clamp } from '../../../src/spaces/box.ts';
import { Dict } from '../../../src/spaces/composite.ts';
import { BaseEnv } from '../../core/baseEnv.ts';
import type { Info, StepResult } from '../../core/env.ts';
import type { GoalEnv, GoalObservation } from '../../core/goalEnv.ts';
import { checkOptionNames } from '../../core/options.ts';
import type { Scene } from '../../drawing/scene.ts';
import { type Geom, mjcf } from '../mjcf.ts';
import { MujocoEnv, type Scored } from '../mujocoEnv.ts';

/** How near the ball must be to the goal, m. */
const NEAR = 0.45;
/** The largest speed along x and along y at which a step begins, m/s. */
const SPEED = 5;
/** How far goals and starts are from the middle of their cells at most, along x and along y, m. */
const NOISE = 0.25;
const WALL = '#';

type Cell = readonly [row: number, column: number];

export const pointMazeOptions = z.strictObject({
  map: z
    .array(z.string().regex(/^[#.]+$/, "a row of '#' and '.'"))
    .min(1)
    .readonly()
    .default(['#####', '#...#', '###.#', '#...#', '#####'])
    .refine((rows) => rows.every(({ length }) => length === rows[0]!.length), 'rows of one length')
    .refine((rows) => cellsOf(rows).length > 1, 'at least two free cells')
    .describe("the maze from above, row by row: '#' is a wall, '.' a free cell; a cell is 1 m wide"),
  continuingTask: z.boolean().default(true).describe('whether an episode goes on where the goal has been reached'),
});

type MazeObservation = GoalObservation<Float64Array>;
type MazeState = { rng: RngState; robot: ReturnType<MujocoEnv['state']> };

/**
 * A ball that is pushed through a maze to a place: Gymnasium-Robotics' PointMaze, with sparse rewards.
 *
 * - Observation: x, y and their velocities, `[4]`, as `observation`; x and y, `[2]`, as `achieved_goal`; where to go, `[2]`, as
 *   `desired_goal`. In m and m/s, the origin in the middle of the map, x to the right and y upwards.
 * - Action: the push along x and along y, `[2]`, in [−1, 1], of 100 N on 4.2 kg for 0.01 s. Where a step begins each velocity is clipped to ±5 m/s.
 * - Reward: 1 within 0.45 m of the goal, else 0. Terminated: there, unless `continuingTask`.
 * - Reset: goal and start in two different free cells, each drawn uniformly, and from the middle of its cell ± U(0, 0.25) m along x and
 *   along y; `reset({ options: { goalCell: [row, column], resetCell: [row, column] } })` says which cells. The ball is at rest.
 * - Info: `outcome`, `'success'` where it is at the goal.
 *
 * @throws as {@link MujocoEnv} does, and for an unknown option or one out of range
 */
export class PointMazeEnv
  extends BaseEnv<MazeObservation, Float32Array>
  implements GoalEnv<Float64Array, Float64Array, Float32Array>
{
  readonly observationSpace: Dict<MazeObservation>;
  readonly actionSpace: Box;
  readonly #options: z.output<typeof pointMazeOptions>;
  readonly #cells: readonly Cell[];
  readonly #robot: MazeBall;

  constructor(options: z.input<typeof pointMazeOptions> = {}) {
    super();
    this.#options = parseOptions('PointMaze', pointMazeOptions, options);
    this.#cells = cellsOf(this.#options.map);
    this.#robot = new MazeBall(this.#options.map);
    this.actionSpace = this.#robot.actionSpace;
    const box = (size: number) => new Box({ low: -Infinity, high: Infinity, shape: [size], dtype: 'float64' });
    this.observationSpace = new Dict<MazeObservation>({
      observation: box(4),
      achieved_goal: box(2),
      desired_goal: box(2),
    });
  }

  protected begin(options: { goalCell?: unknown; resetCell?: unknown }): [MazeObservation, Info] {
    checkOptionNames('PointMaze.reset', options, ['goalCell', 'resetCell']);
    const goalCell = this.#cellOf('goalCell', options.goalCell) ?? this.#draw(this.#cells);
    const others = this.#cells.filter((cell) => cell !== goalCell);
    const goal = this.#place(goalCell);
    const start = this.#place(this.#cellOf('resetCell', options.resetCell) ?? this.#draw(others));
    const state = { qpos: [...start, ...goal], qvel: [0, 0, 0, 0] };
    return [this.#observation(this.#robot.reset({ seed: 0, options: { state } })[0]), {}];
  }

  step(action: Float32Array): StepResult<MazeObservation> {
    const [numbers, , , truncated, info] = this.#robot.step(action);
    const observation = this.#observation(numbers);
    const { achieved_goal: achieved, desired_goal: desired } = observation;
    const reward = this.computeReward(achieved, desired);
    const outcome = info.outcome ?? (reward === 1 ? 'success' : undefined);
    return [observation, reward, this.computeTerminated(achieved, desired), truncated, { outcome }];
  }

  computeReward(achievedGoal: Float64Array, desiredGoal: Float64Array): number {
    const [dx, dy] = [achievedGoal[0]! - desiredGoal[0]!, achievedGoal[1]! - desiredGoal[1]!];
    return Math.sqrt(dx * dx + dy * dy) <= NEAR ? 1 : 0;
  }

  computeTerminated(achievedGoal: Float64Array, desiredGoal: Float64Array): boolean {
    return !this.#options.continuingTask && this.computeReward(achievedGoal, desiredGoal) === 1;
  }

  /** @param numbers positions and velocities of ball and goal */
  #observation(numbers: Float64Array): MazeObservation {
    const [x, y, goalX, goalY, vx, vy] = numbers;
    return {
      observation: Float64Array.of(x!, y!, vx!, vy!),
      achieved_goal: Float64Array.of(x!, y!),
      desired_goal: Float64Array.of(goalX!, goalY!),
    };
  }

  #draw(cells: readonly Cell[]): Cell {
    return cells[this.rng.integer(0, cells.length)]!;
  }

  #place(cell: Cell): [x: number, y: number] {
    const [x, y] = middleOf(this.#options.map, cell);
    return [x + this.rng.uniform(-NOISE, NOISE), y + this.rng.uniform(-NOISE, NOISE)];
  }

  /** The free cell that an option names, if it does. @throws if it is none */
  #cellOf(name: string, given: unknown): Cell | undefined {
    if (given === undefined) return undefined;
    const [row, column, ...more] = Array.isArray(given) ? given : [];
    const found = this.#cells.find((cell) => cell[0] === row && cell[1] === column);
    if (found !== undefined && more.length === 0) return found;
    throw new Error(`PointMaze.reset: ${name}: got ${show(given)}, expected [row, column] of a free cell`);
  }

  render(): string {
    return this.#robot.render();
  }

  film(onPose: ((pose: Float64Array) => void) | undefined): Scene {
    const { map } = this.#options;
    const reach = Math.max(map.length, map[0]!.length) / 2;
    return { ...this.#robot.film(onPose), followed: 0, height: 0, reach };
  }

  state(): MazeState {
    return { rng: this.rng.state(), robot: this.#robot.state() };
  }

  setState({ rng, robot }: MazeState): void {
    this.rng = Rng.fromState(rng);
    this.#robot.setState(robot);
  }

  override close(): void {
    this.#robot.close();
  }
}

function cellsOf(map: readonly string[]): Cell[] {
  return map.flatMap((row, i) => [...row].flatMap((kind, j): Cell[] => (kind === WALL ? [] : [[i, j]])));
}

/** The middle of a cell, m. */
function middleOf(map: readonly string[], [row, column]: Cell): [x: number, y: number] {
  return [column + 0.5 - map[0]!.length / 2, map.length / 2 - row - 0.5];
}

/** The ball, and the goal, which nothing moves. */
class MazeBall extends MujocoEnv {
  constructor(map: readonly string[]) {
    super({ name: 'PointMaze', xml: mazeModel(map), frameSkip: 1, view: 'above' });
  }

  protected override beforeStep(): void {
    const { qvel } = this;
    for (let i = 0; i < 2; i++) qvel[i] = clamp(qvel[i]!, -SPEED, SPEED);
  }

  protected score(): Scored {
    return { reward: 0 };
  }
}

/** What is only to be seen. */
const seen = { contype: 0, conaffinity: 0 } as const;

/** Gymnasium-Robotics' model of the ball among walls, and a goal to be seen. */
function mazeModel(map: readonly string[]): string {
  const walls = map.flatMap((row, i) =>
    [...row].flatMap((kind, j): Geom[] => {
      if (kind !== WALL) return [];
      const [x, y] = middleOf(map, [i, j]);
      const name = `block_${i}_${j}`;
      return [{ name, type: 'box', size: [0.5, 0.5, 0.2], pos: [x, y, 0.2], contype: 1, rgba: [0.7, 0.5, 0.3, 1] }];
    }),
  );
  const slides = (name: string, damping: number) =>
    (['x', 'y'] as const).map((axis, i) => ({
      name: `${name}_${axis}`,
      type: 'slide' as const,
      axis: i === 0 ? [1, 0, 0] : [0, 1, 0],
      damping,
    }));
  return mjcf({
    model: 'point maze',
    compiler: { inertiafromgeom: true },
    size: { memory: '100K' },
    option: { timestep: 0.01, gravity: [0, 0, 0], iterations: 20, integrator: 'Euler' },
    default: {
      joint: { limited: false },
      geom: { friction: [0.5, 0.1, 0.1], density: 1000, margin: 0.002, condim: 1, contype: 2, conaffinity: 1 },
      motor: { ctrlrange: [-1, 1], gear: 100 },
    },
    geoms: [{ name: 'ground', type: 'plane', size: [40, 40, 0.25], pos: [0, 0, -0.1], ...seen }, ...walls],
    bodies: [
      {
        name: 'particle',
        joints: slides('ball', 1),
        geoms: [{ name: 'particle', type: 'sphere', size: [0.1], contype: 1 }],
      },
      {
        name: 'target',
        joints: slides('target', 0),
        geoms: [{ name: 'target', type: 'sphere', size: [0.2], rgba: [1, 0, 0, 0.7], ...seen }],
      },
    ],
    motors: ['ball_x', 'ball_y'].map((joint) => ({ joint })),
  });
}
