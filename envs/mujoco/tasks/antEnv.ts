import { z } from 'zod';
import { clamp } from '../../../src/spaces/box.ts';
import { type Body, type Geom, type Joint, type Motor, mjcf } from '../mjcf.ts';
import { addNormal, ForwardTask, joined, sumOfSquares, taskOptions } from './robotTask.ts';

export const antOptions = z.strictObject({
  forwardRewardWeight: taskOptions.weight(1, 'the velocity'),
  ctrlCostWeight: taskOptions.weight(0.5, 'the cost of control'),
  contactCostWeight: taskOptions.weight(5e-4, 'the cost of contact'),
  healthyReward: taskOptions.healthyReward(1),
  mainBody: z
    .union([z.int().min(0), z.string().min(1)])
    .default(1)
    .describe('the body whose velocity is rewarded, by name or number'),
  terminateWhenUnhealthy: taskOptions.terminateWhenUnhealthy(),
  healthyZRange: taskOptions.range(0.2, 1, 'in which the height of the torso is healthy, m'),
  contactForceRange: taskOptions.range(-1, 1, 'to which forces of contact are clipped, N and N·m'),
  resetNoiseScale: taskOptions.resetNoiseScale(0.1),
  excludeCurrentPositionsFromObservation: taskOptions.excludeCurrentPositionsFromObservation(),
  includeCfrcExtInObservation: taskOptions.include('the forces of contact on each body'),
  frameSkip: taskOptions.frameSkip(5),
  xml: taskOptions.xml,
});

/**
 * Gymnasium's Ant-v5: walk to the right on four legs.
 *
 * - Observation: positions without x and y, velocities, then torque and force of contact on each body, clipped to `contactForceRange`, `[105]`.
 * - Action: torques of hip and ankle of the legs right back, front left, front right and back, `[8]`, in [−1, 1].
 * - Reward: `forwardRewardWeight` · (x′ − x) / dt + `healthyReward` while healthy − `ctrlCostWeight` · Σ a² − `contactCostWeight` · Σ f², where x is
 *   `mainBody`'s as MuJoCo's last step of physics began, f are the clipped forces of contact, dt = 0.05 s.
 * - Terminates when unhealthy: the height is outside of its range.
 * - Reset: positions ± U(0, `resetNoiseScale`), velocities + `resetNoiseScale` · N(0, 1).
 * - Info: `xPosition`, `yPosition`, `distanceFromOrigin`, `xVelocity`, `yVelocity`, `rewardForward`, `rewardCtrl`, `rewardContact`, `rewardSurvive`.
 *
 * @throws as {@link MujocoEnv} does, for an unknown option or one out of range, and for a `mainBody` that the model has not
 */
export class AntEnv extends ForwardTask<typeof antOptions> {
  readonly #mainBody: number;

  constructor(options: z.input<typeof antOptions> = {}) {
    super({ name: 'Ant', schema: antOptions, model: ant, hidden: 2, startVelocity: addNormal }, options);
    this.#mainBody = this.bodyId(this.options.mainBody);
  }

