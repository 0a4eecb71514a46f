import type { Scene } from '../../envs/drawing/scene.ts';
import { poseAt } from '../../envs/drawing/sceneStage.ts';
import { farthestFirst, type RobotPicture, rulerHeight, rulerMarks } from '../../envs/mujoco/drawRobot.ts';
import { robotCamera } from '../../envs/mujoco/robotScene.ts';
import type { Colours } from './canvas.ts';

/** Pixels: the edge of a shape, a mark of the ruler, how far below it its text is, and half of the room for that. */
const [EDGE, MARK, TEXT, ROOM] = [1.5, 5, 14, 20];

/** A picture of a robot on a canvas of that width in CSS pixels, as `render()` draws it, what motors move in a colour. */
export function paintRobot(
  context: CanvasRenderingContext2D,
  width: number,
  colours: Colours,
  picture: RobotPicture,
  colour: string,
): void {
  const { middle, half, view } = picture;
  const scale = width / (2 * half[0]);
  const height = 2 * half[1] * scale;
  const x = (at: number) => (at - middle[0] + half[0]) * scale;
  const y = (at: number) => (middle[1] + half[1] - at) * scale;
  const line = (x1: number, y1: number, x2: number, y2: number) => {
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
    context.stroke();
  };
  context.clearRect(0, 0, width, height);
  context.lineWidth = 1;
  context.strokeStyle = context.fillStyle = colours.faint;
  context.font = '12px system-ui, sans-serif';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  const ruler = view === 'side' ? y(rulerHeight(picture, (2 * TEXT) / scale)) : height - 2 * TEXT;
  if (view === 'side') line(0, ruler, width, ruler);
  for (const { at, text } of rulerMarks(middle[0], half[0])) {
    line(x(at), ruler, x(at), view === 'side' ? ruler + MARK : 0);
    if (Math.abs(x(at) - width / 2) < width / 2 - ROOM) context.fillText(text, x(at), ruler + TEXT);
  }
  if (view === 'above') for (const { at } of rulerMarks(middle[1], half[1], half[0])) line(0, y(at), width, y(at));
  context.lineCap = context.lineJoin = 'round';
  for (const { points, radius, isRobot } of farthestFirst(picture.shapes)) {
    const fill = isRobot ? colour : colours.faint;
    const thickness = 2 * radius * scale;
    context.beginPath();
    // A path of one point has no length, and is not drawn: it goes there and back.
    for (const [px, py] of points.length > 1 ? points : [...points, ...points]) context.lineTo(x(px), y(py));
    if (points.length > 1) context.closePath();
    // What is within the radius of the hull, with an edge by which one sees what lies over what.
    context.strokeStyle = colours.paper;
    context.lineWidth = thickness + EDGE;
    context.stroke();
    context.strokeStyle = context.fillStyle = fill;
    context.lineWidth = Math.max(1, thickness - EDGE);
    if (points.length > 2) context.fill();
    if (radius > 0) context.stroke();
  }
}

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
