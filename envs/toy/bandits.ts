import { z } from 'zod';
import { show } from '../../src/options/describe.ts';
import { checkCount, checkOptions, parseOptions } from '../../src/options/parse.ts';
import { portableMath } from '../../src/portableMath.ts';
import { Rng } from '../../src/random.ts';
import { Box, clamp } from '../../src/spaces/box.ts';
import { RememberingEnv } from '../core/baseEnv.ts';
import type { Info, ResetResult, Seed, StepResult } from '../core/env.ts';
import { checkOptionNames } from '../core/options.ts';
import { Drawing } from '../drawing/drawing.ts';
import { blockedSide, opponentOptions } from '../lake/lakeEnv.ts';

/** What is left of a bandit between two calls. */
interface BanditMemory {
  /** The last action; undefined before it. */
  last?: readonly number[] | undefined;
}

/**
 * A task of one step: an action, a reward, the end. The observation is always [0]. A subclass gives the action space and the reward.
 */
export abstract class BanditEnv<Memory extends BanditMemory = BanditMemory> extends RememberingEnv<
  Memory,
  Float32Array,
  Float32Array
> {
  readonly observationSpace = new Box({ low: -1, high: 1, shape: [1] });
  abstract override readonly actionSpace: Box;

  /** The mean reward of an action, `[actionSize]`. */
  abstract reward(action: ArrayLike<number>): number;

  protected memory = { last: undefined } as Memory;

  /** Standard deviation of the normal noise on the reward. */
  protected readonly noise: number = 0;

  /** What to tell about an action beside its reward. */
  protected info(_action: ArrayLike<number>): Info {
    return {};
  }

  protected begin(options: Record<string, unknown>): ResetResult {
    checkOptionNames(`${this.constructor.name}.reset`, options, []);
    this.memory.last = undefined;
    return [new Float32Array(1), {}];
  }

  /** @throws for an action that is not finite. */
  step(action: Float32Array): StepResult {
    this.checkLength(action);
    const { size } = this.actionSpace;
    for (let i = 0; i < size; i++) {
      if (!Number.isFinite(action[i])) {
        const name = this.constructor.name;
        throw new Error(`${name}: step() got the action ${show(action)}, expected ${size} finite numbers`);
      }
    }
    this.memory.last = Array.from(action);
    const noise = this.noise === 0 ? 0 : this.rng.normal(0, this.noise);
    return [new Float32Array(1), this.reward(action) + noise, true, false, this.info(action)];
  }
}

