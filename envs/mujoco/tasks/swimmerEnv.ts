import { z } from 'zod';
import { type Body, type Geom, type Joint, mjcf } from '../mjcf.ts';
import { ForwardTask, taskOptions } from './robotTask.ts';

export const swimmerOptions = z.strictObject({
  forwardRewardWeight: taskOptions.weight(1, 'the velocity'),
  ctrlCostWeight: taskOptions.weight(1e-4, 'the cost of control'),
  resetNoiseScale: taskOptions.resetNoiseScale(0.1),
  excludeCurrentPositionsFromObservation: taskOptions.excludeCurrentPositionsFromObservation(),
  frameSkip: taskOptions.frameSkip(4),
  xml: taskOptions.xml,
});

/**
 * Gymnasium's Swimmer-v5: swim to the right with three links. Never terminates.
 *
 * - Observation: positions without x and y, then velocities, `[8]`.
 * - Action: torques of the two joints, `[2]`, in [−1, 1].
 * - Reward: `forwardRewardWeight` · (x′ − x) / dt − `ctrlCostWeight` · Σ a², dt = 0.04 s.
 * - Reset: positions and velocities ± U(0, `resetNoiseScale`).
 * - Info: `xPosition`, `yPosition`, `distanceFromOrigin`, `xVelocity`, `yVelocity`, `rewardForward`, `rewardCtrl`.
 *
 * @throws as {@link MujocoEnv} does, and for an unknown option or one out of range
 */
export class SwimmerEnv extends ForwardTask<typeof swimmerOptions> {
  constructor(options: z.input<typeof swimmerOptions> = {}) {
    super({ name: 'Swimmer', schema: swimmerOptions, model: swimmer, view: 'above', hidden: 2 }, options);
  }
}

/** A metre long, from its front end at `x` backwards. */
function segment(name: string, x: number): Geom {
  return { name, type: 'capsule', density: 1000, fromto: [x, 0, 0, x - 1, 0, 0], size: [0.1] };
}

function bend(name: string): Joint {
  return { name, axis: [0, 0, 1], range: [-100, 100] };
}

const tail: Body = {
  name: 'mid',
  pos: [0.5, 0, 0],
  joints: [bend('motor1_rot')],
  geoms: [segment('mid', 0)],
  bodies: [{ name: 'back', pos: [-1, 0, 0], joints: [bend('motor2_rot')], geoms: [segment('back', 0)] }],
};

/** Three links in a viscous fluid, in the plane z = 0, after Coulom (2002): the model of Gymnasium's Swimmer-v5. */
const swimmer = mjcf({
  model: 'swimmer',
  compiler: { angle: 'degree', inertiafromgeom: true },
  size: { memory: '50K' },
  option: { timestep: 0.01, integrator: 'RK4', density: 4000, viscosity: 0.1 },
  default: {
    joint: { armature: 0.1 },
    geom: { contype: 0, conaffinity: 0, condim: 1 },
    motor: { ctrlrange: [-1, 1], gear: 150 },
  },
  geoms: [{ name: 'floor', type: 'plane', condim: 3, size: [40, 40, 0.1], pos: [0, 0, -0.1] }],
  bodies: [
    {
      name: 'torso',
      pos: [0, 0, 0],
      joints: [
        { name: 'slider1', type: 'slide', axis: [1, 0, 0] },
        { name: 'slider2', type: 'slide', axis: [0, 1, 0] },
        { name: 'free_body_rot', type: 'hinge', axis: [0, 0, 1] },
      ],
      geoms: [segment('torso', 1.5)],
      bodies: [tail],
    },
  ],
  motors: ['motor1_rot', 'motor2_rot'].map((joint) => ({ name: joint, joint })),
});
