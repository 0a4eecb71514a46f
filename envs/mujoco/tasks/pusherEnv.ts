import { z } from 'zod';
import { type Body, type Geom, type Joint, mjcf } from '../mjcf.ts';
import type { Scored } from '../mujocoEnv.ts';
import { addUniform, bodyDistance, controlCost, RobotTask, taskOptions } from './robotTask.ts';

/** How many joints the arm has. */
const ARM = 7;
/** How near to the goal the puck may begin, m. */
const NEAREST = 0.17;

export const pusherOptions = z.strictObject({
  rewardNearWeight: taskOptions.weight(0.5, 'the distance from hand to puck'),
  rewardDistWeight: taskOptions.weight(1, 'the distance from puck to goal'),
  rewardControlWeight: taskOptions.weight(0.1, 'the cost of control'),
  frameSkip: taskOptions.frameSkip(5),
  xml: taskOptions.xml,
});

/**
 * Gymnasium's Pusher-v5: push a puck to a goal with an arm of seven joints. Never terminates.
 *
 * - Observation: positions and velocities of the arm's joints, then the places of hand, puck and goal, `[23]`. The places are as MuJoCo's last
 *   step of physics began.
 * - Action: torques of the arm's joints, `[7]`, in [−2, 2].
 * - Reward: −`rewardNearWeight` · |puck − hand| − `rewardDistWeight` · |puck − goal| − `rewardControlWeight` · Σ a².
 * - Reset: the arm in the model's own pose, its velocities ± U(0, 0.005); the goal in its place, and the puck anywhere in 0.3 m × 0.4 m beside
 *   it, at least 0.17 m off.
 * - Info: `rewardDist`, `rewardCtrl`, `rewardNear`.
 *
 * A model of one's own has the joints of the arm first, those of puck and goal last, and bodies named `tips_arm`, `object` and `goal`.
 *
 * @throws as {@link MujocoEnv} does, and for an unknown option or one out of range
 */
export class PusherEnv extends RobotTask<typeof pusherOptions> {
  readonly #hand: number;
  readonly #puck: number;
  readonly #goal: number;

  constructor(options: z.input<typeof pusherOptions> = {}) {
    super({ name: 'Pusher', schema: pusherOptions, model: pusher, view: 'above' }, options);
    this.#hand = this.bodyId('tips_arm');
    this.#puck = this.bodyId('object');
    this.#goal = this.bodyId('goal');
  }

  protected override placeAtStart(qpos: Float64Array, qvel: Float64Array): void {
    const { rng } = this;
    let [y, x] = [0, 0];
    while (Math.sqrt(x * x + y * y) <= NEAREST) [y, x] = [rng.uniform(-0.3, 0), rng.uniform(-0.2, 0.2)];
    qpos.set([y, x, 0, 0], this.nq - 4);
    addUniform(qvel, rng, 0.005);
    qvel.fill(0, this.nv - 4);
  }

