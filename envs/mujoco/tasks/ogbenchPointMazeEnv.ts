import type { Drawing } from '../../drawing/drawing.ts';
import { mjcf } from '../mjcf.ts';
import {
  type Maze,
  type MazeOptions,
  MazeWalker,
  mazeBodies,
  mazeFloor,
  mazeGeoms,
  OgbenchMazeEnv,
} from './ogbenchMazeEnv.ts';

const NAME = 'OgbenchPointMaze';
/** How near the point must be to the goal, m. */
const NEAR = 1;
/** What an action of 1 moves the point by, m, in float32 as numpy has it. */
const STRIDE = Math.fround(0.2);
/** The point's radius, m. */
const RADIUS = 0.7;

/**
 * A point that moves through a maze to a place: OGBench's pointmaze (Park et al., "OGBench: Benchmarking Offline Goal-Conditioned RL", 2024,
 * arXiv:2410.20092), with the contract of a `GoalEnv`.
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
export class OgbenchPointMazeEnv extends OgbenchMazeEnv<MazePoint> {
  constructor(options: MazeOptions = {}) {
    super({ name: NAME, near: NEAR, walker: (maze) => new MazePoint(maze) }, options);
  }

  protected drawWalker(drawing: Drawing): void {
    drawing.circle(this.place, RADIUS, { fill: 'ink' });
  }
}

/** The point, which an action carries to another place, where physics pushes it out of the walls. */
class MazePoint extends MazeWalker {
  constructor(maze: Maze) {
    super({ name: NAME, xml: pointInMaze(maze), frameSkip: 5, view: 'above' });
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
}

/** OGBench's model of the point among walls. */
function pointInMaze(maze: Maze): string {
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
    geoms: [{ name: 'floor', type: 'plane', conaffinity: 1, ...mazeFloor(maze) }, ...mazeGeoms(maze)],
    bodies: [
      {
        name: 'torso',
        joints: [
          { name: 'ballx', type: 'slide', axis: [1, 0, 0] },
          { name: 'bally', type: 'slide', axis: [0, 1, 0] },
        ],
        geoms: [{ name: 'pointbody', type: 'sphere', size: [RADIUS], pos: [0, 0, RADIUS], rgba: [0.7, 0.5, 0.3, 1] }],
      },
      ...mazeBodies(maze, NEAR),
    ],
    motors: ['ballx', 'bally'].map((joint) => ({ joint })),
  });
}
