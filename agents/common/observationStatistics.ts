import { z } from 'zod';
import { RunningMeanStd, type RunningMeanStdState } from '../../envs/core/runningMeanStd.ts';
import type { Policy } from '../../src/index.ts';
import { ObservationLayout, type ObservationPart } from '../../src/policies/observationLayout.ts';
import type { Stateful } from './agentParts.ts';

/** Options of the agents that act, for normalization. */
export const normalizationOptions = {
  normalizeObservations: z
    .boolean()
    .default(false)
    .describe(
      "whether the policy, and the agent's networks, see observations brought to mean 0, variance 1; bytes and choices, which lie in [0, 1], stay as they are",
    ),
  clipObservations: z
    .number()
    .positive()
    .default(10)
    .meta({ description: 'the largest size of a normalized observation', unit: 'standard deviations' }),
  normalizeRewards: z
    .boolean()
    .default(false)
    .describe('whether rewards are divided by the standard deviation of the discounted return, for learning only'),
};

/**
 * Mean and variance of all observations that the agent has acted on, in float64. The policies' normalizers get them when it is said so,
 * and not at once: within a rollout a policy must stay one and the same. Of numbers that lie in [0, 1] by themselves, bytes and
 * choices, they get mean 0 and variance 1: a rare choice would be a large number otherwise, and an image brings its scale along.
 */
export class ObservationStatistics implements Stateful<RunningMeanStdState> {
  readonly #moments: RunningMeanStd;
  readonly #policies: readonly Policy[];
  readonly #dim: number;
  readonly #scaled: readonly ObservationPart[];

  /** @param policies of which each has a normalizer; the moments begin with those of the first */
  constructor(policies: readonly [Policy, ...Policy[]]) {
    this.#policies = policies;
    this.#dim = policies[0].observationDim;
    this.#moments = new RunningMeanStd(this.#dim);
    this.#scaled = partsOf(policies[0]).filter(({ isScaled }) => isScaled);
    const { mean, variance, count } = policies[0].normalizer!.moments();
    if (count > 0) this.#moments.setState({ mean: Array.from(mean), variance: Array.from(variance), count });
  }

  /**
   * The statistics for a policy and those that follow it, if it has a normalizer or `normalizeObservations` asks for one; else undefined,
   * and so where no part of an observation is without a scale.
   */
  static of(
    policies: readonly [Policy, ...Policy[]],
    options: { readonly normalizeObservations: boolean; readonly clipObservations: number },
  ): ObservationStatistics | undefined {
    const parts = partsOf(policies[0]);
    if (parts.length > 0 && parts.every(({ isScaled }) => isScaled)) return undefined;
    if (options.normalizeObservations) {
      for (const policy of policies) policy.normalizeObservations({ clip: options.clipObservations });
    }
    return policies[0].normalizer && new ObservationStatistics(policies);
  }

  /** Takes in observations, row by row. */
  observe(observations: Float32Array): void {
    for (let at = 0; at < observations.length; at += this.#dim) {
      this.#moments.update(observations.subarray(at, at + this.#dim));
    }
  }

  /** Tells the policies. */
  publish(): void {
    const { count } = this.#moments;
    const [mean, variance] = [this.#moments.mean.slice(), this.#moments.variance.slice()];
    for (const { at, size } of this.#scaled) {
      mean.fill(0, at, at + size);
      variance.fill(1, at, at + size);
    }
    for (const { normalizer } of this.#policies) normalizer!.setMoments({ mean, variance, count });
  }

  state(): RunningMeanStdState {
    return this.#moments.state();
  }

  setState(state: RunningMeanStdState): void {
    if (state?.mean?.length !== this.#dim || state.variance?.length !== this.#dim) {
      throw new Error(`got moments of ${state?.mean?.length} entries, expected ${this.#dim}`);
    }
    this.#moments.setState(state);
  }
}

/** What an observation is made of, where the policy knows its space. */
function partsOf({ config }: Policy): readonly ObservationPart[] {
  return config === undefined ? [] : new ObservationLayout('observations', config.observationSpace).parts;
}
