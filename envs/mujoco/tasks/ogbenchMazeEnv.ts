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
import type { Body, Geom } from '../mjcf.ts';
import { MujocoEnv, type Scored } from '../mujocoEnv.ts';

/** A cell of a maze. */
export type MazeCell = readonly [row: number, column: number];
/** A point in the plane, m. */
type Point = readonly [x: number, y: number];

/** The width of a cell, m. The origin is the middle of cell (1, 1), x goes with the column and y with the row. */
const UNIT = 4;
/** How far goals and starts are from the middle of their cells at most, along x and along y, m. */
const NOISE = 1;
/** How near a walker must be to an entrance to be carried off, m. */
const PULL = 1.5;
const WALL = '#';

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

export interface Maze {
  readonly map: readonly string[];
  readonly tasks: readonly (readonly [start: MazeCell, goal: MazeCell])[];
  readonly entrances?: readonly MazeCell[];
  readonly exits?: readonly MazeCell[];
}

export const ogbenchMazeOptions = z.strictObject({
  maze: z.enum(['medium', 'large', 'giant', 'teleport']).default('medium').describe('which maze'),
  task: z
    .int()
    .min(1)
    .max(5)
    .optional()
    .describe('which of the five tasks each episode is, 1 to 5; by default one is drawn for each'),
  terminateAtGoal: z.boolean().default(true).describe('whether the goal ends the task'),
});

export type MazeOptions = z.input<typeof ogbenchMazeOptions>;
type MazeObservation = GoalObservation<Float64Array>;
type MazeState = { rng: RngState; robot: ReturnType<MujocoEnv['state']>; task: number };

/** Who walks through a maze: its model is among {@link mazeGeoms} and {@link mazeBodies}, and its first two positions are x and y. */
export abstract class MazeWalker extends MujocoEnv {
  /** Where episodes begin, and their goals, m: x, y, x, y. */
  beginsAt: readonly number[] = [0, 0, 0, 0];

  get place(): Point {
    return [this.qpos[0]!, this.qpos[1]!];
  }

  set place(place: Point) {
    this.qpos.set(place);
  }

  /** What is to be observed, of which the first two numbers are x and y, m. */
  get goal(): Float64Array {
    return this.dataArray('mocap_pos').slice(0, 2);
  }

  moveGoal(goal: ArrayLike<number>): void {
    this.dataArray('mocap_pos').set(goal);
  }

  /** The number of the body in the middle of the maze. */
  get middle(): number {
    return this.bodyId(MIDDLE);
  }

  protected override placeAtStart(qpos: Float64Array, _qvel: Float64Array): void {
    qpos.set(this.beginsAt.slice(0, 2));
    this.moveGoal(this.beginsAt.slice(2));
  }

  protected score(): Scored {
    return { reward: 0 };
  }
}

/** What {@link OgbenchMazeEnv} is made from. */
interface MazeSettings<Walker extends MazeWalker> {
  /** As errors name the env. */
  readonly name: string;
  readonly walker: (maze: Maze) => Walker;
  /** How near the walker must be to the goal, m. */
  readonly near: number;
}

/**
 * A walk through a maze to a place, by OGBench's rules (Park et al., "OGBench: Benchmarking Offline Goal-Conditioned RL", 2024,
 * arXiv:2410.20092), with the contract of a {@link GoalEnv}. A goal is what would be observed there; its place alone counts.
 */
