import type { Rng } from 'oxbow';
import type { Walk } from '../../agents/lake.ts';
import type { Bank } from '../../envs/lake/lakeMap.ts';
import { blockWalk } from './blockWalk.ts';

/** Walks of each policy in a round. */
export const ROUND = 20;
/** The weight of the newest walk in the opponent's moving average, as in the lake's own opponent. */
const OPPONENT_RATE = 0.1;

/** How the walks of a policy have ended, so far. */
export interface Score {
  readonly walks: number;
  readonly drowned: number;
  readonly home: Readonly<Record<Bank, number>>;
  /** How much it has used the upper bank, as the opponent remembers it. */
  readonly upperShare: number;
}

/** What a round was for a policy. */
export interface Round {
  readonly blocked: Bank;
  readonly walks: readonly Walk[];
  readonly score: Score;
}

export const noScore: Score = { walks: 0, drowned: 0, home: { upper: 0, lower: 0 }, upperShare: 0.5 };

/** The bank that an opponent blocks who remembers a policy: the one that it has used more; on a tie it draws. */
export function opponentBlocks({ upperShare }: Score, rng: Rng): Bank {
  if (upperShare === 0.5) return rng.uniform() < 0.5 ? 'upper' : 'lower';
  return upperShare > 0.5 ? 'upper' : 'lower';
}

/** A round: walks drawn from those that a policy has walked with both banks open, which nobody tells that one is blocked. */
export function playRound(pool: readonly Walk[], blocked: Bank, score: Score, rng: Rng): Round {
  const open = Array.from(rng.permutation(pool.length).slice(0, ROUND), (i) => pool[i]!);
  const walks = open.map((walk) => blockWalk(walk, blocked));
  const homeBy = (bank: Bank) => walks.filter((walk) => walk.outcome === 'home' && walk.bank === bank).length;
  let { upperShare } = score;
  for (const { bank } of open) if (bank !== null) upperShare += OPPONENT_RATE * (Number(bank === 'upper') - upperShare);
  return {
    blocked,
    walks,
    score: {
      walks: score.walks + walks.length,
      drowned: score.drowned + walks.filter(({ outcome }) => outcome === 'drowned').length,
      home: { upper: score.home.upper + homeBy('upper'), lower: score.home.lower + homeBy('lower') },
      upperShare,
    },
  };
}
