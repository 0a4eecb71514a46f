import { finiteNumbers } from './finiteNumbers.ts';

/**
 * P(X > Y) + ½ P(X = Y) for a run X of one algorithm and a run Y of another, each drawn at random: the Mann–Whitney U
 * statistic over the number of pairs (Agarwal et al. 2021, arXiv:2108.13264). ½ means no difference.
 *
 * @throws if either list is empty or holds a number that is not finite.
 */
export function probabilityOfImprovement(x: readonly number[], y: readonly number[]): number {
  finiteNumbers('probabilityOfImprovement', 'x', x);
  finiteNumbers('probabilityOfImprovement', 'y', y);
  let wins = 0;
  for (const a of x) {
    for (const b of y) wins += a > b ? 1 : a === b ? 0.5 : 0;
  }
  return wins / (x.length * y.length);
}
