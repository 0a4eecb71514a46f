import { departures, type Walk } from '../../../../agents/lake.ts';
import { HeadingMeter } from '../../../../envs/lake/headings.ts';
import type { SoftOptimum } from '../../../../envs/lake/softOptimum.ts';
import type { Policy } from '../../../../src/index.ts';

/** What a policy over headings loses of the soft return by not being the soft optimum. */
export interface SoftRegret {
  /** V*(s₀) − V^π(s₀) = τ E[Σₜ KL(π(· | sₜ) ‖ π*(· | sₜ))], in reward a walk. */
  readonly softRegret: number;
  /** The same over τ and the mean number of steps: nats a step. */
  readonly natsAStep: number;
  /** The mean number of steps of a walk. */
  readonly steps: number;
}

/**
 * The soft regret of a policy along walks of its own: the KL by the midpoint rule on `points` headings at every position from which a step was
 * chosen. Its only error beside that of the optimum is that of the mean over the walks.
 * @param walks the policy's, with exact positions, from the start to their end; what one would go on with after a time limit is not counted
 */
export function softRegret(
  policy: Policy,
  {
    optimum,
    walks,
    points,
  }: { readonly optimum: SoftOptimum; readonly walks: readonly Walk[]; readonly points: number },
): SoftRegret {
  const meter = new HeadingMeter(policy, { optimum, points });
  let [nats, steps] = [0, 0];
  for (const from of walks.flatMap(departures)) {
    nats += meter.measure(from).kl;
    steps += 1;
  }
  meter.dispose();
  return {
    softRegret: (optimum.temperature * nats) / walks.length,
    natsAStep: nats / steps,
    steps: steps / walks.length,
  };
}
