import { portableMath } from '../../src/portableMath.ts';
import { clamp } from '../core/clamp.ts';
import type { Quaternion, Scene, Solid, Vector3 } from '../drawing/scene.ts';
import type { PicturePoint, PictureShape, RobotPicture } from './robotPicture.ts';
import { rotated } from './rotated.ts';

/** In multiples of how far the robot reaches: half of what is seen; from the side, how far it may rise or fall before the camera follows. */
const [WIDTH, HEIGHT, RISE] = [1.6, 1.05, 0.4];
/** Directions in which a solid is felt for its outline. */
const directions = Array.from({ length: 24 }, (_, i) => {
  const angle = ((i + 0.5) * Math.PI) / 12;
  return [portableMath.cos(angle), portableMath.sin(angle)] as const;
});
const axes = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
] as const satisfies readonly Vector3[];

/** Takes pictures of a scene: its solids where a pose has them, in the plane of the view. Planes are no shapes. */
export function robotCamera(scene: Scene): (pose: ArrayLike<number>) => RobotPicture {
  const { view, followed, height: begin, reach, sight } = scene;
  const upwards = view === 'side' ? 2 : 1;
  const solids = scene.solids.filter(({ kind }) => kind !== 'plane');
  const floor = view === 'side' ? floorOf(scene) : undefined;
  return (pose) => {
    const [x, y] = followed === 0 ? [0, 0] : [pose[7 * (followed - 1)]!, pose[7 * (followed - 1) + upwards]!];
    // From the side the floor stays where it is, unless the robot flies.
    const height = view === 'side' ? y - clamp(y - begin, -RISE * reach, RISE * reach) + sight : y;
    return {
      view,
      middle: [x, height],
      half: [WIDTH * reach, HEIGHT * reach],
      floor,
      shapes: solids.map((solid) => shapeOf(solid, pose, upwards)),
    };
  };
}

/** The height of the world's first plane, if it has one. */
function floorOf({ solids }: Scene): number | undefined {
  return solids.find(({ kind, body }) => kind === 'plane' && body === 0)?.position[2];
}

function shapeOf(solid: Solid, pose: ArrayLike<number>, upwards: 1 | 2): PictureShape {
  const at = 7 * (solid.body - 1);
  const turn: Quaternion =
    solid.body === 0 ? [1, 0, 0, 0] : [pose[at + 3]!, pose[at + 4]!, pose[at + 5]!, pose[at + 6]!];
  const from = rotated(turn, solid.position);
  const place = (axis: 0 | 1 | 2) => (solid.body === 0 ? 0 : pose[at + axis]!) + from[axis];
  /** The solid's own axes, in the world. */
  const frame = axes.map((axis) => rotated(turn, rotated(solid.quaternion, axis))) as [Vector3, Vector3, Vector3];
  const along = (axis: 0 | 1 | 2, point: Vector3) =>
    point[0] * frame[0][axis] + point[1] * frame[1][axis] + point[2] * frame[2][axis];
  const { points, radius } = outlineOf(
    solid,
    ([u, v]) => frame.map((axis) => u * axis[0] + v * axis[upwards]) as [number, number, number],
  );
  const [x, y] = [place(0), place(upwards)];
  return {
    points: points.map((point): PicturePoint => [x + along(0, point), y + along(upwards, point)]),
    radius,
    depth: upwards === 2 ? place(1) : -place(2),
    isRobot: solid.isRobot,
  };
}

/**
 * The outline of a solid, in its own frame.
 * @param inFrame a direction of the picture's plane by the solid's own axes
 */
function outlineOf(
  { kind, size: [a, b, c] }: Solid,
  inFrame: (direction: PicturePoint) => Vector3,
): { readonly points: readonly Vector3[]; readonly radius: number } {
  /** By what is outermost along a direction. */
  const felt = (outermost: (along: Vector3) => Vector3) => ({
    points: directions.map((direction) => outermost(inFrame(direction))),
    radius: 0,
  });
  switch (kind) {
    case 'sphere':
      return { points: [[0, 0, 0]], radius: a };
    case 'capsule':
      return {
        points: [
          [0, 0, -c],
          [0, 0, c],
        ],
        radius: a,
      };
    case 'ellipsoid':
      return felt(([x, y, z]) => {
        const length = norm([a * x, b * y, c * z]);
        return [(a * a * x) / length, (b * b * y) / length, (c * c * z) / length];
      });
    case 'cylinder':
      return felt(([x, y, z]) => {
        const length = norm([x, y]) || 1;
        return [(a * x) / length, (a * y) / length, c * Math.sign(z)];
      });
    default:
      return felt(([x, y, z]) => [a * Math.sign(x), b * Math.sign(y), c * Math.sign(z)]);
  }
}

function norm(numbers: readonly number[]): number {
  return Math.sqrt(numbers.reduce((sum, x) => sum + x * x, 0));
}
