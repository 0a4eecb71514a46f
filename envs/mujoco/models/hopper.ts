import { type Body, type Joint, mjcf } from '../mjcf.ts';
import { planarRoot } from './planarRoot.ts';

/** A joint of the leg, which bends about −y. */
function hinge(name: string, z: number, range: readonly [number, number], x = 0): Joint {
  return { name, axis: [0, -1, 0], pos: [x, 0, z], range };
}

/** Digits as published: their rounding is in the physics. */
const hip = -0.19999999999999996;
const knee = -0.70000000000000007;
const middle = -0.22500000000000009;
/** A quarter turn about y; √½, and the float64 below it. */
const lying = [Math.SQRT1_2, 0, -0.7071067811865475, 0];

const leg: Body = {
  name: 'thigh',
  pos: [0, 0, hip],
  joints: [hinge('thigh_joint', 0, [-150, 0])],
  geoms: [{ name: 'thigh', type: 'capsule', friction: [0.9], size: [0.05, 0.22500000000000003], pos: [0, 0, middle] }],
  bodies: [
    {
      name: 'leg',
      pos: [0, 0, knee],
      joints: [hinge('leg_joint', 0.25, [-150, 0])],
      geoms: [{ name: 'leg', type: 'capsule', friction: [0.9], size: [0.04, 0.25] }],
      bodies: [
        {
          name: 'foot',
          pos: [0.13, 0, -0.35],
          joints: [hinge('foot_joint', 0.1, [-45, 45], -0.13)],
          geoms: [
            { name: 'foot', type: 'capsule', friction: [2], size: [0.06, 0.195], pos: [-0.065, 0, 0.1], quat: lying },
          ],
        },
      ],
    },
  ],
};

/** A torso on one leg in the plane, after Erez, Tassa, Todorov (2011): the model of Gymnasium's Hopper-v5. */
export const hopper = mjcf({
  model: 'hopper',
  compiler: { angle: 'degree', inertiafromgeom: true },
  size: { memory: '1M' },
  option: { timestep: 0.002, integrator: 'RK4' },
  default: {
    joint: { armature: 1, damping: 1 },
    geom: { contype: 1, conaffinity: 1, condim: 1, margin: 0.001, solref: [0.02, 1], solimp: [0.8, 0.8, 0.01] },
    motor: { ctrlrange: [-1, 1], gear: 200 },
  },
  geoms: [{ name: 'floor', type: 'plane', condim: 3, size: [20, 20, 0.125] }],
  bodies: [
    {
      name: 'torso',
      pos: [0, 0, 1.25],
      joints: planarRoot(1.25),
      geoms: [{ name: 'torso', type: 'capsule', friction: [0.9], size: [0.05, 0.19999999999999996] }],
      bodies: [leg],
    },
  ],
  motors: ['thigh', 'leg', 'foot'].map((name) => ({ name, joint: `${name}_joint` })),
});
