import { z } from 'zod';
import { parseOptions } from '../../../src/options/parseOptions.ts';
import { clamp } from '../../core/clamp.ts';
import type { Info } from '../../core/env.ts';
import { hopper } from '../models/hopper.ts';
import { MujocoEnv, type Scored } from '../mujocoEnv.ts';
import { controlCost } from './controlCost.ts';
import { addUniform } from './noise.ts';
import { taskOptions } from './taskOptions.ts';

export const hopperOptions = z.strictObject({
  forwardRewardWeight: taskOptions.weight(1, 'the velocity'),
  ctrlCostWeight: taskOptions.weight(1e-3, 'the cost of control'),
  healthyReward: taskOptions.healthyReward(1),
  terminateWhenUnhealthy: taskOptions.terminateWhenUnhealthy(),
  healthyStateRange: taskOptions.range(-100, 100, 'in which all positions but x and z and all velocities are healthy'),
  healthyZRange: taskOptions.range(0.7, 1e6, 'in which the height of the torso is healthy, m'),
  healthyAngleRange: taskOptions.range(-0.2, 0.2, 'in which the tilt of the torso is healthy, rad'),
  resetNoiseScale: taskOptions.resetNoiseScale(5e-3),
  excludeCurrentPositionsFromObservation: taskOptions.excludeCurrentPositionsFromObservation(),
  frameSkip: taskOptions.frameSkip(4),
  xml: taskOptions.xml,
});

/** Options of {@link HopperEnv}. */
export type HopperOptions = z.input<typeof hopperOptions>;

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
export class HopperEnv extends MujocoEnv {
  readonly #options: z.output<typeof hopperOptions>;
  #x = 0;

  constructor(options: HopperOptions = {}) {
    const parsed = parseOptions('Hopper', hopperOptions, options);
    super({ name: 'Hopper', xml: parsed.xml ?? hopper, frameSkip: parsed.frameSkip });
    this.#options = parsed;
  }

  protected override placeAtStart(qpos: Float64Array, qvel: Float64Array): void {
    addUniform(qpos, this.rng, this.#options.resetNoiseScale);
    addUniform(qvel, this.rng, this.#options.resetNoiseScale);
  }

  protected override observe(): Float64Array {
    const { qvel, nq } = this;
    const skipped = this.#options.excludeCurrentPositionsFromObservation ? 1 : 0;
    const observation = new Float64Array(nq - skipped + qvel.length);
    observation.set(this.qpos.subarray(skipped));
    for (let i = 0; i < qvel.length; i++) observation[nq - skipped + i] = clamp(qvel[i]!, -10, 10);
    return observation;
  }

  #place(): Info {
    const { qpos } = this;
    return { xPosition: qpos[0], zDistanceFromOrigin: qpos[1]! - this.initQpos[1]! };
  }

  protected override startInfo(): Info {
    return this.#place();
  }

  protected override beforeStep(): void {
    this.#x = this.qpos[0]!;
  }

  #isHealthy(): boolean {
    const { qpos, qvel } = this;
    const { healthyStateRange, healthyZRange, healthyAngleRange } = this.#options;
    const [low, high] = healthyStateRange;
    const isInside = (x: number) => low < x && x < high;
    return (
      qpos.subarray(2).every(isInside) &&
      qvel.every(isInside) &&
      healthyZRange[0] < qpos[1]! &&
      qpos[1]! < healthyZRange[1] &&
      healthyAngleRange[0] < qpos[2]! &&
      qpos[2]! < healthyAngleRange[1]
    );
  }

  protected score(action: Float32Array): Scored {
    const { forwardRewardWeight, ctrlCostWeight, healthyReward, terminateWhenUnhealthy } = this.#options;
    const xVelocity = (this.qpos[0]! - this.#x) / this.dt;
    const isHealthy = this.#isHealthy();
    const rewardForward = forwardRewardWeight * xVelocity;
    const rewardSurvive = isHealthy ? healthyReward : 0;
    const cost = controlCost(ctrlCostWeight, action);
    return {
      reward: rewardForward + rewardSurvive - cost,
      terminated: !isHealthy && terminateWhenUnhealthy,
      info: { ...this.#place(), xVelocity, rewardForward, rewardCtrl: -cost, rewardSurvive },
    };
  }
}
