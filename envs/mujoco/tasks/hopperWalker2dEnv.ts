import { z } from 'zod';
import type { Info } from '../../core/env.ts';
import { type Body, type Joint, mjcf, planarRoot } from '../mjcf.ts';
import { ForwardTask, taskOptions } from './robotTask.ts';

/** The options of tasks in which a torso goes on legs in the plane. */
const planarLegsOptions = (
  healthyZ: readonly [low: number, high: number],
  healthyAngle: readonly [low: number, high: number],
) => ({
  forwardRewardWeight: taskOptions.weight(1, 'the velocity'),
  ctrlCostWeight: taskOptions.weight(1e-3, 'the cost of control'),
  healthyReward: taskOptions.healthyReward(1),
  terminateWhenUnhealthy: taskOptions.terminateWhenUnhealthy(),
  healthyZRange: taskOptions.range(...healthyZ, 'in which the height of the torso is healthy, m'),
  healthyAngleRange: taskOptions.range(...healthyAngle, 'in which the tilt of the torso is healthy, rad'),
  resetNoiseScale: taskOptions.resetNoiseScale(5e-3),
  excludeCurrentPositionsFromObservation: taskOptions.excludeCurrentPositionsFromObservation(),
  frameSkip: taskOptions.frameSkip(4),
  xml: taskOptions.xml,
});

export const hopperOptions = z.strictObject({
  ...planarLegsOptions([0.7, 1e6], [-0.2, 0.2]),
  healthyStateRange: taskOptions.range(-100, 100, 'in which all positions but x and z and all velocities are healthy'),
});

export const walker2dOptions = z.strictObject(planarLegsOptions([0.8, 2], [-1, 1]));

/** What Hopper and Walker2d have in common: a torso at `qpos` x, z and tilt, which is to stay upright and to go to the right. */
abstract class PlanarLegsTask<S extends typeof hopperOptions | typeof walker2dOptions> extends ForwardTask<S> {
  constructor(name: string, schema: S, model: string, options: z.input<S>) {
    super({ name, schema, model, hidden: 1, bound: 10 }, options);
  }

  protected override place(): Info {
    const { qpos } = this;
    return { xPosition: qpos[0], zDistanceFromOrigin: qpos[1]! - this.initQpos[1]! };
  }

  protected override isHealthy(): boolean {
    const { healthyZRange, healthyAngleRange } = this.options;
    const [, z, angle] = this.qpos;
    return (
      healthyZRange[0] < z! && z! < healthyZRange[1] && healthyAngleRange[0] < angle! && angle! < healthyAngleRange[1]
    );
  }
}

/**
 * Gymnasium's Hopper-v5: hop to the right on one leg.
 *
 * - Observation: positions without x, then velocities, each in [−10, 10], `[11]`.
 * - Action: torques of thigh, leg and foot, `[3]`, in [−1, 1].
 * - Reward: `forwardRewardWeight` · (x′ − x) / dt + `healthyReward` while healthy − `ctrlCostWeight` · Σ a², dt = 0.008 s.
 * - Terminates when unhealthy: height, tilt or anything else is outside of its range.
 * - Reset: positions and velocities ± U(0, `resetNoiseScale`).
 * - Info: `xPosition`, `zDistanceFromOrigin`, `xVelocity`, `rewardForward`, `rewardCtrl`, `rewardSurvive`.
 *
 * @throws as {@link MujocoEnv} does, and for an unknown option or one out of range
 */
export class HopperEnv extends PlanarLegsTask<typeof hopperOptions> {
  constructor(options: z.input<typeof hopperOptions> = {}) {
    super('Hopper', hopperOptions, hopper, options);
  }

  protected override isHealthy(): boolean {
    const [low, high] = this.options.healthyStateRange;
    const isInside = (x: number) => low < x && x < high;
    return this.qpos.subarray(2).every(isInside) && this.qvel.every(isInside) && super.isHealthy();
  }
}

