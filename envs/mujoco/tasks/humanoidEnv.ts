import { z } from 'zod';
import type { Info } from '../../core/env.ts';
import { type Body, type Geom, type Joint, type Motor, mjcf } from '../mjcf.ts';
import type { Scored } from '../mujocoEnv.ts';
import { ForwardTask, joined, pairwiseSum, RobotTask, sumOfSquares, taskOptions } from './robotTask.ts';

/** The options that both tasks of the humanoid have. */
const humanoidTaskOptions = {
  resetNoiseScale: taskOptions.resetNoiseScale(1e-2),
  excludeCurrentPositionsFromObservation: taskOptions.excludeCurrentPositionsFromObservation(),
  includeCinertInObservation: taskOptions.include('mass and inertia of each body'),
  includeCvelInObservation: taskOptions.include('the velocity of each body'),
  includeQfrcActuatorInObservation: taskOptions.include('the torques of the motors'),
  includeCfrcExtInObservation: taskOptions.include('the forces of contact on each body'),
  frameSkip: taskOptions.frameSkip(5),
  xml: taskOptions.xml,
};

type Read = (array: 'cinert' | 'cvel' | 'qfrc_actuator' | 'cfrc_ext' | 'ten_length' | 'ten_velocity') => Float64Array;

const schema = z.object(humanoidTaskOptions);

/** What is observed of the bodies, without the world's numbers, and of torques, without those of the free joint. */
function observedParts(options: z.output<typeof schema>, read: Read): Float64Array[] {
  const parts = [];
  if (options.includeCinertInObservation) parts.push(read('cinert').subarray(10));
  if (options.includeCvelInObservation) parts.push(read('cvel').subarray(6));
  if (options.includeQfrcActuatorInObservation) parts.push(read('qfrc_actuator').subarray(6));
  if (options.includeCfrcExtInObservation) parts.push(read('cfrc_ext').subarray(6));
  return parts;
}

/** x and y, and what the tendons from hip to knee do. */
function placeOf([x, y]: Float64Array, read: Read): Info {
  return {
    xPosition: x,
    yPosition: y,
    tendonLength: Array.from(read('ten_length')),
    tendonVelocity: Array.from(read('ten_velocity')),
  };
}

/** weight · Σ f² of the forces of contact, clipped. */
function contactCost(weight: number, [low, high]: readonly [number, number], read: Read): number {
  return Math.min(Math.max(weight * sumOfSquares(read('cfrc_ext')), low), high);
}

export const humanoidOptions = z.strictObject({
  forwardRewardWeight: taskOptions.weight(1.25, 'the velocity'),
  ctrlCostWeight: taskOptions.weight(0.1, 'the cost of control'),
  contactCostWeight: taskOptions.weight(5e-7, 'the cost of contact'),
  contactCostRange: taskOptions.range(-1e6, 10, 'to which the cost of contact is clipped'),
  healthyReward: taskOptions.healthyReward(5),
  terminateWhenUnhealthy: taskOptions.terminateWhenUnhealthy(),
  healthyZRange: taskOptions.range(1, 2, 'in which the height of the torso is healthy, m'),
  ...humanoidTaskOptions,
});

/**
 * Gymnasium's Humanoid-v5: walk to the right on two legs.
 *
 * - Observation: positions without x and y, velocities; of each body inertia, velocity; the motors' torques; torque and force of contact on each
 *   body, `[348]`.
 * - Action: torques of abdomen, right leg, left leg, right arm, left arm, `[17]`, in [−0.4, 0.4].
 * - Reward: `forwardRewardWeight` · (x′ − x) / dt + `healthyReward` while healthy − `ctrlCostWeight` · Σ a² − `contactCostWeight` · Σ f²,
 *   where x is the centre of mass as MuJoCo's last step of physics began, the last term is clipped to `contactCostRange`, dt = 0.015 s.
 * - Terminates when unhealthy: the height is outside of its range.
 * - Reset: positions and velocities ± U(0, `resetNoiseScale`).
 * - Info: `xPosition`, `yPosition`, `tendonLength` and `tendonVelocity` of left and right, `distanceFromOrigin`, `xVelocity`, `yVelocity`,
 *   `rewardForward`, `rewardCtrl`, `rewardContact`, `rewardSurvive`.
 *
 * @throws as {@link MujocoEnv} does, and for an unknown option or one out of range
 */
