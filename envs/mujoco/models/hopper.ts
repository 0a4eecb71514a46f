import { mjcf } from '../mjcf.ts';
import { planarLeg } from './planarLeg.ts';
import { planarRoot } from './planarRoot.ts';

/** A torso on one leg in the plane, after Erez, Tassa, Todorov (2011): the model of Gymnasium's Hopper-v5. */
export const hopper = mjcf({
  model: 'hopper',
  compiler: { angle: 'degree', inertiafromgeom: true },
  size: { memory: '100K' },
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
      bodies: [planarLeg({ foot: { reach: 0.13, half: 0.195, friction: 2 } })],
    },
  ],
  motors: ['thigh', 'leg', 'foot'].map((name) => ({ name, joint: `${name}_joint` })),
});
