import { z } from 'zod';
import { parseOptions } from '../../../src/options/parse.ts';
import type { Info } from '../../core/env.ts';
import { humanoid } from '../models/humanoid.ts';
import type { Scored } from '../mujocoEnv.ts';
import { pairwiseSum } from '../pairwiseSum.ts';
import { HumanoidTask, humanoidTaskOptions } from './humanoidTask.ts';
import { taskOptions } from './taskOptions.ts';

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

/** Options of {@link HumanoidEnv}. */
export type HumanoidOptions = z.input<typeof humanoidOptions>;

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
export class HumanoidEnv extends HumanoidTask {
  readonly #options: z.output<typeof humanoidOptions>;
  readonly #masses: Float64Array;
  readonly #mass: number;
  /** The centre of mass: not where `qpos` has it, but where MuJoCo last computed it. */
  #x = 0;
  #y = 0;

  constructor(options: HumanoidOptions = {}) {
    const parsed = parseOptions('Humanoid', humanoidOptions, options);
    super({ name: 'Humanoid', xml: parsed.xml ?? humanoid, frameSkip: parsed.frameSkip }, parsed);
    this.#options = parsed;
    this.#masses = this.modelArray('body_mass');
    this.#mass = pairwiseSum(this.#masses);
  }

  protected override place(): Info {
    const [x, y] = this.qpos;
    return { ...super.place(), distanceFromOrigin: Math.sqrt(x! * x! + y! * y!) };
  }

  #keepCentre(): void {
    const xipos = this.dataArray('xipos');
    let [x, y] = [0, 0];
    for (let i = 0; i < this.#masses.length; i++) {
      x += this.#masses[i]! * xipos[3 * i]!;
      y += this.#masses[i]! * xipos[3 * i + 1]!;
    }
    this.#x = x / this.#mass;
    this.#y = y / this.#mass;
  }

  protected override startInfo(): Info {
    this.#keepCentre();
    return this.place();
  }

  protected score(): Scored {
    const { forwardRewardWeight, ctrlCostWeight, contactCostWeight, contactCostRange } = this.#options;
    const { healthyReward, healthyZRange, terminateWhenUnhealthy } = this.#options;
    const [x, y] = [this.#x, this.#y];
    this.#keepCentre();
    const xVelocity = (this.#x - x) / this.dt;
    const yVelocity = (this.#y - y) / this.dt;
    const z = this.qpos[2]!;
    const isHealthy = healthyZRange[0] < z && z < healthyZRange[1];
    const rewardForward = forwardRewardWeight * xVelocity;
    const rewardSurvive = isHealthy ? healthyReward : 0;
    const ctrlCost = this.controlCost(ctrlCostWeight);
    const contactCost = this.contactCost(contactCostWeight, contactCostRange);
    return {
      reward: rewardForward + rewardSurvive - (ctrlCost + contactCost),
      terminated: !isHealthy && terminateWhenUnhealthy,
      info: {
        ...this.place(),
        xVelocity,
        yVelocity,
        rewardForward,
        rewardCtrl: -ctrlCost,
        rewardContact: -contactCost,
        rewardSurvive,
      },
    };
  }

  protected override moreState(): number[] {
    return [this.#x, this.#y];
  }

  protected override setMoreState([x, y]: readonly number[]): void {
    this.#x = x!;
    this.#y = y!;
  }
}
