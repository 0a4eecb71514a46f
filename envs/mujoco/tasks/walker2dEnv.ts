import { z } from 'zod';
import { parseOptions } from '../../../src/options/parse.ts';
import { walker2d } from '../models/walker2d.ts';
import { PlanarLegsTask, planarLegsOptions } from './planarLegsTask.ts';

const { healthyZRange, healthyAngleRange } = planarLegsOptions;

export const walker2dOptions = z.strictObject({
  ...planarLegsOptions,
  healthyZRange: healthyZRange(0.8, 2),
  healthyAngleRange: healthyAngleRange(-1, 1),
});

/** Options of {@link Walker2dEnv}. */
export type Walker2dOptions = z.input<typeof walker2dOptions>;

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
export class Walker2dEnv extends PlanarLegsTask {
  constructor(options: Walker2dOptions = {}) {
    const parsed = parseOptions('Walker2d', walker2dOptions, options);
    super({ name: 'Walker2d', xml: parsed.xml ?? walker2d, frameSkip: parsed.frameSkip }, parsed);
  }
}
