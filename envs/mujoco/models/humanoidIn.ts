import { type Body, type Geom, type Joint, type Motor, mjcf } from '../mjcf.ts';

/** A place in the plane y = 0. */
type InPlane = readonly [x: number, z: number];

/** Where the parts of the body are when all joints are at 0, each in the frame of the part on which it hangs. */
export interface Pose {
  /** Of the torso, m. */
  readonly height: number;
  readonly head: InPlane;
  readonly upperWaist: InPlane;
  readonly lowerWaist: InPlane;
  readonly pelvis: InPlane;
  readonly hip: InPlane;
  /** The ends of the bones, the joints a little beyond them. */
  readonly thigh: InPlane;
  readonly knee: InPlane;
  readonly shin: InPlane;
  readonly ankle: InPlane;
  /** Of the left hip about y, degrees. */
  readonly leftHipRange: readonly [low: number, high: number];
}

/** +1 is left. */
type Side = 1 | -1;

const nameOf = (side: Side) => (side === 1 ? 'left' : 'right');

/** A capsule across the body, from its right to its left. */
function across(name: string, [x, z]: InPlane, half: number, radius: number): Geom {
  return { name, type: 'capsule', fromto: [x, -half, z, x, half, z], size: [radius] };
}

/** A leg with three joints at the hip and one at the knee; right and left differ a little. */
function leg(side: Side, { hip, thigh, knee, shin, ankle, leftHipRange }: Pose): Body {
  const isLeft = side === 1;
  const name = nameOf(side);
  const sideways = 0.01 * -side;
  const atHip: Joint = { armature: 0.01, damping: 5, stiffness: 10 };
  return {
    name: `${name}_thigh`,
    pos: [hip[0], 0.1 * side, hip[1]],
    joints: [
      { ...atHip, name: `${name}_hip_x`, axis: [-side, 0, 0], range: [-25, 5] },
      { ...atHip, name: `${name}_hip_z`, axis: [0, 0, -side], range: [-60, 35] },
      {
        ...atHip,
        name: `${name}_hip_y`,
        axis: [0, 1, 0],
        range: isLeft ? leftHipRange : [-110, 20],
        stiffness: 20,
        ...(!isLeft && { armature: 0.008 }),
      },
    ],
    geoms: [{ name: `${name}_thigh`, type: 'capsule', fromto: [0, 0, 0, thigh[0], sideways, thigh[1]], size: [0.06] }],
    bodies: [
      {
        name: `${name}_shin`,
        pos: [knee[0], sideways, knee[1]],
        joints: [
          {
            name: `${name}_knee`,
            axis: [0, -1, 0],
            pos: [0, 0, 0.02],
            range: [-160, -2],
            armature: 0.006,
            stiffness: isLeft ? 1 : 0,
          },
        ],
        geoms: [{ name: `${name}_shin`, type: 'capsule', fromto: [0, 0, 0, shin[0], 0, shin[1]], size: [0.049] }],
        bodies: [
          {
            name: `${name}_foot`,
            pos: [ankle[0], 0, ankle[1]],
            geoms: [{ name: `${name}_foot`, type: 'sphere', pos: [0, 0, 0.1], size: [0.075] }],
          },
        ],
      },
    ],
  };
}

/** An arm with two joints at the shoulder and one at the elbow. */
function arm(side: Side): Body {
  const name = nameOf(side);
  const range = side === 1 ? [-60, 85] : [-85, 60];
  const mirrored = (length: number, y: number, z: number) => [length, length * y, length * z];
  return {
    name: `${name}_upper_arm`,
    pos: [0, 0.17 * side, 0.06],
    joints: [
      { name: `${name}_shoulder1`, axis: [2, -side, 1], range, armature: 0.0068, stiffness: 1 },
      { name: `${name}_shoulder2`, axis: [0, side, 1], range, armature: 0.0051, stiffness: 1 },
    ],
    geoms: [
      { name: `${name}_upper_arm`, type: 'capsule', fromto: [0, 0, 0, ...mirrored(0.16, side, -1)], size: [0.04] },
    ],
    bodies: [
      {
        name: `${name}_lower_arm`,
        pos: mirrored(0.18, side, -1),
        joints: [{ name: `${name}_elbow`, axis: [0, -1, -side], range: [-90, 50], armature: 0.0028 }],
        geoms: [
          {
            name: `${name}_lower_arm`,
            type: 'capsule',
            fromto: [...mirrored(0.01, -side, 1), ...mirrored(0.17, -side, 1)],
            size: [0.031],
          },
          { name: `${name}_hand`, type: 'sphere', pos: mirrored(0.18, -side, 1), size: [0.04] },
        ],
      },
    ],
  };
}

