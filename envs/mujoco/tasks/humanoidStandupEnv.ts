import { z } from 'zod';
import { parseOptions } from '../../../src/options/parse.ts';
import type { Info } from '../../core/env.ts';
import { humanoidStandup } from '../models/humanoidStandup.ts';
import type { Scored } from '../mujocoEnv.ts';
import { HumanoidTask, humanoidTaskOptions } from './humanoidTask.ts';
import { taskOptions } from './taskOptions.ts';

export const humanoidStandupOptions = z.strictObject({
  uphCostWeight: taskOptions.weight(1, 'nothing: Gymnasium has this option, and does not use it'),
  ctrlCostWeight: taskOptions.weight(0.1, 'the cost of control'),
  impactCostWeight: taskOptions.weight(5e-7, 'the cost of impact'),
  impactCostRange: taskOptions.range(-1e6, 10, 'to which the cost of impact is clipped'),
  ...humanoidTaskOptions,
});

/** Options of {@link HumanoidStandupEnv}. */
export type HumanoidStandupOptions = z.input<typeof humanoidStandupOptions>;

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
export class HumanoidStandupEnv extends HumanoidTask {
  readonly #options: z.output<typeof humanoidStandupOptions>;

  constructor(options: HumanoidStandupOptions = {}) {
    const parsed = parseOptions('HumanoidStandup', humanoidStandupOptions, options);
    super({ name: 'HumanoidStandup', xml: parsed.xml ?? humanoidStandup, frameSkip: parsed.frameSkip }, parsed);
    this.#options = parsed;
  }

  protected override place(): Info {
    return { ...super.place(), zDistanceFromOrigin: this.qpos[2]! - this.initQpos[2]! };
  }

  protected override startInfo(): Info {
    return this.place();
  }

  protected score(): Scored {
    const { ctrlCostWeight, impactCostWeight, impactCostRange } = this.#options;
    const rewardLinup = this.qpos[2]! / this.timestep;
    const ctrlCost = this.controlCost(ctrlCostWeight);
    const impactCost = this.contactCost(impactCostWeight, impactCostRange);
    return {
      reward: rewardLinup - ctrlCost - impactCost + 1,
      info: { ...this.place(), rewardLinup, rewardQuadctrl: -ctrlCost, rewardImpact: -impactCost },
    };
  }
}
