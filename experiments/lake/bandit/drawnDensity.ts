import { type Policy, portableMath } from '../../../src/index.ts';
import { logProbsOnBandit } from './measureOnBandit.ts';

/** Where densities on a bandit are drawn: −2.5, −2.475, …, 2.5. */
export const DRAWN_ACTIONS: readonly number[] = Array.from({ length: 201 }, (_, i) => (i - 100) / 40);

/** π at {@link DRAWN_ACTIONS}, to four digits. */
export function drawnDensity(policy: Policy): number[] {
  return Array.from(logProbsOnBandit(policy, DRAWN_ACTIONS), (logProb) =>
    Number(portableMath.exp(logProb).toPrecision(4)),
  );
}