  protected override observe(): Float64Array {
    const xpos = this.dataArray('xpos');
    const places = [this.#hand, this.#puck, this.#goal].flatMap((body) => [...xpos.subarray(3 * body, 3 * body + 3)]);
    return Float64Array.from([...this.qpos.subarray(0, ARM), ...this.qvel.subarray(0, ARM), ...places]);
  }

  protected score(action: Float32Array): Scored {
    const { rewardNearWeight, rewardDistWeight, rewardControlWeight } = this.options;
    const xpos = this.dataArray('xpos');
    const rewardNear = -bodyDistance(xpos, this.#hand, this.#puck) * rewardNearWeight;
    const rewardDist = -bodyDistance(xpos, this.#goal, this.#puck) * rewardDistWeight;
    const rewardCtrl = -controlCost(rewardControlWeight, action);
    return { reward: rewardDist + rewardCtrl + rewardNear, info: { rewardDist, rewardCtrl, rewardNear } };
  }
}

/** What turns at a joint of the arm, and what hangs on it. */
interface Part {
  /** As the PR2 names it. */
  readonly name: string;
  readonly x?: number;
  readonly joint?: Omit<Joint, 'name'>;
  readonly geoms: readonly Geom[];
}

/** A capsule between two points. */
function rod(name: string, from: readonly number[], to: readonly number[], radius: number): Geom {
  return { name, type: 'capsule', fromto: [...from, ...to], size: [radius] };
}

function ball(name: string, pos: readonly number[], radius: number): Geom {
  return { name, type: 'sphere', pos, size: [radius] };
}

/** The hand's prongs bump with things. */
const bumping = { contype: 1, conaffinity: 1 };

/** From the shoulder to the hand. */
const parts: readonly Part[] = [
  {
    name: 'shoulder_lift',
    x: 0.1,
    joint: { axis: [0, 1, 0], range: [-0.5236, 1.3963] },
    geoms: [rod('shoulder', [0, -0.1, 0], [0, 0.1, 0], 0.1)],
  },
  {
    name: 'upper_arm_roll',
    joint: { axis: [1, 0, 0], range: [-1.5, 1.7], damping: 0.1 },
    geoms: [rod('upper_arm_roll', [-0.1, 0, 0], [0.1, 0, 0], 0.02)],
  },
  { name: 'upper_arm', geoms: [rod('upper_arm', [0, 0, 0], [0.4, 0, 0], 0.06)] },
  {
    name: 'elbow_flex',
    x: 0.4,
    joint: { axis: [0, 1, 0], range: [-2.3213, 0], damping: 0.1 },
    geoms: [rod('elbow', [0, -0.02, 0], [0, 0.02, 0], 0.06)],
  },
  {
    name: 'forearm_roll',
    joint: { axis: [1, 0, 0], range: [-1.5, 1.5], damping: 0.1 },
    geoms: [rod('forearm_roll', [-0.1, 0, 0], [0.1, 0, 0], 0.02)],
  },
  { name: 'forearm', geoms: [rod('forearm', [0, 0, 0], [0.291, 0, 0], 0.05)] },
  {
    name: 'wrist_flex',
    x: 0.321,
    joint: { axis: [0, 1, 0], range: [-1.094, 0], damping: 0.1 },
    geoms: [rod('wrist', [0, -0.02, 0], [0, 0.02, 0], 0.01)],
  },
  {
    name: 'wrist_roll',
    joint: { axis: [1, 0, 0], range: [-1.5, 1.5], damping: 0.1 },
    geoms: [
      { ...rod('palm', [0, -0.1, 0], [0, 0.1, 0], 0.02), ...bumping },
      { ...rod('right_prong', [0, -0.1, 0], [0.1, -0.1, 0], 0.02), ...bumping },
      { ...rod('left_prong', [0, 0.1, 0], [0.1, 0.1, 0], 0.02), ...bumping },
    ],
  },
];

const tips: Body = {
  name: 'tips_arm',
  geoms: [ball('right_tip', [0.1, -0.1, 0], 0.01), ball('left_tip', [0.1, 0.1, 0], 0.01)],
};

function armOf([first, ...rest]: readonly Part[]): Body {
  if (first === undefined) return tips;
  const { name, x = 0, joint, geoms } = first;
  const joints = joint === undefined ? [] : [{ name: `r_${name}_joint`, ...joint }];
  return { name: `r_${name}_link`, pos: [x, 0, 0], joints, geoms, bodies: [armOf(rest)] };
}

const shoulder: Body = {
  name: 'r_shoulder_pan_link',
  pos: [0, -0.6, 0],
  joints: [{ name: 'r_shoulder_pan_joint', axis: [0, 0, 1], range: [-2.2854, 1.714602] }],
  geoms: [
    ball('right_eye', [-0.06, 0.05, 0.2], 0.05),
    ball('left_eye', [0.06, 0.05, 0.2], 0.05),
    ball('right_pupil', [-0.06, 0.09, 0.2], 0.03),
    ball('left_pupil', [0.06, 0.09, 0.2], 0.03),
    rod('trunk', [0, 0, -0.4], [0, 0, 0.2], 0.1),
  ],
  bodies: [armOf(parts)],
};

/** What lies on the table, and slides along y and x. */
function sliding(name: string, short: string, z: number, geom: Geom): Body {
  const slide = (along: string, axis: readonly number[]): Joint => {
    return { name: `${short}_slide${along}`, type: 'slide', axis, range: [-10.3213, 10.3], damping: 0.5 };
  };
  return {
    name,
    pos: [0.45, -0.05, z],
    joints: [slide('y', [0, 1, 0]), slide('x', [1, 0, 0])],
    geoms: [{ name, type: 'cylinder', ...geom }],
  };
}

/** An arm of seven joints beside a table, a puck and a goal: the model of Gymnasium's Pusher-v5. */
const pusher = mjcf({
  model: 'pusher',
  compiler: { inertiafromgeom: true },
  size: { memory: '100K' },
  option: { timestep: 0.01, gravity: [0, 0, 0], iterations: 20 },
  default: {
    joint: { armature: 0.04, damping: 1 },
    geom: { contype: 0, conaffinity: 0, condim: 1, density: 300, friction: [0.8, 0.1, 0.1], margin: 0.002 },
    motor: { ctrlrange: [-2, 2] },
  },
  geoms: [{ name: 'table', type: 'plane', pos: [0, 0.5, -0.325], size: [1, 1, 0.1], ...bumping }],
  bodies: [
    shoulder,
    sliding('object', 'obj', -0.275, { size: [0.05, 0.05, 0.05], density: 0.01, contype: 1 }),
    sliding('goal', 'goal', -0.323, { size: [0.08, 0.001, 0.1], density: 1e-5 }),
  ],
  motors: ['shoulder_pan', ...parts.filter(({ joint }) => joint !== undefined).map(({ name }) => name)].map((name) => ({
    name,
    joint: `r_${name}_joint`,
  })),
});
