/**
 * KL(p ‖ q) = Σ pᵢ (log pᵢ − log qᵢ), nats, of a quadrature: how far the mean −log q of p's samples is above p's entropy. ∞ where q has
 * no density somewhere in p.
 * @param probabilities of the cells
 * @param logP log-densities of p at their centres
 * @param logQ those of q
 */
export function divergence(probabilities: ArrayLike<number>, logP: ArrayLike<number>, logQ: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < probabilities.length; i++) sum += probabilities[i]! * (logP[i]! - logQ[i]!);
  return sum;
}
