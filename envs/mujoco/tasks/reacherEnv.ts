import { z } from 'zod';
import { parseOptions } from '../../../src/options/parse.ts';
import { portableMath } from '../../../src/portableMath.ts';
import { reacher } from '../models/reacher.ts';
import { MujocoEnv, type Scored } from '../mujocoEnv.ts';
import { bodyDistance, bodyOffset } from './bodyDistance.ts';
import { controlCost } from './controlCost.ts';
import { addUniform } from './noise.ts';
import { taskOptions } from './taskOptions.ts';

const { cos, sin } = portableMath;
/** How far off a target may be, m. */
const REACH = 0.2;

export const reacherOptions = z.strictObject({
  rewardDistWeight: taskOptions.weight(1, 'the distance to the target'),
  rewardControlWeight: taskOptions.weight(1, 'the cost of control'),
  frameSkip: taskOptions.frameSkip(2),
  xml: taskOptions.xml,
});

/** Options of {@link ReacherEnv}. */
export type ReacherOptions = z.input<typeof reacherOptions>;

/**
 * Gymnasium's Reacher-v5: bring the tip of an arm of two links to a target. Never terminates.
 *
 * - Observation: cosines of both joints, their sines, x and y of the target, velocities of both joints, and from the target to the tip x and
 *   y, `[10]`. The last two are as MuJoCo's last step of physics began.
 * - Action: torques of both joints, `[2]`, in [−1, 1].
 * - Reward: −`rewardDistWeight` · |tip − target| − `rewardControlWeight` · Σ a².
 * - Reset: joints ± U(0, 0.1), their velocities ± U(0, 0.005), a target that rests anywhere within 0.2 m.
 * - Info: `rewardDist`, `rewardCtrl`.
 *
 * A model of one's own has the joints of the arm first, those of the target last, and bodies named `fingertip` and `target`.
 *
 * @throws as {@link MujocoEnv} does, and for an unknown option or one out of range
 */
export class ReacherEnv extends MujocoEnv {
  readonly #options: z.output<typeof reacherOptions>;
  readonly #tip: number;
  readonly #target: number;

  constructor(options: ReacherOptions = {}) {
    const parsed = parseOptions('Reacher', reacherOptions, options);
    super({ name: 'Reacher', xml: parsed.xml ?? reacher, frameSkip: parsed.frameSkip, view: 'above' });
    this.#options = parsed;
    this.#tip = this.bodyId('fingertip');
    this.#target = this.bodyId('target');
  }

  protected override placeAtStart(qpos: Float64Array, qvel: Float64Array): void {
    const { rng } = this;
    addUniform(qpos, rng, 0.1);
    let [x, y] = [REACH, REACH];
    while (Math.sqrt(x * x + y * y) >= REACH) [x, y] = [rng.uniform(-REACH, REACH), rng.uniform(-REACH, REACH)];
    qpos.set([x, y], this.nq - 2);
    addUniform(qvel, rng, 0.005);
    qvel.fill(0, this.nv - 2);
  }

  protected override observe(): Float64Array {
    const { qpos, qvel } = this;
    const arm = qpos.subarray(0, 2);
    const [x, y] = bodyOffset(this.dataArray('xpos'), this.#target, this.#tip);
    return Float64Array.from([...arm.map(cos), ...arm.map(sin), ...qpos.subarray(2), ...qvel.subarray(0, 2), x, y]);
  }

  protected score(action: Float32Array): Scored {
    const { rewardDistWeight, rewardControlWeight } = this.#options;
    const rewardDist = -bodyDistance(this.dataArray('xpos'), this.#target, this.#tip) * rewardDistWeight;
    const rewardCtrl = -controlCost(rewardControlWeight, action);
    return { reward: rewardDist + rewardCtrl, info: { rewardDist, rewardCtrl } };
  }
}
