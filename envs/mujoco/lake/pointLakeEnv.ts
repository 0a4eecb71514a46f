import type { StepResult } from '../../core/env.ts';
import type { Point } from '../../lake/geometry.ts';
import { start } from '../../lake/lakeMap.ts';
import type { LakeOptions } from '../../lake/lakeOptions.ts';
import { pushedBall } from '../models/pushedBall.ts';
import { MujocoEnv, type Scored } from '../mujocoEnv.ts';
import { RobotLakeEnv } from './robotLakeEnv.ts';

/** The ball alone, at the lake's start; its actions are pushes along x and y. */
class PushedBall extends MujocoEnv {
  constructor() {
    super({ name: 'PointLake', xml: pushedBall, frameSkip: 5, view: 'above' });
  }

  get place(): Point {
    const { qpos } = this;
    return { x: qpos[0]!, y: qpos[1]! };
  }

  protected override placeAtStart(qpos: Float64Array): void {
    qpos[0] = start.x;
    qpos[1] = start.y;
  }

  protected score(): Scored {
    return { reward: 0 };
  }
}

/**
 * The walk around the lake by a ball that is pushed, {@link RobotLakeEnv}: a unit of the lake is 1 m, full speed 1 m/s, to which the ball
 * comes with a time constant of 0.2 s. It starts at rest.
 *
 * @throws as {@link MujocoEnv} does, and for an unknown option or one out of range
 */
export class PointLakeEnv extends RobotLakeEnv<PushedBall> {
  constructor(options: LakeOptions = {}) {
    super({ name: 'PointLake', robot: new PushedBall(), metres: 1, speed: 1 }, options);
  }

  protected drive({ x, y }: Point): StepResult<Float64Array> {
    return this.robot.step(Float32Array.of(x, y));
  }
}
