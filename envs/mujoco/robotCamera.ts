import type { MainModule, MjData, MjModel } from '@mujoco/mujoco';
import { portableMath } from '../../src/portableMath.ts';
import { clamp } from '../core/clamp.ts';
import type { PicturePoint, RobotPicture, RobotView } from './robotPicture.ts';

/**
 * In multiples of how far the robot reaches: half of what is seen; from the side, how far below the robot the middle is, so that there is
 * room below the floor, and how far it may rise or fall before the camera follows.
 */
const [WIDTH, HEIGHT, BELOW, RISE] = [1.6, 1.05, 0.15, 0.4];
/** Directions in which a shape is felt for its outline. */
const directions = Array.from({ length: 24 }, (_, i) => {
  const angle = ((i + 0.5) * Math.PI) / 12;
  return [portableMath.cos(angle), portableMath.sin(angle)] as const;
});

type Numbers = ArrayLike<number>;
type Vector = readonly [x: number, y: number, z: number];

/**
 * Takes pictures of a model: its shapes where a state has them, in the plane of the view. Planes are no shapes; of a mesh it is the
 * box about it. A picture depends on the state alone, and changes nothing: places are computed in a memory of their own.
 */
export function robotCamera(module: MainModule, model: MjModel, view: RobotView): (data: MjData) => RobotPicture {
  const upwards = view === 'side' ? 2 : 1;
  const project = (vectors: Numbers, i = 0): PicturePoint => [vectors[3 * i]!, vectors[3 * i + upwards]!];
  const shapes = shapesOf(module, model).map((shape) => ({ ...shape, outline: outlineOf(module, shape, upwards) }));
  const root = Math.min(shapes.find(({ isRobot }) => isRobot)?.root ?? 1, model.nbody - 1);
  const floor = view === 'side' ? floorOf(module, model) : undefined;

  /** What is seen after the places of bodies and shapes are computed for a state. */
  function placed<T>(data: MjData | undefined, see: (scratch: MjData) => T): T {
    const scratch = new module.MjData(model);
    try {
      if (data !== undefined) {
        module.mj_copyState(model, data, scratch, module.mjtState.mjSTATE_INTEGRATION.value);
      }
      module.mj_kinematics(model, scratch);
      return see(scratch);
    } finally {
      scratch.delete();
    }
  }

  const [begin, reach] = placed(undefined, ({ xpos, geom_xpos: places }) => {
    const [x, y] = project(xpos, root);
    const distances = shapes
      .filter(({ body }) => body > 0)
      .map(({ geom, bound }) => {
        const [atX, atY] = project(places, geom);
        return norm([atX - x, atY - y]) + bound;
      });
    return [y, Math.max(0, ...distances) || 1] as const;
  });

  return (data) =>
    placed(data, ({ xpos, geom_xpos: places, geom_xmat: frames }) => {
      const [x, y] = project(xpos, root);
      // From the side the floor stays where it is, unless the robot flies.
      const height = view === 'side' ? y - clamp(y - begin, -RISE * reach, RISE * reach) - BELOW * reach : y;
      return {
        view,
        middle: [x, height],
        half: [WIDTH * reach, HEIGHT * reach],
        floor,
        shapes: shapes.map(({ geom, isRobot, outline }) => {
          const frame = frames.subarray(9 * geom, 9 * geom + 9);
          const [atX, atY] = project(places, geom);
          const { points, radius } = outline(frame);
          return {
            points: points.map(
              ([px, py, pz]): PicturePoint => [
                atX + frame[0] * px + frame[1] * py + frame[2] * pz,
                atY + frame[3 * upwards] * px + frame[3 * upwards + 1] * py + frame[3 * upwards + 2] * pz,
              ],
            ),
            radius,
            depth: view === 'side' ? places[3 * geom + 1] : -places[3 * geom + 2],
            isRobot,
          };
        }),
      };
    });
}

/** What of a shape is the same in all states. */
interface Shape {
  readonly geom: number;
  readonly type: number;
  readonly size: Vector;
  /** Middle and half lengths of the box about it, in its own frame. */
  readonly box: Numbers;
  /** Radius of the ball about it. */
  readonly bound: number;
  readonly body: number;
  /** The body by which it hangs on the world. */
  readonly root: number;
  readonly isRobot: boolean;
}

