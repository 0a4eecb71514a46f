import { z } from 'zod';
import { parseOptions } from '../../../src/options/parse.ts';
import { hopper } from '../models/hopper.ts';
import { PlanarLegsTask, planarLegsOptions } from './planarLegsTask.ts';
import { taskOptions } from './taskOptions.ts';

const { healthyZRange, healthyAngleRange } = planarLegsOptions;

export const hopperOptions = z.strictObject({
  ...planarLegsOptions,
  healthyStateRange: taskOptions.range(-100, 100, 'in which all positions but x and z and all velocities are healthy'),
  healthyZRange: healthyZRange(0.7, 1e6),
  healthyAngleRange: healthyAngleRange(-0.2, 0.2),
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
export class HopperEnv extends PlanarLegsTask {
  readonly #healthy: readonly [number, number];

  constructor(options: HopperOptions = {}) {
    const parsed = parseOptions('Hopper', hopperOptions, options);
    super({ name: 'Hopper', xml: parsed.xml ?? hopper, frameSkip: parsed.frameSkip }, parsed);
    this.#healthy = parsed.healthyStateRange;
  }

  protected override isHealthy(): boolean {
    const [low, high] = this.#healthy;
    const isInside = (x: number) => low < x && x < high;
    return this.qpos.subarray(2).every(isInside) && this.qvel.every(isInside) && super.isHealthy();
  }
}
