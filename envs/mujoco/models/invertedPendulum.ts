import { mjcf } from '../mjcf.ts';
import { cart, rail } from './cartOnRail.ts';

/** A pole on a cart, after Barto, Sutton, Anderson (1983): the model of Gymnasium's InvertedPendulum-v5. */
export const invertedPendulum = mjcf({
  model: 'inverted pendulum',
  compiler: { angle: 'degree', inertiafromgeom: true },
  size: { memory: '50K' },
  option: { timestep: 0.02, integrator: 'RK4', gravity: [0, 0, -9.81] },
  default: {
    joint: { armature: 0, damping: 1 },
    geom: { contype: 0, friction: [1, 0.1, 0.1] },
    motor: { ctrlrange: [-3, 3], gear: 100 },
  },
  geoms: [rail],
  bodies: [
    cart([
      {
        name: 'pole',
        joints: [{ name: 'hinge', axis: [0, 1, 0], range: [-90, 90] }],
        geoms: [{ name: 'pole', type: 'capsule', fromto: [0, 0, 0, 0.001, 0, 0.6], size: [0.049] }],
      },
    ]),
  ],
  motors: [{ name: 'slide', joint: 'slider' }],
});
