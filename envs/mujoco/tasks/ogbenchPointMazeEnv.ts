import { z } from 'zod';
import { show } from '../../../src/options/describe.ts';
import { parseOptions } from '../../../src/options/parse.ts';
import { Rng, type RngState } from '../../../src/random.ts';
import type { Box } from '../../../src/spaces/box.ts';
import { Dict } from '../../../src/spaces/composite.ts';
import { BaseEnv, resetState } from '../../core/baseEnv.ts';
import type { Info, StepResult } from '../../core/env.ts';
import type { GoalEnv, GoalObservation } from '../../core/goalEnv.ts';
import { checkOptionNames } from '../../core/options.ts';
import { Drawing } from '../../drawing/drawing.ts';
import type { Scene } from '../../drawing/scene.ts';
import { type Geom, mjcf } from '../mjcf.ts';
import { MujocoEnv, type Scored } from '../mujocoEnv.ts';

/** A cell of a maze. */
export type MazeCell = readonly [row: number, column: number];
/** A point in the plane, m. */
type Point = readonly [x: number, y: number];

/** The width of a cell, m. The origin is the middle of cell (1, 1), x goes with the column and y with the row. */
const UNIT = 4;
/** How far goals and starts are from the middle of their cells at most, along x and along y, m. */
const NOISE = 1;
/** How near the point must be to the goal, m. */
const NEAR = 1;
/** What an action of 1 moves the point by, m, in float32 as numpy has it. */
const STRIDE = Math.fround(0.2);
/** The point's radius, m. */
const RADIUS = 0.7;
/** How near the point must be to an entrance to be carried off, m. */
const PULL = 1.5;
const WALL = '#';
const NAME = 'OgbenchPointMaze';

/** OGBench's mazes from above, row by row: '#' is a wall, '.' a free cell; five tasks each, from a start to a goal. */
export const ogbenchMazes = {
  medium: {
    map: ['########', '#..##..#', '#..#...#', '##...###', '#..#...#', '#.#..#.#', '#...#..#', '########'],
    tasks: [
      [
        [1, 1],
        [6, 6],
      ],
      [
        [6, 1],
        [1, 6],
      ],
      [
        [5, 3],
        [4, 2],
      ],
      [
        [6, 5],
        [6, 1],
      ],
      [
        [2, 6],
        [1, 1],
      ],
    ],
  },
  large: {
    map: [
      '############',
      '#....#.....#',
      '#.##.#.#.#.#',
      '#......#...#',
      '#.####.###.#',
      '#..#.#.....#',
      '##.#.#.#.###',
      '#..#...#...#',
      '############',
    ],
    tasks: [
      [
        [1, 1],
        [7, 10],
      ],
      [
        [5, 4],
        [7, 1],
      ],
      [
        [7, 4],
        [1, 10],
      ],
      [
        [3, 8],
        [5, 4],
      ],
      [
        [1, 1],
        [5, 4],
      ],
    ],
  },
  giant: {
    map: [
      '################',
      '#.#......##....#',
      '#.#.##.#.#..##.#',
      '#...#..#...#...#',
      '#.###.######.#.#',
      '#...#...#....#.#',
      '###.#.#..#.#.###',
      '#...#..#...#...#',
      '#.#.#.######.#.#',
      '#.###...#...##.#',
      '#.....#...#....#',
      '################',
    ],
    tasks: [
      [
        [1, 1],
        [10, 14],
      ],
      [
        [1, 14],
        [10, 1],
      ],
      [
        [8, 14],
        [1, 1],
      ],
      [
        [8, 3],
        [5, 12],
      ],
      [
        [5, 9],
        [3, 8],
      ],
    ],
  },
  teleport: {
    map: [
      '############',
      '#.....#.#..#',
      '##.#...#..##',
      '##.###.....#',
      '#....#.#.#.#',
      '#.##.#.#.#.#',
      '#.##.#.#.#.#',
      '#....#...#.#',
      '############',
    ],
    tasks: [
      [
        [1, 10],
        [7, 1],
      ],
      [
        [1, 1],
        [7, 10],
      ],
      [
        [5, 6],
        [7, 10],
      ],
      [
        [7, 1],
        [7, 10],
      ],
      [
        [5, 6],
        [7, 1],
      ],
    ],
    /** Who comes near one of these is carried to one of the others. */
    entrances: [
      [4, 6],
      [5, 1],
    ],
    exits: [
      [1, 7],
      [6, 1],
      [6, 10],
    ],
  },
} as const satisfies Readonly<Record<string, Maze>>;