export abstract class OgbenchMazeEnv<Walker extends MazeWalker>
  extends BaseEnv<MazeObservation, Float32Array>
  implements GoalEnv<Float64Array, Float64Array, Float32Array>
{
  readonly observationSpace: Dict<MazeObservation>;
  readonly actionSpace: Box;
  protected readonly walker: Walker;
  readonly #name: string;
  readonly #near: number;
  readonly #options: z.output<typeof ogbenchMazeOptions>;
  readonly #maze: Maze;
  /** The number of the task, 0 of an episode that began at a state. */
  #task = 0;

  constructor({ name, walker, near }: MazeSettings<Walker>, options: MazeOptions) {
    super();
    this.#name = name;
    this.#near = near;
    this.#options = parseOptions(name, ogbenchMazeOptions, options);
    this.#maze = ogbenchMazes[this.#options.maze];
    this.walker = walker(this.#maze);
    this.actionSpace = this.walker.actionSpace;
    const observation = this.walker.observationSpace;
    this.observationSpace = new Dict<MazeObservation>({
      observation,
      achieved_goal: observation,
      desired_goal: observation,
    });
  }

  /** The maze from above, row by row: '#' is a wall, '.' a free cell. */
  get map(): readonly string[] {
    return this.#maze.map;
  }

  /** Where the walker is, m: at an exit, where an observation has not shown it yet. */
  get place(): Point {
    return this.walker.place;
  }

  /** Moves the goal, m, in the middle of an episode. */
  setGoal(goal: Point): void {
    this.walker.moveGoal(goal);
  }

  protected begin(options: { task?: unknown; state?: unknown }): [MazeObservation, Info] {
    checkOptionNames(`${this.#name}.reset`, options, ['task', 'state']);
    const state = resetState(this.#name, options, ['x', 'y', 'x of the goal', 'y of the goal']);
    if (state === undefined) {
      this.#task = this.#taskOf(options.task);
      const [start, goal] = this.#maze.tasks[this.#task - 1]!;
      this.walker.beginsAt = [...pointIn(start, this.rng), ...pointIn(goal, this.rng)];
    } else {
      this.#task = 0;
      this.walker.beginsAt = [...state];
    }
    const [observation] = this.walker.reset({ seed: this.walkerSeed() });
    return [this.#observation(observation), this.#told(undefined)];
  }

  /** Of what the walker itself draws at a start: nothing. */
  protected walkerSeed(): number {
    return 0;
  }

  /** @throws unless it is the number of a task */
  #taskOf(given: unknown): number {
    const { tasks } = this.#maze;
    const task = given ?? this.#options.task ?? this.rng.integer(1, tasks.length + 1);
    if (Number.isInteger(task) && (task as number) >= 1 && (task as number) <= tasks.length) return task as number;
    throw new Error(`${this.#name}.reset: task: got ${show(given)}, expected an integer from 1 to ${tasks.length}`);
  }

  step(action: Float32Array): StepResult<MazeObservation> {
    const [seen, , , truncated, { outcome }] = this.walker.step(action);
    const observation = this.#observation(seen);
    const { achieved_goal: achieved, desired_goal: desired } = observation;
    const reward = this.computeReward(achieved, desired);
    this.#carryOff();
    const info = this.#told(outcome ?? (reward === 1 ? 'success' : undefined));
    return [observation, reward, this.computeTerminated(achieved, desired), truncated, info];
  }

  /** Takes a walker that is near an entrance to an exit. */
  #carryOff(): void {
    const { entrances = [], exits = [] } = this.#maze;
    const { place } = this.walker;
    if (!entrances.some((cell) => distance(place, mazePoint(cell)) <= PULL)) return;
    this.walker.place = mazePoint(exits[this.rng.integer(0, exits.length)]!);
  }

  computeReward(achievedGoal: ArrayLike<number>, desiredGoal: ArrayLike<number>): number {
    return distance(achievedGoal, desiredGoal) <= this.#near ? 1 : 0;
  }

  computeTerminated(achievedGoal: ArrayLike<number>, desiredGoal: ArrayLike<number>): boolean {
    return this.#options.terminateAtGoal && this.computeReward(achievedGoal, desiredGoal) === 1;
  }

  #observation(observation: Float64Array): MazeObservation {
    return { observation, achieved_goal: observation.slice(), desired_goal: this.walker.goal };
  }

  #told(outcome: Info['outcome']): Info {
    return { outcome, ...(this.#task > 0 && { task: `task${this.#task}` }) };
  }

  render(): string {
    const { map, entrances = [], exits = [] } = this.#maze;
    const [right, top] = mazePoint([map.length - 0.5, map[0]!.length - 0.5]);
    const edge = -1.5 * UNIT;
    const drawing = new Drawing({ x: [edge, right], y: [edge, top], label: 'a maze, a walker and its goal' });
    for (const cell of wallsOf(map)) {
      const [x, y] = mazePoint(cell);
      drawing.rect([x - UNIT / 2, y - UNIT / 2], [x + UNIT / 2, y + UNIT / 2], { fill: 'line' });
    }
    for (const cell of entrances) drawing.circle(mazePoint(cell), PULL, { fill: 'water' });
    for (const cell of exits) drawing.circle(mazePoint(cell), PULL, { stroke: 'muted', width: 1 });
    const [goalX, goalY] = this.walker.goal;
    drawing.circle([goalX!, goalY!], this.#near, { stroke: 'ink', width: 1, dash: '3 2' });
    this.drawWalker(drawing);
    return drawing.toString();
  }

  protected abstract drawWalker(drawing: Drawing): void;

  /** All of the maze. */
  film(onPose: ((pose: Float64Array) => void) | undefined): Scene {
    const { map } = this.#maze;
    const reach = (UNIT * Math.max(map.length, map[0]!.length)) / 2;
    return { ...this.walker.film(onPose), followed: this.walker.middle, height: 0, reach };
  }

  state(): MazeState {
    return { rng: this.rng.state(), robot: this.walker.state(), task: this.#task };
  }

  setState({ rng, robot, task }: MazeState): void {
    this.rng = Rng.fromState(rng);
    this.walker.setState(robot);
    this.#task = task;
  }

  override close(): void {
    this.walker.close();
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

/** The cells that are walls. */
function wallsOf(map: readonly string[]): MazeCell[] {
  return map.flatMap((row, i) => [...row].flatMap((kind, j): MazeCell[] => (kind === WALL ? [[i, j]] : [])));
}

function distance(one: ArrayLike<number>, other: ArrayLike<number>): number {
  const [dx, dy] = [one[0]! - other[0]!, one[1]! - other[1]!];
  return Math.sqrt(dx * dx + dy * dy);
}

const MIDDLE = 'middle';

function disc(radius: number, pos: readonly number[], rgba: readonly number[]): Geom {
  // It is only to be seen.
  return { type: 'cylinder', size: [radius, 0.05], pos, rgba, contype: 0, conaffinity: 0 };
}

/** The middle of the maze, m. */
function middleOf({ map }: Maze): Point {
  return [(UNIT / 2) * (map[0]!.length - 3), (UNIT / 2) * (map.length - 3)];
}

/** Where OGBench's floor lies, and how large it looks. */
export function mazeFloor(maze: Maze): Geom {
  const [x, y] = middleOf(maze);
  return { pos: [x, y, 0], size: [x + 1.5 * UNIT, y + 1.5 * UNIT, 0.2] };
}

/** OGBench's walls; and the entrances and exits, to be seen. */
export function mazeGeoms({ map, entrances = [], exits = [] }: Maze): Geom[] {
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
  const discs = (cells: readonly MazeCell[], rgba: readonly number[]) =>
    cells.map((cell) => disc(1, [...mazePoint(cell), 0.05], rgba));
  return [...walls, ...discs(entrances, [0.2, 0.4, 0.9, 1]), ...discs(exits, [0.5, 0.7, 0.9, 1])];
}

/** The goal, to be seen, and the middle of the maze, where whoever sees all of it looks. */
export function mazeBodies(maze: Maze, near: number): Body[] {
  return [
    { name: 'target', mocap: true, geoms: [disc(near, [0, 0, 0.05], [0.96, 0.26, 0.33, 1])] },
    { name: MIDDLE, pos: [...middleOf(maze), 0] },
  ];
}