export const bumpBanditOptions = z.strictObject({
  width: z
    .number()
    .min(0.001)
    .max(1000)
    .default(0.3)
    .describe('w, the standard deviation of the bumps, whose centers are at ±1'),
});

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
  constructor(options: z.input<typeof bumpBanditOptions> = {}) {
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
    const highest = Math.max(this.reward([0]), this.reward([1]));
    return drawCurve(this, this.memory.last, { range: [0, highest], label: 'two bumps of reward' });
  }

  protected override info(action: ArrayLike<number>): Info {
    return { outcome: action[0]! > 0 ? 'right' : 'left' };
  }
}

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
  constructor(options: z.input<typeof softBanditOptions> = {}) {
    super();
    this.penalty = parseOptions('SoftBandit', softBanditOptions, options).penalty;
  }

  reward(action: ArrayLike<number>): number {
    const offBank = Math.abs(action[0]!) - 1;
    return (isWater(action) ? -this.penalty : 0) - 0.5 * offBank * offBank;
  }

  render(): string {
    const label = 'the reward of two banks with water between them';
    return drawCurve(this, this.memory.last, { range: [-1.125 - Math.min(this.penalty, 2), 0], label, shore });
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

/** The banks: 0.5 ≤ |a| ≤ 1.5, to the right and to the left. */
export const opponentBanks = { nearest: 0.5, farthest: 1.5 } as const;

const sides = ['right', 'left'] as const;
/** A bank of {@link OpponentBanditEnv}. */
type BanditSide = (typeof sides)[number];

export const opponentBanditOptions = z.strictObject({
  blocked: z
    .enum(['none', ...sides, 'hidden', 'opponent'])
    .default('opponent')
    .describe(opponentOptions.meaningOfBlocked),
  opponentRate: opponentOptions.opponentRate,
});

interface OpponentBanditMemory extends BanditMemory {
  blocked: BanditSide | undefined;
  rightShare: number;
}

/** The bank that an action is on. */
function sideOf(action: ArrayLike<number>): BanditSide | undefined {
  const { nearest, farthest } = opponentBanks;
  const distance = Math.abs(action[0]!);
  if (distance < nearest || distance > farthest) return undefined;
  return action[0]! > 0 ? 'right' : 'left';
}

/**
 * Two banks, one of which is blocked.
 *
 * - Action: a, `[1]`, in [−4, 4]; beyond it counts as given. The right bank is 0.5 ≤ a ≤ 1.5, the left one its mirror image.
 * - Reward: 1 on a bank that is free, else 0. `info.outcome`: `'right'`, `'left'` or `'nowhere'`; `info.blocked`: the blocked bank.
 *
 * The opponent keeps a moving average of how often the right bank was used (an episode counts where it was on a bank) and blocks the
 * one used more; on a tie it draws. `reset({ seed })` makes it forget.
 *
 * Against the worst side a policy is worth the lesser of the probabilities of its banks: ½ where it has two modes, at most 0.242 for a
 * Gaussian, N(0, 1 / ln 3).
 */
export class OpponentBanditEnv extends BanditEnv<OpponentBanditMemory> {
  readonly actionSpace = new Box({ low: -4, high: 4, shape: [1] });
  /** As of a lake: no observation tells. */
  readonly blocking: z.output<typeof opponentBanditOptions>['blocked'];
  readonly opponentRate: number;
  protected override memory: OpponentBanditMemory = { last: undefined, blocked: undefined, rightShare: 0.5 };

  /** @throws for an unknown option or one out of range. */
  constructor(options: z.input<typeof opponentBanditOptions> = {}) {
    super();
    const { blocked, opponentRate } = parseOptions('OpponentBandit', opponentBanditOptions, options);
    this.blocking = blocked;
    this.opponentRate = opponentRate;
  }

  reward(action: ArrayLike<number>): number {
    const side = sideOf(action);
    return side !== undefined && side !== this.memory.blocked ? 1 : 0;
  }

  protected override reseed(seed: Seed): void {
    super.reseed(seed);
    this.memory.rightShare = 0.5;
    this.memory.last = undefined;
  }

  protected override begin(options: Record<string, unknown>): ResetResult {
    const { memory } = this;
    const used = memory.last && sideOf(memory.last);
    if (used !== undefined) memory.rightShare += this.opponentRate * ((used === 'right' ? 1 : 0) - memory.rightShare);
    const begun = super.begin(options);
    memory.blocked = blockedSide(this.blocking, sides, memory.rightShare, this.rng);
    return begun;
  }

  protected override info(action: ArrayLike<number>): Info {
    return { outcome: sideOf(action) ?? 'nowhere', blocked: this.memory.blocked };
  }

  render(): string {
    const label = 'two banks, of which one may be blocked';
    return drawCurve(this, this.memory.last, { range: [0, 1], label, shore: opponentBanks.nearest });
  }
}

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
  constructor(options: z.input<typeof fourCornerBanditOptions> = {}) {
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
    const [x, y] = this.memory.last ?? [];
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

const left = -2.5;
const right = 2.5;
const height = 2.4;
const points = 200;

interface Curve {
  /** The rewards at the bottom and at the top. */
  range: readonly [low: number, high: number];
  label: string;
  /** |a| below it is drawn as water. */
  shore?: number;
}

/** The mean reward of a bandit with one number as action, and where the last action lies on it. */
function drawCurve(
  bandit: Pick<BanditEnv, 'reward'>,
  [action]: readonly number[] = [],
  { range: [low, high], label, shore }: Curve,
): string {
  const at = (a: number) => [a, (clamp((bandit.reward([a]) - low) / (high - low), 0, 1) * height) as number] as const;
  const drawing = new Drawing({ x: [left - 0.1, right + 0.1], y: [-0.4, height + 0.15], label });
  if (shore !== undefined) drawing.rect([-shore, 0], [shore, height + 0.1], { fill: 'water' });
  const curve = Array.from({ length: points + 1 }, (_, i) => at(left + ((right - left) * i) / points));
  drawing.line([left, 0], [right, 0], { stroke: 'faint', width: 1 });
  for (const a of [-2, -1, 0, 1, 2]) drawing.text([a, -0.22], String(a).replace('-', '−'));
  drawing.polyline(curve, { stroke: 'muted', width: 1.5 });
  if (action !== undefined) drawing.circle(at(clamp(action, left, right)), 0.08, { fill: 'ink' });
  return drawing.toString();
}
