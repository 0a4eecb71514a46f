import { opponentBanks } from '../../../../envs/index.ts';
import { type Policy, portableMath } from '../../../../src/index.ts';
import { logProbsOnBandit } from '../../bandit/measureOnBandit.ts';
import { normalCdf } from '../../bandit/normalCdf.ts';

/** The number of cells of each bank. */
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

const { nearest, farthest } = opponentBanks;

/** The mass that N(0, σ²) has on either bank of OpponentBandit-v0: Φ(farthest / σ) − Φ(nearest / σ). */
export function gaussianBankMass(deviation: number): number {
  return normalCdf(farthest / deviation) - normalCdf(nearest / deviation);
}

/**
 * The Gaussian with the greatest minimax value. Its mean is 0, since one that leaves 0 takes from the bank that it leaves. Its mass on
 * a bank is greatest where farthest · φ(farthest / σ) = nearest · φ(nearest / σ), that is
 * σ² = (farthest² − nearest²) / (2 ln(farthest / nearest)), here 1 / ln 3.
 */
export function bestMinimaxGaussian(): { deviation: number; value: number } {
  const deviation = Math.sqrt((farthest ** 2 - nearest ** 2) / (2 * portableMath.log(farthest / nearest)));
  return { deviation, value: gaussianBankMass(deviation) };
}
