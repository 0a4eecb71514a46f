import { z } from 'zod';
import { parseOptions } from '../../src/options/parse.ts';
import { portableMath } from '../../src/portableMath.ts';
import type { Info } from '../core/env.ts';
import { Box } from '../core/spaces/box.ts';
import { BanditEnv } from './bandit.ts';
import { drawCurve } from './drawCurve.ts';

export const bumpBanditOptions = z.strictObject({
  width: z
    .number()
    .min(0.001)
    .max(1000)
    .default(0.3)
    .describe('w, the standard deviation of the bumps, whose centers are at ±1'),
});

/** Options of {@link BumpBanditEnv}. */
export type BumpBanditOptions = z.input<typeof bumpBanditOptions>;

/**
 * Two Gaussian bumps of reward, at ±1.
 *
 * - Action: a, `[1]`, in [−4, 4]; beyond it counts as given.
 * - Reward: exp(−(a − 1)² / 2w²) + exp(−(a + 1)² / 2w²). `info.outcome`: `'right'` or `'left'`.
 *
 * For a Gaussian policy of a fixed σ the mean 0, between the bumps, maximizes the return exactly when w² + σ² ≥ 1.
 */
export class BumpBanditEnv extends BanditEnv {
  readonly actionSpace = new Box({ low: -4, high: 4, shape: [1] });
  readonly width: number;

  /** @throws for an unknown option or one out of range. */
  constructor(options: BumpBanditOptions = {}) {
    super();
    this.width = parseOptions('BumpBandit', bumpBanditOptions, options).width;
  }

  reward(action: ArrayLike<number>): number {
    return this.#bump(action[0]! - 1) + this.#bump(action[0]! + 1);
  }

  #bump(distance: number): number {
    const x = distance / this.width;
    return portableMath.exp(-0.5 * x * x);
  }

  render(): string {
    const label = 'two bumps of reward';
    const highest = Math.max(this.reward([0]), this.reward([1]));
    return drawCurve({ reward: (a) => this.reward([a]), range: [0, highest], label, action: this.last?.[0] });
  }

  protected override info(action: ArrayLike<number>): Info {
    return { outcome: action[0]! > 0 ? 'right' : 'left' };
  }
}
