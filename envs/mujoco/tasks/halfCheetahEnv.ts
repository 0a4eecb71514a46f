import { z } from 'zod';
import { parseOptions } from '../../../src/options/parse.ts';
import type { Info } from '../../core/env.ts';
import { halfCheetah } from '../models/halfCheetah.ts';
import { MujocoEnv, type Scored } from '../mujocoEnv.ts';
import { controlCost } from './controlCost.ts';
import { addNormal, addUniform } from './noise.ts';
import { poseAndVelocity } from './poseAndVelocity.ts';
import { taskOptions } from './taskOptions.ts';

export const halfCheetahOptions = z.strictObject({
  forwardRewardWeight: taskOptions.weight(1, 'the velocity'),
  ctrlCostWeight: taskOptions.weight(0.1, 'the cost of control'),
  resetNoiseScale: taskOptions.resetNoiseScale(0.1),
  excludeCurrentPositionsFromObservation: taskOptions.excludeCurrentPositionsFromObservation(),
  frameSkip: taskOptions.frameSkip(5),
  xml: taskOptions.xml,
});

/** Options of {@link HalfCheetahEnv}. */
export type HalfCheetahOptions = z.input<typeof halfCheetahOptions>;

/**
 * Gymnasium's HalfCheetah-v5: run to the right as fast as you can. Never terminates.
 *
 * - Observation: positions without x, then velocities, `[17]`.
 * - Action: torques of back and front thigh, shin and foot, `[6]`, in [−1, 1].
 * - Reward: `forwardRewardWeight` · (x′ − x) / dt − `ctrlCostWeight` · Σ a², dt = 0.05 s.
 * - Reset: positions ± U(0, `resetNoiseScale`), velocities + `resetNoiseScale` · N(0, 1).
 * - Info: `xPosition`, `xVelocity`, `rewardForward`, `rewardCtrl`.
 *
 * @throws as {@link MujocoEnv} does, and for an unknown option or one out of range
 */
export class HalfCheetahEnv extends MujocoEnv {
  readonly #options: z.output<typeof halfCheetahOptions>;
  #x = 0;

  constructor(options: HalfCheetahOptions = {}) {
    const parsed = parseOptions('HalfCheetah', halfCheetahOptions, options);
    super({ name: 'HalfCheetah', xml: parsed.xml ?? halfCheetah, frameSkip: parsed.frameSkip });
    this.#options = parsed;
  }

  protected override placeAtStart(qpos: Float64Array, qvel: Float64Array): void {
    addUniform(qpos, this.rng, this.#options.resetNoiseScale);
    addNormal(qvel, this.rng, this.#options.resetNoiseScale);
  }

  protected override observe(): Float64Array {
    return poseAndVelocity(this.qpos, this.qvel, this.#options.excludeCurrentPositionsFromObservation ? 1 : 0);
  }

  protected override startInfo(): Info {
    return { xPosition: this.qpos[0] };
  }

  protected override beforeStep(): void {
    this.#x = this.qpos[0]!;
  }

  protected score(action: Float32Array): Scored {
    const { forwardRewardWeight, ctrlCostWeight } = this.#options;
    const xPosition = this.qpos[0]!;
    const xVelocity = (xPosition - this.#x) / this.dt;
    const rewardForward = forwardRewardWeight * xVelocity;
    const cost = controlCost(ctrlCostWeight, action);
    return { reward: rewardForward - cost, info: { xPosition, xVelocity, rewardForward, rewardCtrl: -cost } };
  }
}
