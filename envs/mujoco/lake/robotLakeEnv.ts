import type { StepResult } from '../../core/env.ts';
import type { Drawing } from '../../drawing/drawing.ts';
import type { Scene } from '../../drawing/scene.ts';
import type { Point } from '../../lake/geometry.ts';
import { border, type Walk } from '../../lake/lakeMap.ts';
import type { LakeOptions } from '../../lake/lakeOptions.ts';
import { type LakeInfo, LakeWalkEnv, type LakeWalkState } from '../../lake/lakeWalkEnv.ts';
import { farthestFirst } from '../drawRobot.ts';
import type { MujocoEnv } from '../mujocoEnv.ts';
import type { PicturePoint } from '../robotPicture.ts';

/** How far one looks, in units of how far the land goes from its middle. */
const SEEN = 0.65;

/** A robot that knows where it is, in metres. */
export interface RobotOnGround extends MujocoEnv {
  readonly place: Point;
}

/** What {@link RobotLakeEnv} is made from. */
export interface RobotLakeSettings<Robot extends RobotOnGround> {
  /** As errors name the env. */
  readonly name: string;
  /** Begins its episodes at the lake's start. */
  readonly robot: Robot;
  /** Length of a unit of the lake, m. */
  readonly metres: number;
  /** What the robot does at full speed, m/s. */
  readonly speed: number;
  /** How far ahead on the line of a step the robot aims, m; straight on in the step's direction when left out. */
  readonly ahead?: number;
}

interface RobotLakeState extends LakeWalkState {
  robot: unknown;
}

/**
 * The walk around the lake by a robot in MuJoCo's physics: {@link LakeWalkEnv} says what is seen, done and got. A step goes on for the time
 * that its length takes at full speed, one step of the robot at least, in the step's direction; its momentum or gait decides where that
 * leads. The robot's middle drowns, and gets home. What the robot itself is like, its velocity say, no observation tells.
 *
 * A step in which the physics has blown up ends the episode: truncated where it was, `info.outcome` `'unstable'`.
 *
 * @throws as {@link LakeWalkEnv} and {@link MujocoEnv} do
 */
export abstract class RobotLakeEnv<Robot extends RobotOnGround> extends LakeWalkEnv {
  protected readonly robot: Robot;
  readonly #metres: number;
  readonly #ahead: number | undefined;
  /** Steps of the robot for each unit of the lake. */
  readonly #stepsPerUnit: number;
  #isUnstable = false;

  constructor({ name, robot, metres, speed, ahead }: RobotLakeSettings<Robot>, options: LakeOptions) {
    super(name, options);
    this.robot = robot;
    this.#metres = metres;
    this.#ahead = ahead;
    this.#stepsPerUnit = metres / (speed * robot.dt);
  }

  /** Makes one step of the robot in this direction: a unit vector, or 0. */
  protected abstract drive(direction: Point): StepResult<Float64Array>;

  protected override begin(options: Record<string, unknown>): [Float32Array, LakeInfo] {
    const begun = super.begin(options);
    this.robot.reset({ seed: this.rng.integer(0, 2 ** 31) });
    return begun;
  }

  override step(action: Float32Array): [Float32Array, number, boolean, boolean, LakeInfo] {
    this.#isUnstable = false;
    const result = super.step(action);
    if (!this.#isUnstable) return result;
    const [observation, , , , info] = result;
    return [observation, 0, false, true, { ...info, outcome: 'unstable' }];
  }

  protected travel(dx: number, dy: number): Walk['outcome'] {
    const length = Math.sqrt(dx * dx + dy * dy);
    const direction = length > 0 ? { x: dx / length, y: dy / length } : { x: 0, y: 0 };
    const from = this.position;
    const steps = Math.max(1, Math.round(length * this.#stepsPerUnit));
    for (let i = 0; i < steps; i++) {
      const [, , , isUnstable] = this.drive(this.#aim(from, direction));
      if (isUnstable) {
        this.#isUnstable = true;
        return undefined;
      }
      const { x, y } = this.robot.place;
      const position = this.position;
      const outcome = this.walkBy(x / this.#metres - position.x, y / this.#metres - position.y);
      if (outcome !== undefined) return outcome;
    }
    return undefined;
  }

  /** The direction from where the robot is to the point that is `ahead` of it on the line of the step, which began at `from`. */
  #aim(from: Point, direction: Point): Point {
    if (this.#ahead === undefined) return direction;
    const { x, y } = this.position;
    const across = ((y - from.y) * direction.x - (x - from.x) * direction.y) * this.#metres;
    const aimX = direction.x * this.#ahead + direction.y * across;
    const aimY = direction.y * this.#ahead - direction.x * across;
    const length = Math.sqrt(aimX * aimX + aimY * aimY);
    return length > 0 ? { x: aimX / length, y: aimY / length } : direction;
  }

  protected override drawWalker(drawing: Drawing): void {
    const { shapes } = this.robot.picture();
    const seen = ([x, y]: PicturePoint): PicturePoint => [x / this.#metres, y / this.#metres];
    for (const { points, radius, isRobot } of farthestFirst(shapes)) {
      if (!isRobot) continue;
      const [first, second] = points.map(seen);
      const size = radius / this.#metres;
      if (second === undefined) drawing.circle(first!, size, { fill: 'ink' });
      else drawing.line(first!, second, { stroke: 'ink', width: 2 });
    }
  }

  /** All of the map, with the robot on it. */
  film(onPose: ((pose: Float64Array) => void) | undefined): Scene {
    const scene = this.robot.film(onPose);
    return { ...scene, followed: 0, height: 0, reach: SEEN * border * this.#metres };
  }

  override state(): RobotLakeState {
    return { ...super.state(), robot: this.robot.state() };
  }

  override setState({ robot, ...walk }: RobotLakeState): void {
    super.setState(walk);
    this.robot.setState(robot as Parameters<MujocoEnv['setState']>[0]);
  }

  override close(): void {
    this.robot.close();
  }
}
