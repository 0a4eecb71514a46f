import type { SceneView } from '../drawing/scene.ts';

/** A point of the picture's plane, m. */
export type PicturePoint = readonly [x: number, y: number];

/** The convex hull of the points, and what is no farther from it than the radius: a disc, a line with round ends, or a polygon. */
export interface PictureShape {
  readonly points: readonly PicturePoint[];
  /** In metres. */
  readonly radius: number;
  /** How far it is from who looks, m: what is nearer lies over it. */
  readonly depth: number;
  /** Whether motors move it; else it belongs to the world, or lies loose in it. */
  readonly isRobot: boolean;
}

/** What is seen of a model's shapes. */
export interface RobotPicture {
  readonly view: SceneView;
  /** The middle of what is seen: it follows the robot. */
  readonly middle: PicturePoint;
  /** Half of the width and of the height of what is seen, m: always the same. */
  readonly half: PicturePoint;
  /** The height of the floor as it is seen from the side, if there is one, m. */
  readonly floor: number | undefined;
  /** In the order of the model. */
  readonly shapes: readonly PictureShape[];
}
