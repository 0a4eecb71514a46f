import { z } from 'zod';
import { parseOptions } from '../../../src/options/parse.ts';
import type { Info } from '../../core/env.ts';
import { type Body, type Geom, type Joint, mjcf, planarRoot } from '../mjcf.ts';
import { MujocoEnv, type Scored } from '../mujocoEnv.ts';
import { addNormal, addUniform, controlCost, poseAndVelocity, taskOptions } from './robotTask.ts';

export const halfCheetahOptions = z.strictObject({
  forwardRewardWeight: taskOptions.weight(1, 'the velocity'),
  ctrlCostWeight: taskOptions.weight(0.1, 'the cost of control'),
  resetNoiseScale: taskOptions.resetNoiseScale(0.1),
  excludeCurrentPositionsFromObservation: taskOptions.excludeCurrentPositionsFromObservation(),
  frameSkip: taskOptions.frameSkip(5),
  xml: taskOptions.xml,
});

/** Options of {@link HalfCheetahEnv}. */
export type HalfCheetahOptions = z.input<typeof halfCheetahOptions>;

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
export class HalfCheetahEnv extends MujocoEnv {
  readonly #options: z.output<typeof halfCheetahOptions>;
  #x = 0;

  constructor(options: HalfCheetahOptions = {}) {
    const parsed = parseOptions('HalfCheetah', halfCheetahOptions, options);
    super({ name: 'HalfCheetah', xml: parsed.xml ?? halfCheetah, frameSkip: parsed.frameSkip });
    this.#options = parsed;
  }

  protected override placeAtStart(qpos: Float64Array, qvel: Float64Array): void {
    addUniform(qpos, this.rng, this.#options.resetNoiseScale);
    addNormal(qvel, this.rng, this.#options.resetNoiseScale);
  }

  protected override observe(): Float64Array {
    return poseAndVelocity(this.qpos, this.qvel, this.#options.excludeCurrentPositionsFromObservation ? 1 : 0);
  }

  protected override startInfo(): Info {
    return { xPosition: this.qpos[0] };
  }

  protected override beforeStep(): void {
    this.#x = this.qpos[0]!;
  }

  protected score(action: Float32Array): Scored {
    const { forwardRewardWeight, ctrlCostWeight } = this.#options;
    const xPosition = this.qpos[0]!;
    const xVelocity = (xPosition - this.#x) / this.dt;
    const rewardForward = forwardRewardWeight * xVelocity;
    const cost = controlCost(ctrlCostWeight, action);
    return { reward: rewardForward - cost, info: { xPosition, xVelocity, rewardForward, rewardCtrl: -cost } };
  }
}

const radius = 0.046;

/** A part of a leg, which hangs on the one before. Places are (x, z), angles about y. */
interface Segment {
  readonly name: string;
  readonly pos: readonly [x: number, z: number];
  readonly centre: readonly [x: number, z: number];
  readonly tilt: number;
  readonly half: number;
  readonly range: readonly [low: number, high: number];
  readonly stiffness: number;
  readonly damping: number;
  readonly gear: number;
}

const backLeg: readonly Segment[] = [
  {
    name: 'bthigh',
    pos: [-0.5, 0],
    centre: [0.1, -0.13],
    tilt: -3.8,
    half: 0.145,
    range: [-0.52, 1.05],
    stiffness: 240,
    damping: 6,
    gear: 120,
  },
  {
    name: 'bshin',
    pos: [0.16, -0.25],
    centre: [-0.14, -0.07],
    tilt: -2.03,
    half: 0.15,
    range: [-0.785, 0.785],
    stiffness: 180,
    damping: 4.5,
    gear: 90,
  },
  {
    name: 'bfoot',
    pos: [-0.28, -0.14],
    centre: [0.03, -0.097],
    tilt: -0.27,
    half: 0.094,
    range: [-0.4, 0.785],
    stiffness: 120,
    damping: 3,
    gear: 60,
  },
];

const frontLeg: readonly Segment[] = [
  {
    name: 'fthigh',
    pos: [0.5, 0],
    centre: [-0.07, -0.12],
    tilt: 0.52,
    half: 0.133,
    range: [-1, 0.7],
    stiffness: 180,
    damping: 4.5,
    gear: 120,
  },
  {
    name: 'fshin',
    pos: [-0.14, -0.24],
    centre: [0.065, -0.09],
    tilt: -0.6,
    half: 0.106,
    range: [-1.2, 0.87],
    stiffness: 120,
    damping: 3,
    gear: 60,
  },
  {
    name: 'ffoot',
    pos: [0.13, -0.18],
    centre: [0.045, -0.07],
    tilt: -0.6,
    half: 0.07,
    range: [-0.5, 0.5],
    stiffness: 60,
    damping: 1.5,
    gear: 30,
  },
];

function legOf([first, ...rest]: readonly Segment[]): Body[] {
  if (first === undefined) return [];
  const { name, pos, centre, tilt, half, range, stiffness, damping } = first;
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
  motors: [...backLeg, ...frontLeg].map(({ name, gear }) => ({ name, joint: name, gear })),
});
