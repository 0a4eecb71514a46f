import { z } from 'zod';
import { parseOptions } from '../../src/options/parse.ts';
import type { Info, ResetResult, Seed } from '../core/env.ts';
import { Box } from '../core/spaces/box.ts';
import { BanditEnv, type BanditState } from './bandit.ts';
import { drawCurve } from './drawCurve.ts';

/** The banks: 0.5 ≤ |a| ≤ 1.5, to the right and to the left. */
export const opponentBanks = { nearest: 0.5, farthest: 1.5 } as const;

const sides = ['right', 'left'] as const;
/** A bank of {@link OpponentBanditEnv}. */
export type BanditSide = (typeof sides)[number];

const blockings = ['none', ...sides, 'hidden', 'opponent'] as const;
/**
 * Which bank is blocked: none, one for good, one drawn anew for each episode (`'hidden'`), or the one used more so far
 * (`'opponent'`). No observation tells.
 */
export type BanditBlocking = (typeof blockings)[number];

export const opponentBanditOptions = z.strictObject({
  blocked: z
    .enum(blockings)
    .default('opponent')
    .describe(
      "which bank is blocked; one for good, one drawn anew for each episode ('hidden'), or the one used more so far ('opponent')",
    ),
  opponentRate: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe("the opponent's memory; the weight of the newest episode in its moving average"),
});

/** Options of {@link OpponentBanditEnv}. */
export type OpponentBanditOptions = z.input<typeof opponentBanditOptions>;

interface OpponentBanditState extends BanditState {
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
export class OpponentBanditEnv extends BanditEnv {
  readonly actionSpace = new Box({ low: -4, high: 4, shape: [1] });
  readonly blocking: BanditBlocking;
  readonly opponentRate: number;

  #blocked: BanditSide | undefined;
  #rightShare = 0.5;

  /** @throws for an unknown option or one out of range. */
  constructor(options: OpponentBanditOptions = {}) {
    super();
    const { blocked, opponentRate } = parseOptions('OpponentBandit', opponentBanditOptions, options);
    this.blocking = blocked;
    this.opponentRate = opponentRate;
  }

  reward(action: ArrayLike<number>): number {
    const side = sideOf(action);
    return side !== undefined && side !== this.#blocked ? 1 : 0;
  }

  protected override reseed(seed: Seed): void {
    super.reseed(seed);
    this.#rightShare = 0.5;
    this.last = undefined;
  }

  protected override begin(options: Record<string, unknown>): ResetResult {
    const used = this.last === undefined ? undefined : sideOf(this.last);
    if (used !== undefined) this.#rightShare += this.opponentRate * ((used === 'right' ? 1 : 0) - this.#rightShare);
    const begun = super.begin(options);
    this.#blocked = this.#blockedSide();
    return begun;
  }

  #blockedSide(): BanditSide | undefined {
    const { blocking } = this;
    if (blocking === 'none') return undefined;
    if (blocking === 'right' || blocking === 'left') return blocking;
    if (blocking === 'opponent' && this.#rightShare !== 0.5) return this.#rightShare > 0.5 ? 'right' : 'left';
    return this.rng.uniform() < 0.5 ? 'right' : 'left';
  }

  protected override info(action: ArrayLike<number>): Info {
    return { outcome: sideOf(action) ?? 'nowhere', blocked: this.#blocked };
  }

  render(): string {
    return drawCurve({
      reward: (a) => this.reward([a]),
      range: [0, 1],
      label: 'two banks, of which one may be blocked',
      shore: opponentBanks.nearest,
      action: this.last?.[0],
    });
  }

  override state(): OpponentBanditState {
    return { ...super.state(), blocked: this.#blocked, rightShare: this.#rightShare };
  }

  override setState({ blocked, rightShare, ...state }: OpponentBanditState): void {
    super.setState(state);
    this.#blocked = blocked;
    this.#rightShare = rightShare;
  }
}
