import { opponentBanks } from '../../../../envs/index.ts';
import { type Policy, portableMath } from '../../../../src/index.ts';
import { logProbsOnBandit } from '../../bandit/measureOnBandit.ts';

/** Of each bank. */
const CELLS = 2000;

/** The probabilities of the two banks of OpponentBandit-v0, by the midpoint rule. The lesser is the policy's minimax value. */
export function bankMasses(policy: Policy): { left: number; right: number } {
  const { nearest, farthest } = opponentBanks;
  const width = (farthest - nearest) / CELLS;
  const right = Float64Array.from({ length: CELLS }, (_, i) => nearest + (i + 0.5) * width);
  const mass = (actions: Float64Array) =>
    Array.from(logProbsOnBandit(policy, actions)).reduce((sum, logProb) => sum + portableMath.exp(logProb) * width, 0);
  return { left: mass(right.map((action) => -action)), right: mass(right) };
}