interface Maze {
  readonly map: readonly string[];
  readonly tasks: readonly (readonly [start: MazeCell, goal: MazeCell])[];
  readonly entrances?: readonly MazeCell[];
  readonly exits?: readonly MazeCell[];
}

export const ogbenchPointMazeOptions = z.strictObject({
  maze: z.enum(['medium', 'large', 'giant', 'teleport']).default('medium').describe('which maze'),
  task: z
    .int()
    .min(1)
    .max(5)
    .optional()
    .describe('which of the five tasks each episode is, 1 to 5; by default one is drawn for each'),
  terminateAtGoal: z.boolean().default(true).describe('whether the goal ends the task'),
});

type MazeObservation = GoalObservation<Float64Array>;
type MazeState = { rng: RngState; robot: ReturnType<MujocoEnv['state']>; task: number };

/**
 * A point that moves through a maze to a place: OGBench's pointmaze (Park et al., "OGBench: Benchmarking Offline Goal-Conditioned RL", 2024,
 * arXiv:2410.20092), with the contract of a {@link GoalEnv}.
 *
 * - Observation: x and y in m, `[2]`, as `observation` and as `achieved_goal`; where to go, `[2]`, as `desired_goal`. Cells are 4 m wide; the
 *   origin is the middle of cell (1, 1), x goes with the column and y with the row.
 * - Action: 1/0.2 of what the point, a ball of radius 0.7 m, moves by along x and along y, `[2]`, in [−1, 1]; walls push it back in 0.1 s of
 *   physics. It is at rest where a step begins.
 * - Reward: 1 within 1 m of the goal, else 0. Terminated: there, unless `terminateAtGoal` is false.
 * - In the maze `teleport` a step that ends within 1.5 m of an entrance carries the point to an exit, which is drawn. It is seen there one step
 *   later: the observation, and the reward, are still those of the entrance.
 * - Reset: one of five tasks, from a cell to a cell, drawn unless the option `task` says which; start and goal each U(−1, 1) m off the
 *   middle of their cells, along x and along y. `reset({ options: { task } })` says which for this episode, and `{ state: [x, y, goalX, goalY] }`
 *   begins there.
 * - Info: `task`, `'task1'` to `'task5'`; `outcome`, `'success'` where it is at the goal.
 *
 * @throws as {@link MujocoEnv} does, and for an unknown option or one out of range
 */
