/**
 * Makes the rewards of a rollout soft: r − τ (log π + H₀). Their discounted sum is the return of maximum-entropy learning, where an entropy
 * bonus rewards the entropy of each step for itself alone.
 *
 * Ziebart, "Modeling Purposeful Adaptive Behavior with the Principle of Maximum Causal Entropy", 2010.
 * @param rollout rewards and log π of the actions, step by step; the rewards are changed
 * @param temperature τ
 * @param baseEntropy H₀, nats, beyond which entropy is rewarded
 */
export function soften(
  { rewards, logProbs }: { readonly rewards: Float32Array; readonly logProbs: Float32Array },
  temperature: number,
  baseEntropy: number,
): void {
  if (temperature === 0) return;
  for (let i = 0; i < rewards.length; i++) rewards[i]! -= temperature * (logProbs[i]! + baseEntropy);
}