/**
 * Gymnasium's Walker2d-v5: walk to the right on two legs.
 *
 * - Observation: positions without x, then velocities, each in [−10, 10], `[17]`.
 * - Action: torques of thigh, leg and foot, first those of the right leg, `[6]`, in [−1, 1].
 * - Reward: `forwardRewardWeight` · (x′ − x) / dt + `healthyReward` while healthy − `ctrlCostWeight` · Σ a², dt = 0.008 s.
 * - Terminates when unhealthy: height or tilt is outside of its range.
 * - Reset: positions and velocities ± U(0, `resetNoiseScale`).
 * - Info: `xPosition`, `zDistanceFromOrigin`, `xVelocity`, `rewardForward`, `rewardCtrl`, `rewardSurvive`.
 *
 * @throws as {@link MujocoEnv} does, and for an unknown option or one out of range
 */
export class Walker2dEnv extends PlanarLegsTask<typeof walker2dOptions> {
  constructor(options: z.input<typeof walker2dOptions> = {}) {
    super('Walker2d', walker2dOptions, walker2d, options);
  }
}

/** Digits as published: their rounding is in the physics. */
const hip = -0.19999999999999996;
const knee = -0.70000000000000007;
const middle = -0.22500000000000009;
/** A quarter turn about y; √½, and the float64 below it. */
const lying = [Math.SQRT1_2, 0, -0.7071067811865475, 0];

/**
 * A leg in the plane y = 0, below a torso of 0.4 m: thigh, shank, foot. Joints bend about −y; angles in degrees.
 * @param foot `reach`: from the shank to the ankle's place in the foot's frame, m
 * @param side follows each name: `'_left'`
 */
function planarLeg({ reach, half, friction }: Record<'reach' | 'half' | 'friction', number>, side = ''): Body {
  const joint = (name: string, range: readonly [number, number], x: number, z: number): Joint => {
    return { name: `${name}${side}_joint`, axis: [0, -1, 0], pos: [x, 0, z], range };
  };
  const [thigh, leg, foot] = ['thigh', 'leg', 'foot'].map((name) => `${name}${side}`) as [string, string, string];
  return {
    name: thigh,
    pos: [0, 0, hip],
    joints: [joint('thigh', [-150, 0], 0, 0)],
    geoms: [{ name: thigh, type: 'capsule', friction: [0.9], size: [0.05, 0.22500000000000003], pos: [0, 0, middle] }],
    bodies: [
      {
        name: leg,
        pos: [0, 0, knee],
        joints: [joint('leg', [-150, 0], 0, 0.25)],
        geoms: [{ name: leg, type: 'capsule', friction: [0.9], size: [0.04, 0.25] }],
        bodies: [
          {
            name: foot,
            pos: [reach, 0, -0.35],
            joints: [joint('foot', [-45, 45], -reach, 0.1)],
            geoms: [
              {
                name: foot,
                type: 'capsule',
                friction: [friction],
                size: [0.06, half],
                pos: [-reach / 2, 0, 0.1],
                quat: lying,
              },
            ],
          },
        ],
      },
    ],
  };
}

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
      bodies: [planarLeg({ reach: 0.13, half: 0.195, friction: 2 })],
    },
  ],
  motors: ['thigh', 'leg', 'foot'].map((name) => ({ name, joint: `${name}_joint` })),
});

const sides = ['', '_left'];
const foot = { reach: 0.2, half: 0.1, friction: 1.9 };

/** A torso on two legs in the plane, after Erez, Tassa, Todorov (2011): the model of Gymnasium's Walker2d-v5. */
const walker2d = mjcf({
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
      bodies: sides.map((side) => planarLeg(foot, side)),
    },
  ],
  motors: sides.flatMap((side) =>
    ['thigh', 'leg', 'foot'].map((name) => ({ name: `${name}${side}`, joint: `${name}${side}_joint` })),
  ),
});
