import { checkArgument } from '../options/checkArguments.ts';
import { Rng } from '../random.ts';
import type { ActionDistribution, ActionSample } from './policy.ts';

/** One action for each observation, with its log-probability where there is a density: what acts needs no more. */
export function sampleAction(distribution: ActionDistribution, rng: Rng): ActionSample {
  checkArgument('sampleAction', 'distribution', distribution, Object);
  checkArgument('sampleAction', 'rng', rng, Rng);
  return distribution.sample?.(rng) ?? distribution.sampleWithLogProb(rng);
}
