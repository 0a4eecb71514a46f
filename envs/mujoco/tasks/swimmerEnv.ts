import { z } from 'zod';
import { parseOptions } from '../../../src/options/parse.ts';
import type { Info } from '../../core/env.ts';
import { swimmer } from '../models/swimmer.ts';
import { MujocoEnv, type Scored } from '../mujocoEnv.ts';
import { controlCost } from './controlCost.ts';
import { addUniform } from './noise.ts';
import { poseAndVelocity } from './poseAndVelocity.ts';
import { taskOptions } from './taskOptions.ts';

export const swimmerOptions = z.strictObject({
  forwardRewardWeight: taskOptions.weight(1, 'the velocity'),
  ctrlCostWeight: taskOptions.weight(1e-4, 'the cost of control'),
  resetNoiseScale: taskOptions.resetNoiseScale(0.1),
  excludeCurrentPositionsFromObservation: taskOptions.excludeCurrentPositionsFromObservation(),
  frameSkip: taskOptions.frameSkip(4),
  xml: taskOptions.xml,
});

/** Options of {@link SwimmerEnv}. */
export type SwimmerOptions = z.input<typeof swimmerOptions>;

/**
 * Gymnasium's Swimmer-v5: swim to the right with three links. Never terminates.
 *
 * - Observation: positions without x and y, then velocities, `[8]`.
 * - Action: torques of the two joints, `[2]`, in [−1, 1].
 * - Reward: `forwardRewardWeight` · (x′ − x) / dt − `ctrlCostWeight` · Σ a², dt = 0.04 s.
 * - Reset: positions and velocities ± U(0, `resetNoiseScale`).
 * - Info: `xPosition`, `yPosition`, `distanceFromOrigin`, `xVelocity`, `yVelocity`, `rewardForward`, `rewardCtrl`.
 *
 * @throws as {@link MujocoEnv} does, and for an unknown option or one out of range
 */
export class SwimmerEnv extends MujocoEnv {
  readonly #options: z.output<typeof swimmerOptions>;
  #x = 0;
  #y = 0;

  constructor(options: SwimmerOptions = {}) {
    const parsed = parseOptions('Swimmer', swimmerOptions, options);
    super({ name: 'Swimmer', xml: parsed.xml ?? swimmer, frameSkip: parsed.frameSkip, view: 'above' });
    this.#options = parsed;
  }

  protected override placeAtStart(qpos: Float64Array, qvel: Float64Array): void {
    addUniform(qpos, this.rng, this.#options.resetNoiseScale);
    addUniform(qvel, this.rng, this.#options.resetNoiseScale);
  }

  protected override observe(): Float64Array {
    return poseAndVelocity(this.qpos, this.qvel, this.#options.excludeCurrentPositionsFromObservation ? 2 : 0);
  }

  #place(): Info {
    const [x, y] = this.qpos;
    return { xPosition: x, yPosition: y, distanceFromOrigin: Math.sqrt(x! * x! + y! * y!) };
  }

  protected override startInfo(): Info {
    return this.#place();
  }

  protected override beforeStep(): void {
    [this.#x, this.#y] = this.qpos as unknown as [number, number];
  }

  protected score(action: Float32Array): Scored {
    const { forwardRewardWeight, ctrlCostWeight } = this.#options;
    const { qpos, dt } = this;
    const xVelocity = (qpos[0]! - this.#x) / dt;
    const yVelocity = (qpos[1]! - this.#y) / dt;
    const rewardForward = forwardRewardWeight * xVelocity;
    const cost = controlCost(ctrlCostWeight, action);
    return {
      reward: rewardForward - cost,
      info: { ...this.#place(), xVelocity, yVelocity, rewardForward, rewardCtrl: -cost },
    };
  }
}
