import { z } from 'zod';
import type { Info } from '../../core/env.ts';
import { type Body, type Geom, type Joint, mjcf, planarRoot } from '../mjcf.ts';
import { addNormal, ForwardTask, taskOptions } from './robotTask.ts';

export const halfCheetahOptions = z.strictObject({
  forwardRewardWeight: taskOptions.weight(1, 'the velocity'),
  ctrlCostWeight: taskOptions.weight(0.1, 'the cost of control'),
  resetNoiseScale: taskOptions.resetNoiseScale(0.1),
  excludeCurrentPositionsFromObservation: taskOptions.excludeCurrentPositionsFromObservation(),
  frameSkip: taskOptions.frameSkip(5),
  xml: taskOptions.xml,
});

/**
 * Gymnasium's HalfCheetah-v5: run to the right as fast as you can. Never terminates.
 *
 * - Observation: positions without x, then velocities, `[17]`.
 * - Action: torques of back and front thigh, shin and foot, `[6]`, in [−1, 1].
 * - Reward: `forwardRewardWeight` · (x′ − x) / dt − `ctrlCostWeight` · Σ a², dt = 0.05 s.
 * - Reset: positions ± U(0, `resetNoiseScale`), velocities + `resetNoiseScale` · N(0, 1).
 * - Info: `xPosition`, `xVelocity`, `rewardForward`, `rewardCtrl`.
 *
 * @throws as {@link MujocoEnv} does, and for an unknown option or one out of range
 */
export class HalfCheetahEnv extends ForwardTask<typeof halfCheetahOptions> {
  constructor(options: z.input<typeof halfCheetahOptions> = {}) {
    const settings = { name: 'HalfCheetah', schema: halfCheetahOptions, model: halfCheetah };
    super({ ...settings, hidden: 1, startVelocity: addNormal }, options);
  }

  protected override place(): Info {
    return { xPosition: this.qpos[0] };
  }
}

const radius = 0.046;

/** A part of a leg, which hangs on the one before. Places are (x, z), angles about y. */
type Segment = readonly [
  name: string,
  pos: readonly [x: number, z: number],
  centre: readonly [x: number, z: number],
  tilt: number,
  half: number,
  range: readonly [low: number, high: number],
  stiffness: number,
  damping: number,
  gear: number,
];

const backLeg: readonly Segment[] = [
  ['bthigh', [-0.5, 0], [0.1, -0.13], -3.8, 0.145, [-0.52, 1.05], 240, 6, 120],
  ['bshin', [0.16, -0.25], [-0.14, -0.07], -2.03, 0.15, [-0.785, 0.785], 180, 4.5, 90],
  ['bfoot', [-0.28, -0.14], [0.03, -0.097], -0.27, 0.094, [-0.4, 0.785], 120, 3, 60],
];

const frontLeg: readonly Segment[] = [
  ['fthigh', [0.5, 0], [-0.07, -0.12], 0.52, 0.133, [-1, 0.7], 180, 4.5, 120],
  ['fshin', [-0.14, -0.24], [0.065, -0.09], -0.6, 0.106, [-1.2, 0.87], 120, 3, 60],
  ['ffoot', [0.13, -0.18], [0.045, -0.07], -0.6, 0.07, [-0.5, 0.5], 60, 1.5, 30],
];

function legOf([first, ...rest]: readonly Segment[]): Body[] {
  if (first === undefined) return [];
  const [name, pos, centre, tilt, half, range, stiffness, damping] = first;
  const joint: Joint = { name, axis: [0, 1, 0], range, stiffness, damping };
  const geom: Geom = {
    name,
    type: 'capsule',
    size: [radius, half],
    pos: [centre[0], 0, centre[1]],
    axisangle: [0, 1, 0, tilt],
  };
  return [{ name, pos: [pos[0], 0, pos[1]], joints: [joint], geoms: [geom], bodies: legOf(rest) }];
}

/** A two-legged runner in the plane, 14 kg, after Wawrzyński (2009): the model of Gymnasium's HalfCheetah-v5. */
const halfCheetah = mjcf({
  model: 'half cheetah',
  compiler: { inertiafromgeom: true, settotalmass: 14 },
  size: { memory: '150K' },
  option: { timestep: 0.01 },
  default: {
    joint: { armature: 0.1, solreflimit: [0.02, 1], solimplimit: [0, 0.8, 0.03] },
    geom: {
      contype: 1,
      conaffinity: 0,
      condim: 3,
      friction: [0.4, 0.1, 0.1],
      solref: [0.02, 1],
      solimp: [0, 0.8, 0.01],
    },
    motor: { ctrlrange: [-1, 1] },
  },
  geoms: [{ name: 'floor', type: 'plane', conaffinity: 1, size: [40, 40, 40] }],
  bodies: [
    {
      name: 'torso',
      pos: [0, 0, 0.7],
      joints: planarRoot(),
      geoms: [
        { name: 'torso', type: 'capsule', fromto: [-0.5, 0, 0, 0.5, 0, 0], size: [radius] },
        { name: 'head', type: 'capsule', size: [radius, 0.15], pos: [0.6, 0, 0.1], axisangle: [0, 1, 0, 0.87] },
      ],
      bodies: [...legOf(backLeg), ...legOf(frontLeg)],
    },
  ],
  motors: [...backLeg, ...frontLeg].map(([name, , , , , , , , gear]) => ({ name, joint: name, gear })),
});
