import { z } from 'zod';
import { portableMath } from '../../../src/portableMath.ts';
import { type Body, type Geom, type Joint, mjcf } from '../mjcf.ts';
import type { Scored } from '../mujocoEnv.ts';
import { addUniform, bodyDistance, bodyOffset, controlCost, RobotTask, taskOptions } from './robotTask.ts';

const { cos, sin } = portableMath;
/** How far off a target may be, m. */
const REACH = 0.2;

export const reacherOptions = z.strictObject({
  rewardDistWeight: taskOptions.weight(1, 'the distance to the target'),
  rewardControlWeight: taskOptions.weight(1, 'the cost of control'),
  frameSkip: taskOptions.frameSkip(2),
  xml: taskOptions.xml,
});

/**
 * Gymnasium's Reacher-v5: bring the tip of an arm of two links to a target. Never terminates.
 *
 * - Observation: cosines of both joints, their sines, x and y of the target, velocities of both joints, and from the target to the tip x and
 *   y, `[10]`. The last two are as MuJoCo's last step of physics began.
 * - Action: torques of both joints, `[2]`, in [−1, 1].
 * - Reward: −`rewardDistWeight` · |tip − target| − `rewardControlWeight` · Σ a².
 * - Reset: joints ± U(0, 0.1), their velocities ± U(0, 0.005), a target that rests anywhere within 0.2 m.
 * - Info: `rewardDist`, `rewardCtrl`.
 *
 * A model of one's own has the joints of the arm first, those of the target last, and bodies named `fingertip` and `target`.
 *
 * @throws as {@link MujocoEnv} does, and for an unknown option or one out of range
 */
export class ReacherEnv extends RobotTask<typeof reacherOptions> {
  readonly #tip: number;
  readonly #target: number;

  constructor(options: z.input<typeof reacherOptions> = {}) {
    super({ name: 'Reacher', schema: reacherOptions, model: reacher, view: 'above' }, options);
    this.#tip = this.bodyId('fingertip');
    this.#target = this.bodyId('target');
  }

  protected override placeAtStart(qpos: Float64Array, qvel: Float64Array): void {
    const { rng } = this;
    addUniform(qpos, rng, 0.1);
    let [x, y] = [REACH, REACH];
    while (Math.sqrt(x * x + y * y) >= REACH) [x, y] = [rng.uniform(-REACH, REACH), rng.uniform(-REACH, REACH)];
    qpos.set([x, y], this.nq - 2);
    addUniform(qvel, rng, 0.005);
    qvel.fill(0, this.nv - 2);
  }

  protected override observe(): Float64Array {
    const { qpos, qvel } = this;
    const arm = qpos.subarray(0, 2);
    const [x, y] = bodyOffset(this.dataArray('xpos'), this.#target, this.#tip);
    return Float64Array.from([...arm.map(cos), ...arm.map(sin), ...qpos.subarray(2), ...qvel.subarray(0, 2), x, y]);
  }

  protected score(action: Float32Array): Scored {
    const { rewardDistWeight, rewardControlWeight } = this.options;
    const rewardDist = -bodyDistance(this.dataArray('xpos'), this.#target, this.#tip) * rewardDistWeight;
    const rewardCtrl = -controlCost(rewardControlWeight, action);
    return { reward: rewardDist + rewardCtrl, info: { rewardDist, rewardCtrl } };
  }
}

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
const reacher = mjcf({
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
