import { z } from 'zod';
import { parseOptions } from '../../../src/options/parse.ts';
import { pusher } from '../models/pusher.ts';
import { MujocoEnv, type Scored } from '../mujocoEnv.ts';
import { bodyDistance } from './bodyDistance.ts';
import { controlCost } from './controlCost.ts';
import { addUniform } from './noise.ts';
import { taskOptions } from './taskOptions.ts';

/** How many joints the arm has. */
const ARM = 7;
/** How near to the goal the puck may begin, m. */
const NEAREST = 0.17;

export const pusherOptions = z.strictObject({
  rewardNearWeight: taskOptions.weight(0.5, 'the distance from hand to puck'),
  rewardDistWeight: taskOptions.weight(1, 'the distance from puck to goal'),
  rewardControlWeight: taskOptions.weight(0.1, 'the cost of control'),
  frameSkip: taskOptions.frameSkip(5),
  xml: taskOptions.xml,
});

/** Options of {@link PusherEnv}. */
export type PusherOptions = z.input<typeof pusherOptions>;

/**
 * Gymnasium's Pusher-v5: push a puck to a goal with an arm of seven joints. Never terminates.
 *
 * - Observation: positions and velocities of the arm's joints, then the places of hand, puck and goal, `[23]`. The places are as MuJoCo's last
 *   step of physics began.
 * - Action: torques of the arm's joints, `[7]`, in [−2, 2].
 * - Reward: −`rewardNearWeight` · |puck − hand| − `rewardDistWeight` · |puck − goal| − `rewardControlWeight` · Σ a².
 * - Reset: the arm in the model's own pose, its velocities ± U(0, 0.005); the goal in its place, and the puck anywhere in 0.3 m × 0.4 m beside
 *   it, at least 0.17 m off.
 * - Info: `rewardDist`, `rewardCtrl`, `rewardNear`.
 *
 * A model of one's own has the joints of the arm first, those of puck and goal last, and bodies named `tips_arm`, `object` and `goal`.
 *
 * @throws as {@link MujocoEnv} does, and for an unknown option or one out of range
 */
export class PusherEnv extends MujocoEnv {
  readonly #options: z.output<typeof pusherOptions>;
  readonly #hand: number;
  readonly #puck: number;
  readonly #goal: number;

  constructor(options: PusherOptions = {}) {
    const parsed = parseOptions('Pusher', pusherOptions, options);
    super({ name: 'Pusher', xml: parsed.xml ?? pusher, frameSkip: parsed.frameSkip, view: 'above' });
    this.#options = parsed;
    [this.#hand, this.#puck, this.#goal] = ['tips_arm', 'object', 'goal'].map((name) => this.bodyId(name)) as [
      number,
      number,
      number,
    ];
  }

  protected override placeAtStart(qpos: Float64Array, qvel: Float64Array): void {
    const { rng } = this;
    let [y, x] = [0, 0];
    while (Math.sqrt(x * x + y * y) <= NEAREST) [y, x] = [rng.uniform(-0.3, 0), rng.uniform(-0.2, 0.2)];
    qpos.set([y, x, 0, 0], this.nq - 4);
    addUniform(qvel, rng, 0.005);
    qvel.fill(0, this.nv - 4);
  }

  protected override observe(): Float64Array {
    const xpos = this.dataArray('xpos');
    const places = [this.#hand, this.#puck, this.#goal].flatMap((body) => [...xpos.subarray(3 * body, 3 * body + 3)]);
    return Float64Array.from([...this.qpos.subarray(0, ARM), ...this.qvel.subarray(0, ARM), ...places]);
  }

  protected score(action: Float32Array): Scored {
    const { rewardNearWeight, rewardDistWeight, rewardControlWeight } = this.#options;
    const xpos = this.dataArray('xpos');
    const rewardNear = -bodyDistance(xpos, this.#hand, this.#puck) * rewardNearWeight;
    const rewardDist = -bodyDistance(xpos, this.#goal, this.#puck) * rewardDistWeight;
    const rewardCtrl = -controlCost(rewardControlWeight, action);
    return { reward: rewardDist + rewardCtrl + rewardNear, info: { rewardDist, rewardCtrl, rewardNear } };
  }
}
