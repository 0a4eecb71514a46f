/** One round of successive halving. */
export interface Rung {
  /** How many settings are trained in it. */
  readonly trials: number;
  /** To which step. */
  readonly steps: number;
}

/**
 * The rounds of successive halving: all settings are trained for a share of the steps, the best 1/η of them for η times as many, and so on
 * to the last round, which has all the steps. Round i of 0, …, s has
 * ⌊n η⁻ⁱ⌋ settings and R ηⁱ⁻ˢ steps.
 *
 * Jamieson & Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", arXiv:1502.07943; Li et al.,
 * "Hyperband", arXiv:1603.06560: its inner loop.
 *
 * @param trials n
 * @param steps R
 * @param factor η; 1 has one round, in which all are trained to the end
 * @param rungs s + 1; as many as leave a setting for the last one and a step for the first, if that is fewer
 */
export function halvingRungs({
  trials,
  steps,
  factor,
  rungs,
}: {
  readonly trials: number;
  readonly steps: number;
  readonly factor: number;
  readonly rungs: number;
}): Rung[] {
  let last = 0;
  while (factor > 1 && last + 1 < rungs && Math.min(trials, steps) >= factor ** (last + 1)) last++;
  return Array.from({ length: last + 1 }, (_, i) => ({
    trials: Math.floor(trials / factor ** i),
    steps: Math.round(steps / factor ** (last - i)),
  }));
}