function shapesOf(module: MainModule, model: MjModel): Shape[] {
  const roots: Int32Array = model.body_rootid;
  const [types, bodies]: Int32Array[] = [model.geom_type, model.geom_bodyid];
  const [sizes, boxes, bounds, colours]: Numbers[] = [
    model.geom_size,
    model.geom_aabb,
    model.geom_rbound,
    model.geom_rgba,
  ];
  const moved = movedRoots(module, model);
  return Array.from({ length: model.ngeom }, (_, geom): Shape => {
    const root = roots[bodies![geom]!]!;
    return {
      geom,
      type: types![geom]!,
      size: [sizes![3 * geom]!, sizes![3 * geom + 1]!, sizes![3 * geom + 2]!],
      box: Array.from({ length: 6 }, (_, i) => boxes![6 * geom + i]!),
      bound: bounds![geom]!,
      body: bodies![geom]!,
      root,
      isRobot: moved.has(root),
    };
  }).filter(({ geom, type }) => type !== module.mjtGeom.mjGEOM_PLANE.value && colours![4 * geom + 3]! > 0);
}

/** The bodies by which trees hang on the world that a motor moves. */
function movedRoots({ mjtTrn }: MainModule, model: MjModel): Set<number> {
  const [types, ids, bodies, roots]: Int32Array[] = [
    model.actuator_trntype,
    model.actuator_trnid,
    model.jnt_bodyid,
    model.body_rootid,
  ];
  const moved = new Set<number>();
  types!.forEach((type, motor) => {
    if (type === mjtTrn.mjTRN_JOINT.value) moved.add(roots![bodies![ids![2 * motor]!]!]!);
  });
  return moved;
}

/** The height of the world's first plane, if it has one. */
function floorOf({ mjtGeom }: MainModule, model: MjModel): number | undefined {
  const [types, bodies]: Int32Array[] = [model.geom_type, model.geom_bodyid];
  const plane = types!.findIndex((type, geom) => type === mjtGeom.mjGEOM_PLANE.value && bodies![geom] === 0);
  return plane < 0 ? undefined : model.geom_pos[3 * plane + 2];
}

/**
 * The outline of a shape, in its own frame, by that frame's axes, which are the columns of a matrix.
 * @param upwards the row that is upwards in the picture
 */
function outlineOf(
  { mjtGeom }: MainModule,
  { type, size: [a, b, c], box }: Shape,
  upwards: number,
): (frame: Numbers) => { readonly points: readonly Vector[]; readonly radius: number } {
  const fixed = (points: readonly Vector[], radius: number) => () => ({ points, radius });
  /** By what is outermost along a direction of the shape's own frame. */
  const felt = (outermost: (along: Vector) => Vector) => (frame: Numbers) => ({
    points: directions.map(([u, v]) => {
      const along = (axis: number) => u * frame[axis]! + v * frame[3 * upwards + axis]!;
      return outermost([along(0), along(1), along(2)]);
    }),
    radius: 0,
  });
  switch (type) {
    case mjtGeom.mjGEOM_SPHERE.value:
      return fixed([[0, 0, 0]], a);
    case mjtGeom.mjGEOM_CAPSULE.value:
      return fixed(
        [
          [0, 0, -b],
          [0, 0, b],
        ],
        a,
      );
    case mjtGeom.mjGEOM_ELLIPSOID.value:
      return felt(([x, y, z]) => {
        const length = norm([a * x, b * y, c * z]);
        return [(a * a * x) / length, (b * b * y) / length, (c * c * z) / length];
      });
    case mjtGeom.mjGEOM_CYLINDER.value:
      return felt(([x, y, z]) => {
        const length = norm([x, y]) || 1;
        return [(a * x) / length, (a * y) / length, b * Math.sign(z)];
      });
    default:
      return felt((along) => {
        const corner = (axis: 0 | 1 | 2) => box[axis]! + box[axis + 3]! * Math.sign(along[axis]);
        return [corner(0), corner(1), corner(2)];
      });
  }
}

function norm(numbers: readonly number[]): number {
  return Math.sqrt(numbers.reduce((sum, x) => sum + x * x, 0));
}
