import type { MainModule, MjData, MjModel } from '@mujoco/mujoco';
import { portableMath } from '../../src/portableMath.ts';
import { clamp } from '../../src/spaces/box.ts';
import type { Quaternion, Scene, SceneView, Solid, SolidKind, Vector3 } from '../drawing/scene.ts';
import type { PicturePoint, PictureShape, RobotPicture } from './drawRobot.ts';

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
  const sizes: Readonly<Record<SolidKind, Vector3>> = {
    plane: [a, b, 0],
    sphere: [a, a, a],
    capsule: [a, a, b],
    ellipsoid: size,
    cylinder: [a, a, b],
    box: size,
  };
  const kinds = Object.keys(sizes) as SolidKind[];
  const kind = kinds.find((each) => mjtGeom[`mjGEOM_${each.toUpperCase() as Uppercase<SolidKind>}`].value === type);
  if (kind === undefined) return { kind: 'box', size: box.half, middle: box.middle };
  return { kind, size: sizes[kind], middle: [0, 0, 0] };
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
      shapes: solids.map((solid) => pictureShapeOf(solid, pose, upwards)),
    };
  };
}

/** The height of the world's first plane, if it has one. */
function floorOf({ solids }: Scene): number | undefined {
  return solids.find(({ kind, body }) => kind === 'plane' && body === 0)?.position[2];
}

function pictureShapeOf(solid: Solid, pose: ArrayLike<number>, upwards: 1 | 2): PictureShape {
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

/**
 * Where the bodies of a model are, but for the world: of each its place, m, and its quaternion, `[nbody − 1, 7]`. It depends on the state alone, and
 * changes nothing: places are computed in a memory of their own.
 * @param data the state; left out for the model's own
 */
export function robotPose(module: MainModule, model: MjModel, data?: MjData): Float64Array {
  const scratch = new module.MjData(model);
  try {
    if (data !== undefined) module.mj_copyState(model, data, scratch, module.mjtState.mjSTATE_INTEGRATION.value);
    module.mj_kinematics(model, scratch);
    const [places, turns]: ArrayLike<number>[] = [scratch.xpos, scratch.xquat];
    const pose = new Float64Array(7 * (model.nbody - 1));
    for (let body = 1; body < model.nbody; body++) {
      for (let i = 0; i < 3; i++) pose[7 * (body - 1) + i] = places![3 * body + i]!;
      for (let i = 0; i < 4; i++) pose[7 * (body - 1) + 3 + i] = turns![4 * body + i]!;
    }
    return pose;
  } finally {
    scratch.delete();
  }
}

/** The vector v turned by the unit quaternion (w, u): v + 2 w u × v + 2 u × (u × v). */
export function rotated([w, x, y, z]: Quaternion, [a, b, c]: Vector3): Vector3 {
  const [p, q, r] = [2 * (y * c - z * b), 2 * (z * a - x * c), 2 * (x * b - y * a)];
  return [a + w * p + y * r - z * q, b + w * q + z * p - x * r, c + w * r + x * q - y * p];
}
