import type { MainModule, MjModel } from '@mujoco/mujoco';
import type { Quaternion, Scene, SceneView, Solid, SolidKind, Vector3 } from '../drawing/scene.ts';
import { robotPose } from './robotPose.ts';
import { rotated } from './rotated.ts';

type Numbers = ArrayLike<number>;

/**
 * From the side, in multiples of how far the robot reaches: how far below it the eye looks, so that there is room below the floor, and how far
 * above the eye its top may be.
 */
const [BELOW, TOP] = [0.15, 0.95];
/** MuJoCo's own colour, where a model names none. */
const NO_COLOUR = 0.5;

/**
 * The solids of a model as a plain scene. What a model makes transparent is none; of a mesh it is the box about it. The eye follows what hangs on
 * the world and is moved by motors.
 * @param interval seconds from one pose to the next
 */
export function robotScene(module: MainModule, model: MjModel, view: SceneView, interval: number): Scene {
  const solids = solidsOf(module, model);
  const bodies = model.nbody - 1;
  const roots: Int32Array = model.body_rootid;
  const first = solids.find(({ solid }) => solid.isRobot && solid.kind !== 'plane')?.solid.body ?? 1;
  const followed = roots[Math.min(first, bodies)]!;
  const pose = robotPose(module, model);
  const body = (i: number): Numbers => (i === 0 ? [0, 0, 0, 1, 0, 0, 0] : pose.subarray(7 * (i - 1), 7 * i));
  const middle = body(followed);
  const upwards = view === 'side' ? 2 : 1;
  const extents = solids
    .filter(({ solid }) => solid.body > 0 && solid.kind !== 'plane')
    .map(({ solid, bound }) => {
      const frame = body(solid.body);
      const place = rotated([frame[3]!, frame[4]!, frame[5]!, frame[6]!], solid.position);
      const [x, up] = [0, upwards].map((axis) => frame[axis]! + place[axis]! - middle[axis]!) as [number, number];
      return { distance: Math.sqrt(x * x + up * up) + bound, top: up + bound };
    });
  const reach = Math.max(0, ...extents.map(({ distance }) => distance)) || 1;
  const top = Math.max(0, ...extents.map((extent) => extent.top));
  return {
    solids: solids.map(({ solid }) => solid),
    bodies,
    interval,
    view,
    followed,
    height: middle[2]!,
    reach,
    sight: view === 'side' ? Math.max(-BELOW * reach, top - TOP * reach) : 0,
  };
}

/** Each with the radius of the ball about it. */
function solidsOf(module: MainModule, model: MjModel): { readonly solid: Solid; readonly bound: number }[] {
  const [types, bodies, roots]: Int32Array[] = [model.geom_type, model.geom_bodyid, model.body_rootid];
  const [places, turns, sizes, boxes, bounds, colours]: Numbers[] = [
    model.geom_pos,
    model.geom_quat,
    model.geom_size,
    model.geom_aabb,
    model.geom_rbound,
    model.geom_rgba,
  ];
  const moved = movedRoots(module, model);
  const three = (numbers: Numbers, i: number): Vector3 => [numbers[i]!, numbers[i + 1]!, numbers[i + 2]!];
  return Array.from({ length: model.ngeom }, (_, geom) => {
    const body = bodies![geom]!;
    const [red, green, blue, opacity] = [0, 1, 2, 3].map((i) => colours![4 * geom + i]!) as [number, ...number[]];
    const quaternion: Quaternion = [turns![4 * geom]!, ...three(turns!, 4 * geom + 1)];
    const shape = shapeOf(module, types![geom]!, three(sizes!, 3 * geom), {
      middle: three(boxes!, 6 * geom),
      half: three(boxes!, 6 * geom + 3),
    });
    const [x, y, z] = three(places!, 3 * geom);
    const [dx, dy, dz] = rotated(quaternion, shape.middle);
    const isNamed = [red, green, blue].some((part) => part !== NO_COLOUR);
    const solid: Solid = {
      kind: shape.kind,
      size: shape.size,
      body,
      position: [x + dx, y + dy, z + dz],
      quaternion,
      ...(isNamed && { colour: [red, green!, blue!] as const }),
      isRobot: moved.has(roots![body]!),
    };
    return { solid, bound: bounds![geom]!, opacity: opacity! };
  }).filter(({ opacity }) => opacity > 0);
}

function shapeOf(
  { mjtGeom }: MainModule,
  type: number,
  size: Vector3,
  box: { readonly middle: Vector3; readonly half: Vector3 },
): { readonly kind: SolidKind; readonly size: Vector3; readonly middle: Vector3 } {
  const [a, b] = size;
  const middle: Vector3 = [0, 0, 0];
  switch (type) {
    case mjtGeom.mjGEOM_PLANE.value:
      return { kind: 'plane', size: [a, b, 0], middle };
    case mjtGeom.mjGEOM_SPHERE.value:
      return { kind: 'sphere', size: [a, a, a], middle };
    case mjtGeom.mjGEOM_CAPSULE.value:
      return { kind: 'capsule', size: [a, a, b], middle };
    case mjtGeom.mjGEOM_ELLIPSOID.value:
      return { kind: 'ellipsoid', size, middle };
    case mjtGeom.mjGEOM_CYLINDER.value:
      return { kind: 'cylinder', size: [a, a, b], middle };
    case mjtGeom.mjGEOM_BOX.value:
      return { kind: 'box', size, middle };
    default:
      return { kind: 'box', size: box.half, middle: box.middle };
  }
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
