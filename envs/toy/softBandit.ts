import { z } from 'zod';
import { checkOptions, parseOptions } from '../../src/options/parse.ts';
import { Rng } from '../../src/random.ts';
import type { Info } from '../core/env.ts';
import { checkCount } from '../core/options.ts';
import { Box } from '../core/spaces/box.ts';
import { BanditEnv } from './bandit.ts';
import { drawCurve } from './drawCurve.ts';

/** |a| below it is water. */
const shore = 0.5;

export const softBanditOptions = z.strictObject({
  penalty: z
    .number()
    .min(0)
    .max(1e6)
    .default(0)
    .meta({ description: 'what is taken from the reward of an action in the water, |a| < 0.5', unit: 'reward' }),
});

/** Options of {@link SoftBanditEnv}. */
export type SoftBanditOptions = z.input<typeof softBanditOptions>;

/**
 * The lake's choice in one number: the two banks a = ±1 are best, and equally good; between them is water.
 *
 * - Action: a, `[1]`, in [−4, 4]; beyond it counts as given.
 * - Reward: −½ (|a| − 1)², less `penalty` in the water, |a| < 0.5. `info.outcome`: `'water'`, `'right'` or `'left'`.
 *
 * With a temperature τ the soft optimum is the density ∝ exp(r(a) / τ), two equal humps. The best Gaussian is τ ln 2 of soft return
 * behind it while it keeps to one bank; from τ = 0.15 on its best mean, without penalty, is 0, in the water.
 */
export class SoftBanditEnv extends BanditEnv {
  readonly actionSpace = new Box({ low: -4, high: 4, shape: [1] });
  readonly penalty: number;

  /** @throws for an unknown option or one out of range. */
  constructor(options: SoftBanditOptions = {}) {
    super();
    this.penalty = parseOptions('SoftBandit', softBanditOptions, options).penalty;
  }

  reward(action: ArrayLike<number>): number {
    const offBank = Math.abs(action[0]!) - 1;
    return (isWater(action) ? -this.penalty : 0) - 0.5 * offBank * offBank;
  }

  render(): string {
    return drawCurve({
      reward: (a) => this.reward([a]),
      range: [-1.125 - Math.min(this.penalty, 2), 0],
      label: 'the reward of two banks with water between them',
      shore,
      action: this.last?.[0],
    });
  }

  protected override info(action: ArrayLike<number>): Info {
    return { outcome: isWater(action) ? 'water' : action[0]! > 0 ? 'right' : 'left' };
  }
}

function isWater(action: ArrayLike<number>): boolean {
  return Math.abs(action[0]!) < shore;
}

/**
 * Demonstrations that take either bank of {@link SoftBanditEnv}, in turns: actions ±1 + N(0, 0.2²). The Gaussian that fits them best,
 * N(0, 1.04), has 37.6 % of its mass in the water, they have 0.62 %.
 *
 * @returns `actions` `[count, 1]`, and `observations` `[count, 1]` of zeros.
 * @throws when `count` is not a positive integer.
 */
export function softBanditData(options: { count: number; rng: Rng }): {
  observations: Float32Array;
  actions: Float32Array;
} {
  const { count, rng } = checkOptions('softBanditData', options, { count: Number, rng: Rng });
  checkCount('softBanditData', 'count', count);
  const actions = Float32Array.from({ length: count }, (_, i) => rng.normal(i % 2 === 0 ? 1 : -1, 0.2));
  return { observations: new Float32Array(count), actions };
}
