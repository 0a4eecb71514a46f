import type { Scene } from '../../envs/drawing/scene.ts';
import { poseAt } from '../../envs/drawing/sceneStage.ts';
import type { RobotPicture } from '../../envs/mujoco/drawRobot.ts';
import { robotCamera } from '../../envs/mujoco/robotScene.ts';

/** A walk as a worker sends it. */
export interface RobotWalk {
  /** Steps of the training before it. */
  readonly step: number;
  /** Seconds between two poses. */
  readonly interval: number;
  readonly scene: Scene;
  /** Pose after pose. */
  readonly poses: Float32Array;
}

/** How many poses a walk has. */
export function poseCount({ scene, poses }: RobotWalk): number {
  return poses.length / (7 * scene.bodies);
}

/** Seconds from the first pose to the last. */
export function duration(walk: RobotWalk): number {
  return (poseCount(walk) - 1) * walk.interval;
}

/** How far a walk has led to the right, m. */
export function distance({ scene, poses }: RobotWalk): number {
  const place = 7 * (scene.followed - 1);
  return poses.at(place - 7 * scene.bodies)! - poses[place]!;
}

/** The pose of a moment, in seconds: between two poses, what lies between them. */
export function walkedPose({ scene, poses, interval }: RobotWalk, seconds: number): Float64Array {
  return poseAt(poses, scene.bodies, seconds / interval);
}

/** The same in the plane. */
export function pictureAt(walk: RobotWalk, seconds: number): RobotPicture {
  return robotCamera(walk.scene)(walkedPose(walk, seconds));
}
