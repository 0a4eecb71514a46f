import { z } from 'zod';
import { parseOptions } from '../../../src/options/parse.ts';
import { portableMath } from '../../../src/portableMath.ts';
import { clamp } from '../../core/clamp.ts';
import { invertedDoublePendulum } from '../models/invertedDoublePendulum.ts';
import { MujocoEnv, type Scored } from '../mujocoEnv.ts';
import { addNormal, addUniform } from './noise.ts';
import { taskOptions } from './taskOptions.ts';

const { cos, sin } = portableMath;
/** The height of the tip at which the poles count as fallen, m; upright it is at 1.2. */
const FALLEN = 1;

export const invertedDoublePendulumOptions = z.strictObject({
  healthyReward: taskOptions.healthyReward(10),
  resetNoiseScale: taskOptions.resetNoiseScale(0.1),
  frameSkip: taskOptions.frameSkip(5),
  xml: taskOptions.xml,
});

/** Options of {@link InvertedDoublePendulumEnv}. */
export type InvertedDoublePendulumOptions = z.input<typeof invertedDoublePendulumOptions>;

/**
 * Gymnasium's InvertedDoublePendulum-v5: balance a pole on a pole on a cart.
 *
 * - Observation: place of the cart, sines of both angles, their cosines, velocities of the cart and of both angles, each in [−10, 10], and the
 *   force of the rail's ends on the cart, in [−10, 10], `[9]`. The force is as MuJoCo's last step of physics began.
 * - Action: force on the cart, `[1]`, in [−1, 1].
 * - Reward: `healthyReward` while the poles stand − 0.01 x² − (z − 2)² − 10⁻³ v₁² − 5 · 10⁻³ v₂², where x and z are the tip's as MuJoCo's last
 *   step of physics began, and v₁ and v₂ the velocities of the angles.
 * - Terminates when z ≤ 1 m.
 * - Reset: positions ± U(0, `resetNoiseScale`), velocities + `resetNoiseScale` · N(0, 1).
 * - Info: `rewardSurvive`, `distancePenalty`, `velocityPenalty`.
 *
 * A model of one's own has the tip as its first site.
 *
 * @throws as {@link MujocoEnv} does, and for an unknown option or one out of range
 */
export class InvertedDoublePendulumEnv extends MujocoEnv {
  readonly #options: z.output<typeof invertedDoublePendulumOptions>;

  constructor(options: InvertedDoublePendulumOptions = {}) {
    const parsed = parseOptions('InvertedDoublePendulum', invertedDoublePendulumOptions, options);
    super({
      name: 'InvertedDoublePendulum',
      xml: parsed.xml ?? invertedDoublePendulum,
      frameSkip: parsed.frameSkip,
    });
    this.#options = parsed;
  }

  protected override placeAtStart(qpos: Float64Array, qvel: Float64Array): void {
    addUniform(qpos, this.rng, this.#options.resetNoiseScale);
    addNormal(qvel, this.rng, this.#options.resetNoiseScale);
  }

  protected override observe(): Float64Array {
    const { qpos, qvel } = this;
    const angles = qpos.subarray(1);
    const bounded = (x: number) => clamp(x, -10, 10);
    const force = this.dataArray('qfrc_constraint')[0]!;
    return Float64Array.from([qpos[0]!, ...angles.map(sin), ...angles.map(cos), ...qvel.map(bounded), bounded(force)]);
  }

  protected score(): Scored {
    const [x, , z] = this.dataArray('site_xpos');
    const [, v1, v2] = this.qvel;
    const terminated = z! <= FALLEN;
    const rewardSurvive = terminated ? 0 : this.#options.healthyReward;
    const distance = 0.01 * (x! * x!) + (z! - 2) * (z! - 2);
    const velocity = 1e-3 * (v1! * v1!) + 5e-3 * (v2! * v2!);
    return {
      reward: rewardSurvive - distance - velocity,
      terminated,
      info: { rewardSurvive, distancePenalty: -distance, velocityPenalty: -velocity },
    };
  }
}
