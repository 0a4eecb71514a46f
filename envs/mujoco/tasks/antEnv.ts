import { z } from 'zod';
import { clamp } from '../../../src/spaces/box.ts';
import { type Body, mjcf } from '../mjcf.ts';
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

const radius = 0.08;
/** Of the two horizontal coordinates of a joint: a leg goes off along a diagonal. */
const step = 0.2;

interface Leg {
  readonly name: string;
  readonly number: number;
  /** Signs of the diagonal along which it stands. */
  readonly x: 1 | -1;
  readonly y: 1 | -1;
}

const legs: readonly Leg[] = [
  { name: 'front_left_leg', number: 1, x: 1, y: 1 },
  { name: 'front_right_leg', number: 2, x: -1, y: 1 },
  { name: 'back_leg', number: 3, x: -1, y: -1 },
  { name: 'right_back_leg', number: 4, x: 1, y: -1 },
];

/** A part that does not move on the torso, one that turns about z at the hip, and one that bends at the ankle. */
function legOf({ name, number, x, y }: Leg): Body {
  const bone = (part: string, length: number) => ({
    name: `${part}_${number}`,
    type: 'capsule' as const,
    fromto: [0, 0, 0, length * x, length * y, 0],
    size: [radius],
  });
  const pos = [step * x, step * y, 0];
  return {
    name,
    geoms: [bone('hip', step)],
    bodies: [
      {
        name: `upper_${number}`,
        pos,
        joints: [{ name: `hip_${number}`, axis: [0, 0, 1], range: [-30, 30] }],
        geoms: [bone('upper', step)],
        bodies: [
          {
            name: `lower_${number}`,
            pos,
            joints: [{ name: `ankle_${number}`, axis: [-x * y, 1, 0], range: x > 0 ? [30, 70] : [-70, -30] }],
            geoms: [bone('lower', 2 * step)],
          },
        ],
      },
    ],
  };
}

/** A ball on four legs, after Schulman et al. (2015), arXiv:1506.02438: the model of Gymnasium's Ant-v5. */
const ant = mjcf({
  model: 'ant',
  compiler: { angle: 'degree', inertiafromgeom: true },
  size: { memory: '250K' },
  option: { timestep: 0.01, integrator: 'RK4' },
  default: {
    joint: { armature: 1, damping: 1, limited: true },
    geom: { conaffinity: 0, condim: 3, density: 5, friction: [1, 0.5, 0.5], margin: 0.01 },
    motor: { ctrlrange: [-1, 1], gear: 150 },
  },
  geoms: [{ name: 'floor', type: 'plane', conaffinity: 1, size: [40, 40, 40] }],
  bodies: [
    {
      name: 'torso',
      pos: [0, 0, 0.75],
      joints: [{ name: 'root', type: 'free', armature: 0, damping: 0, limited: false, margin: 0.01 }],
      geoms: [{ name: 'torso', type: 'sphere', size: [0.25] }],
      bodies: legs.map(legOf),
    },
  ],
  motors: [4, 1, 2, 3].flatMap((number) => [{ joint: `hip_${number}` }, { joint: `ankle_${number}` }]),
});
