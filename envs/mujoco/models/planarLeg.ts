import type { Body, Joint } from '../mjcf.ts';

/** Digits as published: their rounding is in the physics. */
const hip = -0.19999999999999996;
const knee = -0.70000000000000007;
const middle = -0.22500000000000009;
/** A quarter turn about y; √½, and the float64 below it. */
const lying = [Math.SQRT1_2, 0, -0.7071067811865475, 0];

/** What the legs differ in. */
export interface PlanarLeg {
  /** Follows each name: `'_left'`. */
  readonly side?: string;
  readonly foot: {
    /** From the shank to the ankle's place in the foot's frame, m. */
    readonly reach: number;
    readonly half: number;
    readonly friction: number;
  };
}

/** A leg in the plane y = 0, below a torso of 0.4 m: thigh, shank, foot. Joints bend about −y; angles in degrees. */
export function planarLeg({ side = '', foot: { reach, half, friction } }: PlanarLeg): Body {
  const joint = (name: string, range: readonly [number, number], x: number, z: number): Joint => {
    return { name: `${name}${side}_joint`, axis: [0, -1, 0], pos: [x, 0, z], range };
  };
  const [thigh, leg, foot] = ['thigh', 'leg', 'foot'].map((name) => `${name}${side}`) as [string, string, string];
  return {
    name: thigh,
    pos: [0, 0, hip],
    joints: [joint('thigh', [-150, 0], 0, 0)],
    geoms: [{ name: thigh, type: 'capsule', friction: [0.9], size: [0.05, 0.22500000000000003], pos: [0, 0, middle] }],
    bodies: [
      {
        name: leg,
        pos: [0, 0, knee],
        joints: [joint('leg', [-150, 0], 0, 0.25)],
        geoms: [{ name: leg, type: 'capsule', friction: [0.9], size: [0.04, 0.25] }],
        bodies: [
          {
            name: foot,
            pos: [reach, 0, -0.35],
            joints: [joint('foot', [-45, 45], -reach, 0.1)],
            geoms: [
              {
                name: foot,
                type: 'capsule',
                friction: [friction],
                size: [0.06, half],
                pos: [-reach / 2, 0, 0.1],
                quat: lying,
              },
            ],
          },
        ],
      },
    ],
  };
}