function abdomen(axis: 'x' | 'y' | 'z', height: number, range: readonly [number, number], stiffness: number): Joint {
  const unit = (['x', 'y', 'z'] as const).map((a) => (a === axis ? 1 : 0));
  return { name: `abdomen_${axis}`, axis: unit, pos: [0, 0, height], range, armature: 0.02, damping: 5, stiffness };
}

const right: Side = -1;
const left: Side = 1;
/** As published, from one part of the trunk to the next. */
const bent = [1, 0, -0.002, 0];
const motor = (joint: string, gear: number): Motor => ({ name: joint, joint, gear });

/** The humanoid of Tassa, Erez, Todorov (2012), 39 kg, whose zero is the given pose. */
export function humanoidIn(model: string, pose: Pose): string {
  const { height, head, upperWaist, lowerWaist, pelvis } = pose;
  return mjcf({
    model,
    compiler: { angle: 'degree', inertiafromgeom: true },
    size: { memory: '800K' },
    option: { timestep: 0.003, integrator: 'RK4', solver: 'PGS', iterations: 50 },
    default: {
      joint: { armature: 1, damping: 1, limited: true },
      geom: { contype: 1, conaffinity: 1, condim: 1, margin: 0.001 },
      motor: { ctrlrange: [-0.4, 0.4] },
    },
    geoms: [{ name: 'floor', type: 'plane', condim: 3, friction: [1, 0.1, 0.1], size: [20, 20, 0.125] }],
    bodies: [
      {
        name: 'torso',
        pos: [0, 0, height],
        joints: [{ name: 'root', type: 'free', armature: 0, damping: 0, limited: false }],
        geoms: [
          across('torso', [0, 0], 0.07, 0.07),
          { name: 'head', type: 'sphere', pos: [head[0], 0, head[1]], size: [0.09] },
          across('upper_waist', upperWaist, 0.06, 0.06),
        ],
        bodies: [
          {
            name: 'lower_waist',
            pos: [lowerWaist[0], 0, lowerWaist[1]],
            quat: bent,
            joints: [abdomen('z', 0.065, [-45, 45], 20), abdomen('y', 0.065, [-75, 30], 10)],
            geoms: [across('lower_waist', [0, 0], 0.06, 0.06)],
            bodies: [
              {
                name: 'pelvis',
                pos: [pelvis[0], 0, pelvis[1]],
                quat: bent,
                joints: [abdomen('x', 0.1, [-35, 35], 10)],
                geoms: [across('pelvis', [-0.02, 0], 0.07, 0.09)],
                bodies: [leg(right, pose), leg(left, pose)],
              },
            ],
          },
          arm(right),
          arm(left),
        ],
      },
    ],
    tendons: [left, right].map(nameOf).map((side) => ({
      name: `${side}_hip_knee`,
      joints: [
        { joint: `${side}_hip_y`, coef: -1 },
        { joint: `${side}_knee`, coef: 1 },
      ],
    })),
    motors: [
      ...['y', 'z', 'x'].map((axis) => motor(`abdomen_${axis}`, 100)),
      ...[right, left]
        .map(nameOf)
        .flatMap((side) => [
          motor(`${side}_hip_x`, 100),
          motor(`${side}_hip_z`, 100),
          motor(`${side}_hip_y`, 300),
          motor(`${side}_knee`, 200),
        ]),
      ...[right, left]
        .map(nameOf)
        .flatMap((side) => ['shoulder1', 'shoulder2', 'elbow'].map((joint) => motor(`${side}_${joint}`, 25))),
    ],
  });
}