export class HumanoidEnv extends ForwardTask<typeof humanoidOptions> {
  readonly #masses: Float64Array;
  readonly #mass: number;
  readonly #read: Read = (array) => this.dataArray(array);

  constructor(options: z.input<typeof humanoidOptions> = {}) {
    super({ name: 'Humanoid', schema: humanoidOptions, model: humanoid, hidden: 2 }, options);
    this.#masses = this.modelArray('body_mass');
    this.#mass = pairwiseSum(this.#masses);
  }

  protected override observe(): Float64Array {
    return joined([super.observe(), ...observedParts(this.options, this.#read)]);
  }

  protected override place(): Info {
    const { distanceFromOrigin } = super.place();
    return { ...placeOf(this.qpos, this.#read), distanceFromOrigin };
  }

  /** The centre of mass. */
  protected override computedPoint(): [x: number, y: number] {
    const xipos = this.dataArray('xipos');
    let [x, y] = [0, 0];
    for (let i = 0; i < this.#masses.length; i++) {
      x += this.#masses[i]! * xipos[3 * i]!;
      y += this.#masses[i]! * xipos[3 * i + 1]!;
    }
    return [x / this.#mass, y / this.#mass];
  }

  protected override isHealthy(): boolean {
    const [low, high] = this.options.healthyZRange;
    const z = this.qpos[2]!;
    return low < z && z < high;
  }

  /** Of the controls, in float64. */
  protected override controlCost(): number {
    return this.options.ctrlCostWeight * sumOfSquares(this.dataArray('ctrl'));
  }

  protected override contactCost(): number {
    return contactCost(this.options.contactCostWeight, this.options.contactCostRange, this.#read);
  }
}

export const humanoidStandupOptions = z.strictObject({
  uphCostWeight: taskOptions.weight(1, 'nothing: Gymnasium has this option, and does not use it'),
  ctrlCostWeight: taskOptions.weight(0.1, 'the cost of control'),
  impactCostWeight: taskOptions.weight(5e-7, 'the cost of impact'),
  impactCostRange: taskOptions.range(-1e6, 10, 'to which the cost of impact is clipped'),
  ...humanoidTaskOptions,
});

/**
 * Gymnasium's HumanoidStandup-v5: stand up from lying on the back. Never terminates.
 *
 * - Observation and action: as {@link HumanoidEnv}.
 * - Reward: z / t + 1 − `ctrlCostWeight` · Σ a² − `impactCostWeight` · Σ f², where z is the height of the torso, t = 0.003 s one step of physics, f
 *   are the forces of contact, and the last term is clipped to `impactCostRange`.
 * - Reset: positions and velocities ± U(0, `resetNoiseScale`).
 * - Info: `xPosition`, `yPosition`, `zDistanceFromOrigin`, `tendonLength` and `tendonVelocity` of left and right, `rewardLinup`, `rewardQuadctrl`,
 *   `rewardImpact`.
 *
 * @throws as {@link MujocoEnv} does, and for an unknown option or one out of range
 */
export class HumanoidStandupEnv extends RobotTask<typeof humanoidStandupOptions> {
  readonly #read: Read = (array) => this.dataArray(array);

  constructor(options: z.input<typeof humanoidStandupOptions> = {}) {
    const settings = { name: 'HumanoidStandup', schema: humanoidStandupOptions, model: humanoidStandup };
    super({ ...settings, hidden: 2 }, options);
  }

  protected override observe(): Float64Array {
    return joined([super.observe(), ...observedParts(this.options, this.#read)]);
  }

  protected override place(): Info {
    return { ...placeOf(this.qpos, this.#read), zDistanceFromOrigin: this.qpos[2]! - this.initQpos[2]! };
  }

  protected score(): Scored {
    const { ctrlCostWeight, impactCostWeight, impactCostRange } = this.options;
    const rewardLinup = this.qpos[2]! / this.timestep;
    const ctrlCost = ctrlCostWeight * sumOfSquares(this.dataArray('ctrl'));
    const impactCost = contactCost(impactCostWeight, impactCostRange, this.#read);
    return {
      reward: rewardLinup - ctrlCost - impactCost + 1,
      info: { ...this.place(), rewardLinup, rewardQuadctrl: -ctrlCost, rewardImpact: -impactCost },
    };
  }
}

/** A place in the plane y = 0. */
type InPlane = readonly [x: number, z: number];

/** Where the parts of the body are when all joints are at 0, each in the frame of the part on which it hangs. */
type Pose = typeof upright;

/** +1 is left. */
type Side = 1 | -1;

const nameOf = (side: Side) => (side === 1 ? 'left' : 'right');

/** A capsule across the body, from its right to its left. */
function across(name: string, [x, z]: InPlane, half: number, radius: number): Geom {
  return { name, type: 'capsule', fromto: [x, -half, z, x, half, z], size: [radius] };
}

/** A leg with three joints at the hip and one at the knee; right and left differ a little. */
function leg(side: Side, { hip, thigh, knee, shin, ankle, leftHipRange }: Pose): Body {
  const isLeft = side === 1;
  const name = nameOf(side);
  const sideways = 0.01 * -side;
  const atHip: Joint = { armature: 0.01, damping: 5, stiffness: 10 };
  return {
    name: `${name}_thigh`,
    pos: [hip[0], 0.1 * side, hip[1]],
    joints: [
      { ...atHip, name: `${name}_hip_x`, axis: [-side, 0, 0], range: [-25, 5] },
      { ...atHip, name: `${name}_hip_z`, axis: [0, 0, -side], range: [-60, 35] },
      {
        ...atHip,
        name: `${name}_hip_y`,
        axis: [0, 1, 0],
        range: isLeft ? leftHipRange : [-110, 20],
        stiffness: 20,
        ...(!isLeft && { armature: 0.008 }),
      },
    ],
    geoms: [{ name: `${name}_thigh`, type: 'capsule', fromto: [0, 0, 0, thigh[0], sideways, thigh[1]], size: [0.06] }],
    bodies: [
      {
        name: `${name}_shin`,
        pos: [knee[0], sideways, knee[1]],
        joints: [
          {
            name: `${name}_knee`,
            axis: [0, -1, 0],
            pos: [0, 0, 0.02],
            range: [-160, -2],
            armature: 0.006,
            stiffness: isLeft ? 1 : 0,
          },
        ],
        geoms: [{ name: `${name}_shin`, type: 'capsule', fromto: [0, 0, 0, shin[0], 0, shin[1]], size: [0.049] }],
        bodies: [
          {
            name: `${name}_foot`,
            pos: [ankle[0], 0, ankle[1]],
            geoms: [{ name: `${name}_foot`, type: 'sphere', pos: [0, 0, 0.1], size: [0.075] }],
          },
        ],
      },
    ],
  };
}

/** An arm with two joints at the shoulder and one at the elbow. */
function arm(side: Side): Body {
  const name = nameOf(side);
  const range = side === 1 ? [-60, 85] : [-85, 60];
  const mirrored = (length: number, y: number, z: number) => [length, length * y, length * z];
  return {
    name: `${name}_upper_arm`,
    pos: [0, 0.17 * side, 0.06],
    joints: [
      { name: `${name}_shoulder1`, axis: [2, -side, 1], range, armature: 0.0068, stiffness: 1 },
      { name: `${name}_shoulder2`, axis: [0, side, 1], range, armature: 0.0051, stiffness: 1 },
    ],
    geoms: [
      { name: `${name}_upper_arm`, type: 'capsule', fromto: [0, 0, 0, ...mirrored(0.16, side, -1)], size: [0.04] },
    ],
    bodies: [
      {
        name: `${name}_lower_arm`,
        pos: mirrored(0.18, side, -1),
        joints: [{ name: `${name}_elbow`, axis: [0, -1, -side], range: [-90, 50], armature: 0.0028 }],
        geoms: [
          {
            name: `${name}_lower_arm`,
            type: 'capsule',
            fromto: [...mirrored(0.01, -side, 1), ...mirrored(0.17, -side, 1)],
            size: [0.031],
          },
          { name: `${name}_hand`, type: 'sphere', pos: mirrored(0.18, -side, 1), size: [0.04] },
        ],
      },
    ],
  };
}

function abdomen(axis: 'x' | 'y' | 'z', height: number, range: readonly [number, number], stiffness: number): Joint {
  const unit = (['x', 'y', 'z'] as const).map((a) => (a === axis ? 1 : 0));
  return { name: `abdomen_${axis}`, axis: unit, pos: [0, 0, height], range, armature: 0.02, damping: 5, stiffness };
}

const right: Side = -1;
const left: Side = 1;
/** As published, from one part of the trunk to the next. */
const bent = [1, 0, -0.002, 0];
const motor = (joint: string, gear: number): Motor => ({ name: joint, joint, gear });

/** The humanoid of Tassa, Erez, Todorov (2012), 39 kg, whose zero is the given pose. */
function humanoidIn(model: string, pose: Pose): string {
  const { height, head, upperWaist, lowerWaist, pelvis } = pose;
  return mjcf({
    model,
    compiler: { angle: 'degree', inertiafromgeom: true },
    size: { memory: '800K' },
    option: { timestep: 0.003, integrator: 'RK4', solver: 'PGS', iterations: 50 },
    default: {
      joint: { armature: 1, damping: 1, limited: true },
      geom: { contype: 1, conaffinity: 1, condim: 1, margin: 0.001 },
      motor: { ctrlrange: [-0.4, 0.4] },
    },
    geoms: [{ name: 'floor', type: 'plane', condim: 3, friction: [1, 0.1, 0.1], size: [20, 20, 0.125] }],
    bodies: [
      {
        name: 'torso',
        pos: [0, 0, height],
        joints: [{ name: 'root', type: 'free', armature: 0, damping: 0, limited: false }],
        geoms: [
          across('torso', [0, 0], 0.07, 0.07),
          { name: 'head', type: 'sphere', pos: [head[0], 0, head[1]], size: [0.09] },
          across('upper_waist', upperWaist, 0.06, 0.06),
        ],
        bodies: [
          {
            name: 'lower_waist',
            pos: [lowerWaist[0], 0, lowerWaist[1]],
            quat: bent,
            joints: [abdomen('z', 0.065, [-45, 45], 20), abdomen('y', 0.065, [-75, 30], 10)],
            geoms: [across('lower_waist', [0, 0], 0.06, 0.06)],
            bodies: [
              {
                name: 'pelvis',
                pos: [pelvis[0], 0, pelvis[1]],
                quat: bent,
                joints: [abdomen('x', 0.1, [-35, 35], 10)],
                geoms: [across('pelvis', [-0.02, 0], 0.07, 0.09)],
                bodies: [leg(right, pose), leg(left, pose)],
              },
            ],
          },
          arm(right),
          arm(left),
        ],
      },
    ],
    tendons: [left, right].map(nameOf).map((side) => ({
      name: `${side}_hip_knee`,
      joints: [
        { joint: `${side}_hip_y`, coef: -1 },
        { joint: `${side}_knee`, coef: 1 },
      ],
    })),
    motors: [
      ...['y', 'z', 'x'].map((axis) => motor(`abdomen_${axis}`, 100)),
      ...[right, left]
        .map(nameOf)
        .flatMap((side) => [
          motor(`${side}_hip_x`, 100),
          motor(`${side}_hip_z`, 100),
          motor(`${side}_hip_y`, 300),
          motor(`${side}_knee`, 200),
        ]),
      ...[right, left]
        .map(nameOf)
        .flatMap((side) => ['shoulder1', 'shoulder2', 'elbow'].map((joint) => motor(`${side}_${joint}`, 25))),
    ],
  });
}

const at = (x: number, z: number): InPlane => [x, z];
const upright = {
  /** Of the torso, m. */
  height: 1.4,
  head: at(0, 0.19),
  upperWaist: at(-0.01, -0.12),
  lowerWaist: at(-0.01, -0.26),
  pelvis: at(0, -0.165),
  hip: at(0, -0.04),
  /** The ends of the bones, the joints a little beyond them. */
  thigh: at(0, -0.34),
  knee: at(0, -0.403),
  shin: at(0, -0.3),
  ankle: at(0, -0.45),
  /** Of the left hip about y, degrees. */
  leftHipRange: [-110, 20],
};

/** Upright: the model of Gymnasium's Humanoid-v5. */
export const humanoid = humanoidIn('humanoid', upright);

/** On its back: the model of Gymnasium's HumanoidStandup-v5. */
const humanoidStandup = humanoidIn('humanoid standup', {
  height: 0.105,
  head: [-0.15, 0],
  upperWaist: [0.11, 0],
  lowerWaist: [0.21, 0],
  pelvis: [0.165, 0],
  hip: [0, 0],
  thigh: [0.34, 0],
  knee: [0.403, 0],
  shin: [0.3, 0],
  ankle: [0.35, -0.1],
  leftHipRange: [-120, 20],
});
