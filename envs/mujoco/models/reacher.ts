import { type Body, type Geom, type Joint, mjcf } from '../mjcf.ts';

/** A wall round the table, between two of its corners. */
function wall(name: string, [x0, y0]: readonly [number, number], [x1, y1]: readonly [number, number]): Geom {
  return { name, type: 'capsule', conaffinity: 0, fromto: [x0, y0, 0.01, x1, y1, 0.01], size: [0.02] };
}

function link(name: string): Geom {
  return { name, type: 'capsule', fromto: [0, 0, 0, 0.1, 0, 0], size: [0.01] };
}

const arm: Body = {
  name: 'body0',
  pos: [0, 0, 0.01],
  joints: [{ name: 'joint0', axis: [0, 0, 1], limited: false }],
  geoms: [link('link0')],
  bodies: [
    {
      name: 'body1',
      pos: [0.1, 0, 0],
      joints: [{ name: 'joint1', axis: [0, 0, 1], range: [-3, 3] }],
      geoms: [link('link1')],
      bodies: [{ name: 'fingertip', pos: [0.11, 0, 0], geoms: [{ name: 'fingertip', type: 'sphere', size: [0.01] }] }],
    },
  ],
};

/** Where the target is: nothing moves it. */
function slide(name: string, axis: readonly number[], ref: number): Joint {
  return { name, type: 'slide', axis, ref, range: [-0.27, 0.27], armature: 0, damping: 0, stiffness: 0 };
}

/** An arm of two links on a table, and a target: the model of Gymnasium's Reacher-v5. */
export const reacher = mjcf({
  model: 'reacher',
  compiler: { inertiafromgeom: true },
  size: { memory: '50K' },
  option: { timestep: 0.01, integrator: 'RK4', gravity: [0, 0, -9.81] },
  default: {
    joint: { armature: 1, damping: 1 },
    geom: { contype: 0, friction: [1, 0.1, 0.1] },
    motor: { ctrlrange: [-1, 1], gear: 200 },
  },
  geoms: [
    { name: 'ground', type: 'plane', conaffinity: 0, size: [1, 1, 10] },
    wall('sideS', [-0.3, -0.3], [0.3, -0.3]),
    wall('sideE', [0.3, -0.3], [0.3, 0.3]),
    wall('sideN', [-0.3, 0.3], [0.3, 0.3]),
    wall('sideW', [-0.3, -0.3], [-0.3, 0.3]),
    { name: 'root', type: 'cylinder', conaffinity: 0, fromto: [0, 0, 0, 0, 0, 0.02], size: [0.011] },
  ],
  bodies: [
    arm,
    {
      name: 'target',
      pos: [0.1, -0.1, 0.01],
      joints: [slide('target_x', [1, 0, 0], 0.1), slide('target_y', [0, 1, 0], -0.1)],
      geoms: [{ name: 'target', type: 'sphere', conaffinity: 0, size: [0.009] }],
    },
  ],
  motors: ['joint0', 'joint1'].map((joint) => ({ name: joint, joint })),
});
