import { type Body, mjcf } from '../mjcf.ts';
import { cart, rail } from './cartOnRail.ts';

const length = 0.6;

/** A pole at a height, and what stands on it. */
function pole(name: string, hinge: string, height: number, above: Pick<Body, 'bodies' | 'sites'>): Body {
  return {
    name,
    pos: [0, 0, height],
    joints: [{ name: hinge, axis: [0, 1, 0] }],
    geoms: [{ name, type: 'capsule', fromto: [0, 0, 0, 0, 0, length], size: [0.045] }],
    ...above,
  };
}

const tip = { name: 'tip', pos: [0, 0, length], size: [0.01, 0.01] };

/** A pole on a pole on a cart: the model of Gymnasium's InvertedDoublePendulum-v5. */
export const invertedDoublePendulum = mjcf({
  model: 'inverted double pendulum',
  compiler: { inertiafromgeom: true },
  size: { memory: '50K' },
  // A breath of gravity along x: nothing stands upright by itself.
  option: { timestep: 0.01, integrator: 'RK4', gravity: [1e-5, 0, -9.81] },
  default: {
    joint: { damping: 0.05 },
    geom: { contype: 0, friction: [1, 0.1, 0.1] },
    motor: { ctrlrange: [-1, 1], gear: 500 },
  },
  geoms: [{ name: 'floor', type: 'plane', pos: [0, 0, -3], size: [40, 40, 40] }, rail],
  bodies: [cart([pole('pole', 'hinge', 0, { bodies: [pole('pole2', 'hinge2', length, { sites: [tip] })] })], 0.01)],
  motors: [{ name: 'slide', joint: 'slider' }],
});
