import { border } from '../../lake/lakeMap.ts';
import { type Joint, mjcf } from '../mjcf.ts';
import { lakeLand } from './lakeLand.ts';

/** Seconds in which the ball comes near the speed at which it is pushed. */
const TIME_CONSTANT = 0.2;
const MASS = 1;
const RADIUS = 0.07;

const slide = (name: string, axis: readonly number[]): Joint => ({
  name,
  type: 'slide',
  axis,
  damping: MASS / TIME_CONSTANT,
  range: [-border, border],
});

/** A ball on slides along x and y, at the lake, one metre to a unit: pushed with full force it comes to 1 m/s. The border stops it. */
export const pushedBall = mjcf({
  model: 'pushed ball',
  size: { memory: '100K' },
  option: { timestep: 0.01, integrator: 'implicitfast', gravity: [0, 0, 0] },
  default: { motor: { ctrlrange: [-1, 1], gear: MASS / TIME_CONSTANT } },
  geoms: [{ name: 'floor', type: 'plane', size: [border, border, 1], contype: 0, conaffinity: 0 }, ...lakeLand(1)],
  bodies: [
    {
      name: 'ball',
      pos: [0, 0, RADIUS],
      joints: [slide('x', [1, 0, 0]), slide('y', [0, 1, 0])],
      geoms: [{ name: 'ball', type: 'sphere', size: [RADIUS], mass: MASS, contype: 0, conaffinity: 0 }],
    },
  ],
  motors: ['x', 'y'].map((joint) => ({ name: joint, joint })),
});
