import type { Bank, VectorEnv } from '../../../../envs/index.ts';
import type { Policy, Rng } from '../../../../src/index.ts';
import { measureWalks } from '../../walks/measureWalks.ts';
import { successAtK } from '../../walks/successAtK.ts';

const BANKS = ['upper', 'lower'] as const;
const TRIES = [1, 8] as const;

/**
 * A bank is blocked, and nobody tells the policy: how likely one of k walks, each with fresh draws, gets home, for the bank for which that is
 * least likely.
 * @param lakes makes so many lakes with a blocked bank
 * @param episodes walks for each bank, at least 8
 */
export function worstBank(
  lakes: (blocked: Bank) => (count: number) => VectorEnv,
  { policy, episodes, rng }: { policy: Policy; episodes: number; rng: Rng },
): Record<`worstBankAt${(typeof TRIES)[number]}`, number> {
  const successes = BANKS.map((bank) => {
    const { metrics } = measureWalks({ env: lakes(bank), policy, episodes, keep: 0, rng: rng.split(bank) });
    return Math.round(metrics.homeRate * episodes);
  });
  const at = (k: number) =>
    successAtK({ successes: Math.min(...successes), tries: episodes, k: Math.min(k, episodes) });
  return { worstBankAt1: at(TRIES[0]), worstBankAt8: at(TRIES[1]) };
}
