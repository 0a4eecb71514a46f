import { z } from 'zod';
import { portableMath } from '../../../src/portableMath.ts';
import { clamp } from '../../../src/spaces/box.ts';
import { type Body, type Geom, mjcf } from '../mjcf.ts';
import type { Scored } from '../mujocoEnv.ts';
import { addNormal, RobotTask, taskOptions } from './robotTask.ts';

/** The tilt at which the pole counts as fallen, rad. */
const FALLEN_ANGLE = 0.2;

export const invertedPendulumOptions = z.strictObject({
  resetNoiseScale: taskOptions.resetNoiseScale(0.01),
  frameSkip: taskOptions.frameSkip(2),
  xml: taskOptions.xml,
});

/**
 * Gymnasium's InvertedPendulum-v5: balance a pole on a cart.
 *
 * - Observation: place of the cart, tilt of the pole, and their velocities, `[4]`.
 * - Action: force on the cart, `[1]`, in [−3, 3].
 * - Reward: 1 while the pole stands, else 0.
 * - Terminates when |tilt| > 0.2 rad.
 * - Reset: positions and velocities ± U(0, `resetNoiseScale`).
 * - Info: `rewardSurvive`.
 *
 * @throws as {@link MujocoEnv} does, and for an unknown option or one out of range
 */
export class InvertedPendulumEnv extends RobotTask<typeof invertedPendulumOptions> {
  constructor(options: z.input<typeof invertedPendulumOptions> = {}) {
    super({ name: 'InvertedPendulum', schema: invertedPendulumOptions, model: invertedPendulum }, options);
  }

  protected score(): Scored {
    const terminated = Math.abs(this.qpos[1]!) > FALLEN_ANGLE;
    const rewardSurvive = terminated ? 0 : 1;
    return { reward: rewardSurvive, terminated, info: { rewardSurvive } };
  }
}

const { cos, sin } = portableMath;
/** The height of the tip at which the poles count as fallen, m; upright it is at 1.2. */
const FALLEN_HEIGHT = 1;

export const invertedDoublePendulumOptions = z.strictObject({
  healthyReward: taskOptions.healthyReward(10),
  resetNoiseScale: taskOptions.resetNoiseScale(0.1),
  frameSkip: taskOptions.frameSkip(5),
  xml: taskOptions.xml,
});

/**
 * Gymnasium's InvertedDoublePendulum-v5: balance a pole on a pole on a cart.
 *
 * - Observation: place of the cart, sines of both angles, their cosines, velocities of the cart and of both angles, each in [−10, 10], and the
 *   force of the rail's ends on the cart, in [−10, 10], `[9]`. The force is as MuJoCo's last step of physics began.
 * - Action: force on the cart, `[1]`, in [−1, 1].
 * - Reward: `healthyReward` while the poles stand − 0.01 x² − (z − 2)² − 10⁻³ v₁² − 5 · 10⁻³ v₂², where x and z are the tip's as MuJoCo's last
 *   step of physics began, and v₁ and v₂ the velocities of the angles.
 * - Terminates when z ≤ 1 m.
 * - Reset: positions ± U(0, `resetNoiseScale`), velocities + `resetNoiseScale` · N(0, 1).
 * - Info: `rewardSurvive`, `distancePenalty`, `velocityPenalty`.
 *
 * A model of one's own has the tip as its first site.
 *
 * @throws as {@link MujocoEnv} does, and for an unknown option or one out of range
 */
export class InvertedDoublePendulumEnv extends RobotTask<typeof invertedDoublePendulumOptions> {
  constructor(options: z.input<typeof invertedDoublePendulumOptions> = {}) {
    const schema = invertedDoublePendulumOptions;
    const settings = { name: 'InvertedDoublePendulum', schema, model: invertedDoublePendulum };
    super({ ...settings, startVelocity: addNormal }, options);
  }

  protected override observe(): Float64Array {
    const { qpos, qvel } = this;
    const angles = qpos.subarray(1);
    const bounded = (x: number) => clamp(x, -10, 10);
    const force = this.dataArray('qfrc_constraint')[0]!;
    return Float64Array.from([qpos[0]!, ...angles.map(sin), ...angles.map(cos), ...qvel.map(bounded), bounded(force)]);
  }

  protected score(): Scored {
    const [x, , z] = this.dataArray('site_xpos');
    const [, v1, v2] = this.qvel;
    const terminated = z! <= FALLEN_HEIGHT;
    const rewardSurvive = terminated ? 0 : this.options.healthyReward;
    const distance = 0.01 * (x! * x!) + (z! - 2) * (z! - 2);
    const velocity = 1e-3 * (v1! * v1!) + 5e-3 * (v2! * v2!);
    return {
      reward: rewardSurvive - distance - velocity,
      terminated,
      info: { rewardSurvive, distancePenalty: -distance, velocityPenalty: -velocity },
    };
  }
}

/** A quarter turn about y, in the digits that were published: MuJoCo makes it a unit, and rounds by them. */
// biome-ignore lint/suspicious/noApproximativeNumericConstant: √½ is another float64.
const lying = [0.707, 0, 0.707, 0];

/** A rail of 2 m along x. */
const rail: Geom = { name: 'rail', type: 'capsule', quat: lying, size: [0.02, 1] };

/**
 * A cart that slides on the {@link rail}, and what stands on it.
 * @param margin before the ends of the rail, where they begin to push
 */
function cart(bodies: readonly Body[], margin?: number): Body {
  return {
    name: 'cart',
    pos: [0, 0, 0],
    joints: [
      { name: 'slider', type: 'slide', axis: [1, 0, 0], range: [-1, 1], ...(margin !== undefined && { margin }) },
    ],
    geoms: [{ name: 'cart', type: 'capsule', quat: lying, size: [0.1, 0.1] }],
    bodies,
  };
}

/** A pole on a cart, after Barto, Sutton, Anderson (1983): the model of Gymnasium's InvertedPendulum-v5. */
const invertedPendulum = mjcf({
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
const invertedDoublePendulum = mjcf({
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
