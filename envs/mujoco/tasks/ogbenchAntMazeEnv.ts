import type { Drawing } from '../../drawing/drawing.ts';
import type { Scene } from '../../drawing/scene.ts';
import { drawRobotOnMap } from '../drawRobot.ts';
import { antModel, gymnasiumLegs } from './antEnv.ts';
import {
  type Maze,
  type MazeOptions,
  MazeWalker,
  mazeBodies,
  mazeFloor,
  mazeGeoms,
  OgbenchMazeEnv,
} from './ogbenchMazeEnv.ts';
import { addNormal, addUniform } from './robotTask.ts';

const NAME = 'OgbenchAntMaze';
/** How near the ant must be to the goal, m. */
const NEAR = 0.5;
/** The size of the random part of a start. */
const NOISE = 0.1;
/** So many random steps lead from a start to the pose of a goal. */
const STEPS_TO_POSE = 5;

/**
 * An ant that walks through a maze to a place: OGBench's antmaze (Park et al., "OGBench: Benchmarking Offline Goal-Conditioned RL", 2024,
 * arXiv:2410.20092), with the contract of a `GoalEnv`.
 *
 * - Observation: 15 positions (x, y, z, the torso's quaternion, hip and ankle of each leg) and 14 velocities, `[29]`, as `observation` and as
 *   `achieved_goal`. In m, rad and s. Cells are 4 m wide; the origin is the middle of cell (1, 1), x goes with the column and y with the row.
 * - Goal: an observation, `[29]`, as `desired_goal`: the place, and the pose and velocities of an ant after five random steps. The place alone counts.
 * - Action: torques of hip and ankle of the legs right back, front left, front right and back, in 30 N·m, `[8]`, in [−1, 1]. A step takes 0.1 s.
 * - Reward: 1 within 0.5 m of the goal, else 0. Terminated: there, unless `terminateAtGoal` is false. An ant that falls may lie until time is out.
 * - In the maze `teleport` a step that ends within 1.5 m of an entrance carries the ant to an exit, which is drawn. It is seen there one step
 *   later: the observation, and the reward, are still those of the entrance.
 * - Reset: one of five tasks, from a cell to a cell, drawn unless the option `task` says which; start and goal each U(−1, 1) m off the
 *   middle of their cells, along x and along y; other positions ± U(0, 0.1), velocities 0.1 · N(0, 1). `reset({ options: { task } })` says which task
 *   for this episode, and `{ state: [x, y, goalX, goalY] }` begins there.
 * - Info: `task`, `'task1'` to `'task5'`; `outcome`, `'success'` where it is at the goal.
 *
 * @throws as {@link MujocoEnv} does, and for an unknown option or one out of range
 */
export class OgbenchAntMazeEnv extends OgbenchMazeEnv<MazeAnt> {
  constructor(options: MazeOptions = {}) {
    super({ name: NAME, near: NEAR, walker: (maze) => new MazeAnt(maze) }, options);
  }

  protected override walkerSeed(): number {
    return this.rng.integer(0, 2 ** 31);
  }

  protected drawWalker(drawing: Drawing): void {
    drawRobotOnMap(drawing, this.walker.picture(), 1);
  }
}

class MazeAnt extends MazeWalker {
  /** An observation, of which the place is not that of the goal. */
  #goal = this.observe();
  /** Whether it is moved to find the pose of a goal, which no film shows. */
  #isPosing = false;

  constructor(maze: Maze) {
    super({ name: NAME, xml: antInMaze(maze), frameSkip: 5, view: 'above' });
  }

  override get goal(): Float64Array {
    const goal = this.#goal.slice();
    goal.set(super.goal);
    return goal;
  }

  protected override begin(options: object): ReturnType<MazeWalker['reset']> {
    this.#isPosing = true;
    super.begin(options);
    for (let t = 0; t < STEPS_TO_POSE; t++) this.step(this.actionSpace.sample(this.rng));
    this.#goal = this.observe();
    this.#isPosing = false;
    return super.begin(options);
  }

  protected override placeAtStart(qpos: Float64Array, qvel: Float64Array): void {
    addUniform(qpos, this.rng, NOISE);
    addNormal(qvel, this.rng, NOISE);
    super.placeAtStart(qpos, qvel);
  }

  override film(onPose: ((pose: Float64Array) => void) | undefined): Scene {
    return super.film(onPose && ((pose) => (this.#isPosing ? undefined : onPose(pose))));
  }

  protected override moreState(): number[] {
    return [...this.#goal];
  }

  protected override setMoreState(goal: readonly number[]): void {
    this.#goal = Float64Array.from(goal);
  }
}

/** OGBench's ant among walls: Gymnasium's with weaker motors, softer contacts and longer steps. */
function antInMaze(maze: Maze): string {
  return antModel({
    model: 'ant maze of OGBench',
    memory: '1M',
    integrator: 'RK4',
    timestep: 0.02,
    gear: 30,
    shape: { solimp: [0.8, 0.8, 0.01] },
    ...gymnasiumLegs,
    floor: mazeFloor(maze),
    land: mazeGeoms(maze),
    others: mazeBodies(maze, NEAR),
  });
}