export class OgbenchPointMazeEnv
  extends BaseEnv<MazeObservation, Float32Array>
  implements GoalEnv<Float64Array, Float64Array, Float32Array>
{
  readonly observationSpace: Dict<MazeObservation>;
  readonly actionSpace: Box;
  readonly #options: z.output<typeof ogbenchPointMazeOptions>;
  readonly #maze: Maze;
  readonly #robot: MazePoint;
  /** The number of the task, 0 of an episode that began at a state. */
  #task = 0;

  constructor(options: z.input<typeof ogbenchPointMazeOptions> = {}) {
    super();
    this.#options = parseOptions(NAME, ogbenchPointMazeOptions, options);
    this.#maze = ogbenchMazes[this.#options.maze];
    this.#robot = new MazePoint(this.#maze);
    this.actionSpace = this.#robot.actionSpace;
    const place = this.#robot.observationSpace;
    this.observationSpace = new Dict<MazeObservation>({
      observation: place,
      achieved_goal: place,
      desired_goal: place,
    });
  }

  /** The maze from above, row by row: '#' is a wall, '.' a free cell. */
  get map(): readonly string[] {
    return this.#maze.map;
  }

  /** Where the point is, m: at an exit, where an observation has not shown it yet. */
  get place(): Point {
    return this.#robot.place;
  }

  /** Sets another goal, m, in the middle of an episode. */
  setGoal(goal: Point): void {
    this.#robot.goal = goal;
  }

  protected begin(options: { task?: unknown; state?: unknown }): [MazeObservation, Info] {
    checkOptionNames(`${NAME}.reset`, options, ['task', 'state']);
    const state = resetState(NAME, options, ['x', 'y', 'x of the goal', 'y of the goal']);
    if (state === undefined) {
      this.#task = this.#taskOf(options.task);
      const [start, goal] = this.#maze.tasks[this.#task - 1]!;
      this.#robot.beginsAt = [...pointIn(start, this.rng), ...pointIn(goal, this.rng)];
    } else {
      this.#task = 0;
      this.#robot.beginsAt = [...state];
    }
    this.#robot.reset({ seed: 0 });
    return [this.#observation(), this.#told(undefined)];
  }

  /** @throws unless it is the number of a task */
  #taskOf(given: unknown): number {
    const { tasks } = this.#maze;
    const task = given ?? this.#options.task ?? this.rng.integer(1, tasks.length + 1);
    if (Number.isInteger(task) && (task as number) >= 1 && (task as number) <= tasks.length) return task as number;
    throw new Error(`${NAME}.reset: task: got ${show(given)}, expected an integer from 1 to ${tasks.length}`);
  }

  step(action: Float32Array): StepResult<MazeObservation> {
    const [, , , truncated, { outcome }] = this.#robot.step(action);
    const observation = this.#observation();
    const { achieved_goal: achieved, desired_goal: desired } = observation;
    const reward = this.computeReward(achieved, desired);
    this.#carryOff();
    const info = this.#told(outcome ?? (reward === 1 ? 'success' : undefined));
    return [observation, reward, this.computeTerminated(achieved, desired), truncated, info];
  }

  /** Takes a point that is near an entrance to an exit. */
  #carryOff(): void {
    const { entrances = [], exits = [] } = this.#maze;
    const { place } = this.#robot;
    if (!entrances.some((cell) => distance(place, mazePoint(cell)) <= PULL)) return;
    this.#robot.place = mazePoint(exits[this.rng.integer(0, exits.length)]!);
  }

  computeReward(achievedGoal: ArrayLike<number>, desiredGoal: ArrayLike<number>): number {
    return distance(achievedGoal, desiredGoal) <= NEAR ? 1 : 0;
  }

  computeTerminated(achievedGoal: ArrayLike<number>, desiredGoal: ArrayLike<number>): boolean {
    return this.#options.terminateAtGoal && this.computeReward(achievedGoal, desiredGoal) === 1;
  }

  #observation(): MazeObservation {
    const { place, goal } = this.#robot;
    return {
      observation: Float64Array.from(place),
      achieved_goal: Float64Array.from(place),
      desired_goal: Float64Array.from(goal),
    };
  }

  #told(outcome: string | undefined): Info {
    return { outcome, ...(this.#task > 0 && { task: `task${this.#task}` }) };
  }

  render(): string {
    const { map, entrances = [], exits = [] } = this.#maze;
    const [right, top] = mazePoint([map.length - 0.5, map[0]!.length - 0.5]);
    const edge = -1.5 * UNIT;
    const drawing = new Drawing({ x: [edge, right], y: [edge, top], label: 'a maze, a point and its goal' });
    for (const cell of wallsOf(map)) {
      const [x, y] = mazePoint(cell);
      drawing.rect([x - UNIT / 2, y - UNIT / 2], [x + UNIT / 2, y + UNIT / 2], { fill: 'line' });
    }
    for (const cell of entrances) drawing.circle(mazePoint(cell), PULL, { fill: 'water' });
    for (const cell of exits) drawing.circle(mazePoint(cell), PULL, { stroke: 'muted', width: 1 });
    drawing.circle(this.#robot.goal, NEAR, { stroke: 'ink', width: 1, dash: '3 2' });
    return drawing.circle(this.#robot.place, RADIUS, { fill: 'ink' }).toString();
  }

  /** All of the maze. */
  film(onPose: ((pose: Float64Array) => void) | undefined): Scene {
    const { map } = this.#maze;
    const reach = (UNIT * Math.max(map.length, map[0]!.length)) / 2;
    return { ...this.#robot.film(onPose), followed: MIDDLE, height: 0, reach };
  }

  state(): MazeState {
    return { rng: this.rng.state(), robot: this.#robot.state(), task: this.#task };
  }

  setState({ rng, robot, task }: MazeState): void {
    this.rng = Rng.fromState(rng);
    this.#robot.setState(robot);
    this.#task = task;
  }

  override close(): void {
    this.#robot.close();
  }
}

/** The middle of a cell, m. */
export function mazePoint([row, column]: MazeCell): Point {
  return [UNIT * (column - 1), UNIT * (row - 1)];
}

/** A point that is drawn from the middle half of a cell, m. */
export function pointIn(cell: MazeCell, rng: Rng): Point {
  const [x, y] = mazePoint(cell);
  return [x + rng.uniform(-NOISE, NOISE), y + rng.uniform(-NOISE, NOISE)];
}

/** The cells that are walls, or those that are not. */
function wallsOf(map: readonly string[]): MazeCell[] {
  return map.flatMap((row, i) => [...row].flatMap((kind, j): MazeCell[] => (kind === WALL ? [[i, j]] : [])));
}

function distance(one: ArrayLike<number>, other: ArrayLike<number>): number {
  const [dx, dy] = [one[0]! - other[0]!, one[1]! - other[1]!];
  return Math.sqrt(dx * dx + dy * dy);
}

/** The point, which an action carries to another place, where physics pushes it out of the walls. */
class MazePoint extends MujocoEnv {
  /** Where episodes begin, and their goals, m: x, y, x, y. */
  beginsAt: readonly number[] = [0, 0, 0, 0];

  constructor(maze: Maze) {
    super({ name: NAME, xml: mazeModel(maze), frameSkip: 5, view: 'above' });
  }

  get place(): Point {
    return [this.qpos[0]!, this.qpos[1]!];
  }

  set place(place: Point) {
    this.qpos.set(place);
  }

  get goal(): Point {
    const [x, y] = this.dataArray('mocap_pos');
    return [x!, y!];
  }

  set goal(goal: Point) {
    this.dataArray('mocap_pos').set(goal);
  }

  protected override placeAtStart(qpos: Float64Array): void {
    const [x, y, ...goal] = this.beginsAt;
    qpos.set([x!, y!]);
    this.dataArray('mocap_pos').set(goal);
  }

  protected override beforeStep(action: Float32Array): void {
    const { qpos } = this;
    for (let i = 0; i < 2; i++) qpos[i]! += Math.fround(STRIDE * action[i]!);
    this.qvel.fill(0);
  }

  /** No motor has a part in it. */
  protected override controls(): Float32Array {
    return new Float32Array(2);
  }

  protected override observe(): Float64Array {
    return this.qpos.slice();
  }

  protected score(): Scored {
    return { reward: 0 };
  }
}

/** Which body is in the middle of the maze, where whoever sees all of it looks. */
const MIDDLE = 3;
/** What is only to be seen. */
const seen = { contype: 0, conaffinity: 0 } as const;

/** OGBench's model of the point among walls, a goal to be seen, and the middle of the maze. */
function mazeModel({ map, entrances = [], exits = [] }: Maze): string {
  const [x, y] = [2 * (map[0]!.length - 3), 2 * (map.length - 3)];
  const walls = wallsOf(map).map(
    (cell): Geom => ({
      name: `block_${cell.join('_')}`,
      type: 'box',
      pos: [...mazePoint(cell), 1],
      size: [2, 2, 1],
      contype: 1,
      conaffinity: 1,
      rgba: [0.8, 0.8, 0.8, 1],
    }),
  );
  const disc = (radius: number, pos: readonly number[], rgba: readonly number[]): Geom => ({
    type: 'cylinder',
    size: [radius, 0.05],
    pos,
    rgba,
    ...seen,
  });
  const discs = (cells: readonly MazeCell[], rgba: readonly number[]) =>
    cells.map((cell) => disc(1, [...mazePoint(cell), 0.05], rgba));
  return mjcf({
    model: 'point maze of OGBench',
    compiler: { inertiafromgeom: true },
    size: { memory: '200K' },
    option: { timestep: 0.02, integrator: 'RK4' },
    default: {
      joint: { limited: false, armature: 0, damping: 0 },
      geom: { condim: 3, conaffinity: 0, margin: 0, friction: [1, 0.5, 0.5], density: 100 },
      motor: { ctrlrange: [-1, 1] },
    },
    geoms: [
      { name: 'floor', type: 'plane', pos: [x, y, 0], size: [x + 6, y + 6, 0.2], conaffinity: 1 },
      ...walls,
      ...discs(entrances, [0.2, 0.4, 0.9, 1]),
      ...discs(exits, [0.5, 0.7, 0.9, 1]),
    ],
    bodies: [
      {
        name: 'torso',
        joints: [
          { name: 'ballx', type: 'slide', axis: [1, 0, 0] },
          { name: 'bally', type: 'slide', axis: [0, 1, 0] },
        ],
        geoms: [{ name: 'pointbody', type: 'sphere', size: [RADIUS], pos: [0, 0, RADIUS], rgba: [0.7, 0.5, 0.3, 1] }],
      },
      { name: 'target', mocap: true, geoms: [disc(NEAR, [0, 0, 0.05], [0.96, 0.26, 0.33, 1])] },
      { name: 'middle', pos: [x, y, 0] },
    ],
    motors: ['ballx', 'bally'].map((joint) => ({ joint })),
  });
}
