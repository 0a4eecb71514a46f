import { z } from 'zod';
import { checkOptions, parseOptions } from '../../src/options/parse.ts';
import { Rng } from '../../src/random.ts';
import { clamp } from '../core/clamp.ts';
import type { Info } from '../core/env.ts';
import { checkCount } from '../core/options.ts';
import { Box } from '../core/spaces/box.ts';
import { Drawing } from '../drawing/drawing.ts';
import { BanditEnv } from './bandit.ts';

/** The corners with their mean rewards. */
export const fourCorners = [
  { name: 'upper left', x: -0.8, y: 0.8, reward: 3 },
  { name: 'lower left', x: -0.8, y: -0.8, reward: 0 },
  { name: 'upper right', x: 0.8, y: 0.8, reward: 1.5 },
  { name: 'lower right', x: 0.8, y: -0.8, reward: 5 },
] as const;
/** The standard deviations of the actions about their corner, and of the rewards about their mean. */
const actionDeviation = 0.05;
const rewardDeviation = 0.5;
/** Farther off a corner than this an action earns nothing: three deviations, and a little. */
const reach = 0.2;

export const fourCornerBanditOptions = z.strictObject({});

/** Options of {@link FourCornerBanditEnv}: none. */
export type FourCornerBanditOptions = z.input<typeof fourCornerBanditOptions>;

function squaredDistance(action: ArrayLike<number>, corner: (typeof fourCorners)[number]): number {
  const dx = action[0]! - corner.x;
  const dy = action[1]! - corner.y;
  return dx * dx + dy * dy;
}

function cornerOf(action: ArrayLike<number>): (typeof fourCorners)[number] | undefined {
  return fourCorners.find((corner) => squaredDistance(action, corner) <= reach * reach);
}

/**
 * Four corners (±0.8, ±0.8) that pay 3, 0, 1.5 and 5 in the mean, with a deviation of 0.5; nothing is paid between them.
 *
 * - Action: a, `[2]`, in [−1, 1]². Reward: that of the corner within 0.2, else 0, and noise. `info.outcome`: the corner's name.
 *
 * It is meant for learning from data, {@link fourCornerData}: a policy must fit four modes to do better than their mean.
 * Wang, Hunt and Zhou, Diffusion Policies as an Expressive Policy Class for Offline Reinforcement Learning, 2023, arXiv:2208.06193.
 */
export class FourCornerBanditEnv extends BanditEnv {
  readonly actionSpace = new Box({ low: -1, high: 1, shape: [2] });
  protected override readonly noise = rewardDeviation;

  /** @throws for an option: it has none. */
  constructor(options: FourCornerBanditOptions = {}) {
    super();
    parseOptions('FourCornerBandit', fourCornerBanditOptions, options);
  }

  reward(action: ArrayLike<number>): number {
    return cornerOf(action)?.reward ?? 0;
  }

  render(): string {
    const drawing = new Drawing({
      x: [-1.1, 1.1],
      y: [-1.1, 1.1],
      label: 'four corners with their rewards',
      width: 280,
    });
    for (const { x, y, reward: paid } of fourCorners) {
      drawing
        .circle([x, y], reach, { stroke: 'ink', width: 1, dash: '3 2' })
        .text([x, y - 0.27 * Math.sign(y)], String(paid));
    }
    const [x, y] = this.last ?? [];
    if (x !== undefined && y !== undefined) drawing.circle([x, y], 0.04, { fill: 'ink' });
    return drawing.toString();
  }

  protected override info(action: ArrayLike<number>): Info {
    return { outcome: cornerOf(action)?.name ?? 'nowhere' };
  }
}

/**
 * Recorded play of {@link FourCornerBanditEnv}: each corner equally often, the actions N(corner, 0.05²) clipped to ±1.
 *
 * @returns `actions` `[count, 2]`, `rewards` `[count]`, and `observations` `[count, 1]` of zeros.
 * @throws when `count` is not a positive integer.
 */
export function fourCornerData(options: { count: number; rng: Rng }): {
  observations: Float32Array;
  actions: Float32Array;
  rewards: Float64Array;
} {
  const { count, rng } = checkOptions('fourCornerData', options, { count: Number, rng: Rng });
  checkCount('fourCornerData', 'count', count);
  const actions = new Float32Array(2 * count);
  const rewards = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const corner = fourCorners[i % fourCorners.length]!;
    actions[2 * i] = clamp(rng.normal(corner.x, actionDeviation), -1, 1);
    actions[2 * i + 1] = clamp(rng.normal(corner.y, actionDeviation), -1, 1);
    rewards[i] = rng.normal(corner.reward, rewardDeviation);
  }
  return { observations: new Float32Array(count), actions, rewards };
}
