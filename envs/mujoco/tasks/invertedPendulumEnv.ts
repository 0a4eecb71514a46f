import { z } from 'zod';
import { parseOptions } from '../../../src/options/parse.ts';
import { invertedPendulum } from '../models/invertedPendulum.ts';
import { MujocoEnv, type Scored } from '../mujocoEnv.ts';
import { addUniform } from './noise.ts';
import { taskOptions } from './taskOptions.ts';

/** The tilt at which the pole counts as fallen, rad. */
const FALLEN = 0.2;

export const invertedPendulumOptions = z.strictObject({
  resetNoiseScale: taskOptions.resetNoiseScale(0.01),
  frameSkip: taskOptions.frameSkip(2),
  xml: taskOptions.xml,
});

/** Options of {@link InvertedPendulumEnv}. */
export type InvertedPendulumOptions = z.input<typeof invertedPendulumOptions>;

/**
 * Gymnasium's InvertedPendulum-v5: balance a pole on a cart.
 *
 * - Observation: place of the cart, tilt of the pole, and their velocities, `[4]`.
 * - Action: force on the cart, `[1]`, in [−3, 3].
 * - Reward: 1 while the pole stands, else 0.
 * - Terminates when |tilt| > 0.2 rad.
 * - Reset: positions and velocities ± U(0, `resetNoiseScale`).
 * - Info: `rewardSurvive`.
 *
 * @throws as {@link MujocoEnv} does, and for an unknown option or one out of range
 */
export class InvertedPendulumEnv extends MujocoEnv {
  readonly #resetNoiseScale: number;

  constructor(options: InvertedPendulumOptions = {}) {
    const {
      xml = invertedPendulum,
      frameSkip,
      resetNoiseScale,
    } = parseOptions('InvertedPendulum', invertedPendulumOptions, options);
    super({ name: 'InvertedPendulum', xml, frameSkip });
    this.#resetNoiseScale = resetNoiseScale;
  }

  protected override placeAtStart(qpos: Float64Array, qvel: Float64Array): void {
    addUniform(qpos, this.rng, this.#resetNoiseScale);
    addUniform(qvel, this.rng, this.#resetNoiseScale);
  }

  protected score(): Scored {
    const terminated = Math.abs(this.qpos[1]!) > FALLEN;
    const rewardSurvive = terminated ? 0 : 1;
    return { reward: rewardSurvive, terminated, info: { rewardSurvive } };
  }
}