  /** Of all bodies, the world's too. */
  #contactForces(): Float64Array {
    const [low, high] = this.options.contactForceRange;
    return this.dataArray('cfrc_ext').map((force) => clamp(force, low, high));
  }

  protected override observe(): Float64Array {
    const observation = super.observe();
    if (!this.options.includeCfrcExtInObservation) return observation;
    return joined([observation, this.#contactForces().subarray(6)]);
  }

  protected override computedPoint(): [x: number, y: number] {
    const xpos = this.dataArray('xpos');
    return [xpos[3 * this.#mainBody]!, xpos[3 * this.#mainBody + 1]!];
  }

  protected override isHealthy(): boolean {
    const [low, high] = this.options.healthyZRange;
    const z = this.qpos[2]!;
    return low <= z && z <= high;
  }

  protected override contactCost(): number {
    return this.options.contactCostWeight * sumOfSquares(this.#contactForces());
  }
}

/** A leg of an ant: a part that does not move on the torso, one that turns at the hip, and one that bends at the ankle. */
export function antLeg(
  /** Signs of the diagonal along which it stands. */
  [x, y]: readonly [x: number, y: number],
  bodies: readonly [leg: string, upper: string, lower: string],
  bones: readonly [hip: string, upper: string, lower: string],
  [hip, ankle]: readonly [hip: Joint, ankle: Joint],
): Body {
  const bone = (part: 0 | 1 | 2, length: number): Geom => {
    return { name: bones[part], type: 'capsule', fromto: [0, 0, 0, length * x, length * y, 0], size: [0.08] };
  };
  const pos = [0.2 * x, 0.2 * y, 0];
  const lower: Body = { name: bodies[2], pos, joints: [ankle], geoms: [bone(2, 0.4)] };
  const upper: Body = { name: bodies[1], pos, joints: [hip], geoms: [bone(1, 0.2)], bodies: [lower] };
  return { name: bodies[0], geoms: [bone(0, 0.2)], bodies: [upper] };
}

/** A ball on four legs, after Schulman et al. (2015), arXiv:1506.02438. */
export function antModel(ant: {
  readonly model: string;
  readonly memory: string;
  readonly integrator: 'RK4' | 'implicitfast';
  /** s */
  readonly timestep?: number;
  readonly gear: number;
  readonly legs: readonly Body[];
  readonly motors: readonly Motor[];
  /** Whether each joint says so. */
  readonly limited?: boolean;
  /** What all shapes have beside Gymnasium's. */
  readonly shape?: Geom;
  /** How the floor differs from Gymnasium's. */
  readonly floor?: Geom;
  /** What else there is, and stands still. */
  readonly land?: readonly Geom[];
  /** Bodies beside the ant. */
  readonly others?: readonly Body[];
}): string {
  return mjcf({
    model: ant.model,
    compiler: { angle: 'degree', inertiafromgeom: true },
    size: { memory: ant.memory },
    option: { timestep: ant.timestep ?? 0.01, integrator: ant.integrator },
    default: {
      joint: { armature: 1, damping: 1, ...(ant.limited && { limited: true }) },
      geom: { conaffinity: 0, condim: 3, density: 5, friction: [1, 0.5, 0.5], margin: 0.01, ...ant.shape },
      motor: { ctrlrange: [-1, 1], gear: ant.gear },
    },
    geoms: [{ name: 'floor', type: 'plane', conaffinity: 1, size: [40, 40, 40], ...ant.floor }, ...(ant.land ?? [])],
    bodies: [
      {
        name: 'torso',
        pos: [0, 0, 0.75],
        joints: [{ name: 'root', type: 'free', armature: 0, damping: 0, limited: false, margin: 0.01 }],
        geoms: [{ name: 'torso', type: 'sphere', size: [0.25] }],
        bodies: ant.legs,
      },
      ...(ant.others ?? []),
    ],
    motors: ant.motors,
  });
}

const legs = [
  ['front_left_leg', 1, 1],
  ['front_right_leg', -1, 1],
  ['back_leg', -1, -1],
  ['right_back_leg', 1, -1],
] as const;

/** Those of Gymnasium's ant: anticlockwise from front and left, where motors begin with the last. */
export const gymnasiumLegs = {
  limited: true,
  legs: legs.map(([name, x, y], i) => {
    const n = i + 1;
    const hip = { name: `hip_${n}`, axis: [0, 0, 1], range: [-30, 30] };
    const ankle = { name: `ankle_${n}`, axis: [-x * y, 1, 0], range: x > 0 ? [30, 70] : [-70, -30] };
    return antLeg([x, y], [name, `upper_${n}`, `lower_${n}`], [`hip_${n}`, `upper_${n}`, `lower_${n}`], [hip, ankle]);
  }),
  motors: [4, 1, 2, 3].flatMap((n) => [{ joint: `hip_${n}` }, { joint: `ankle_${n}` }]),
};

/** The model of Gymnasium's Ant-v5. */
const ant = antModel({ model: 'ant', memory: '250K', integrator: 'RK4', gear: 150, ...gymnasiumLegs });
