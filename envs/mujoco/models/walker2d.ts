import { mjcf } from '../mjcf.ts';
import { planarLeg } from './planarLeg.ts';
import { planarRoot } from './planarRoot.ts';

const sides = ['', '_left'];
const foot = { reach: 0.2, half: 0.1, friction: 1.9 };

/** A torso on two legs in the plane, after Erez, Tassa, Todorov (2011): the model of Gymnasium's Walker2d-v5. */
export const walker2d = mjcf({
  model: 'walker2d',
  compiler: { angle: 'degree', inertiafromgeom: true },
  size: { memory: '150K' },
  option: { timestep: 0.002, integrator: 'RK4' },
  default: {
    joint: { armature: 0.01, damping: 0.1 },
    geom: { contype: 1, conaffinity: 0, condim: 3, density: 1000, friction: [0.7, 0.1, 0.1] },
    motor: { ctrlrange: [-1, 1], gear: 100 },
  },
  geoms: [{ name: 'floor', type: 'plane', conaffinity: 1, size: [40, 40, 40] }],
  bodies: [
    {
      name: 'torso',
      pos: [0, 0, 1.25],
      joints: planarRoot(1.25),
      geoms: [{ name: 'torso', type: 'capsule', friction: [0.9], size: [0.05, 0.19999999999999996] }],
      bodies: sides.map((side) => planarLeg({ side, foot })),
    },
  ],
  motors: sides.flatMap((side) =>
    ['thigh', 'leg', 'foot'].map((name) => ({ name: `${name}${side}`, joint: `${name}${side}_joint` })),
  ),
});
