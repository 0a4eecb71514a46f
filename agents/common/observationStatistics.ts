import { z } from 'zod';
import { RunningMeanStd, type RunningMeanStdState } from '../../envs/core/runningMeanStd.ts';
import type { Policy } from '../../src/index.ts';
import { ObservationLayout, type ObservationPart } from '../../src/policies/observationLayout.ts';
import type { ObservationMoments } from '../../src/policies/observationNormalizer.ts';
import type { Stateful } from './agentParts.ts';

/** Options of the agents that act, for normalization. */
export const normalizationOptions = {
  normalizeObservations: z
    .boolean()
    .default(false)
    .describe(
      "whether the policy, and the agent's networks, see observations brought to mean 0, variance 1; bytes and choices, which lie in [0, 1], stay as they are",
    ),
  clipObservations: z.number().positive().default(10).meta({
    description: 'the largest size of a normalized observation; a policy that has a normalizer keeps its own',
    unit: 'standard deviations',
  }),
  normalizeRewards: z
    .boolean()
    .default(false)
    .describe('whether rewards are divided by the standard deviation of the discounted return, for learning only'),
};

/**
 * A number that differs from its mean by less than this share of it is constant: what is left is the rounding of float32.
 */
const ROUNDING = 1e-6;

/** The variance of each number; 1 of one that has always been the same: how far it may go, nothing has shown. */
export function varianceOf({ mean, variance }: RunningMeanStd): Float64Array {
  return variance.map((square, i) => {
    const rounding = ROUNDING * mean[i]!;
    return square <= rounding * rounding ? 1 : square;
  });
}

/** How policies are normalized, if they are to be. */
interface Asked {
  readonly normalizeObservations: boolean;
  readonly clipObservations: number;
}

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

  private constructor(policies: readonly [Policy, ...Policy[]], moments: RunningMeanStd) {
    this.#policies = policies;
    this.#dim = policies[0].observationDim;
    this.#moments = moments;
    this.#scaled = partsOf(policies[0]).filter(({ isScaled }) => isScaled);
  }

  /**
   * The statistics for a policy and those that follow it, if it has a normalizer or `normalizeObservations` asks for one; else undefined,
   * and so where no part of an observation is without a scale. They begin with the moments that the first policy has.
   */
  static of(policies: readonly [Policy, ...Policy[]], asked: Asked): ObservationStatistics | undefined {
    const before = momentsOf(policies, asked);
    if (before === undefined) return undefined;
    const { mean, variance, count } = before;
    const moments = new RunningMeanStd(policies[0].observationDim);
    if (count > 0) moments.setState({ mean: Array.from(mean), variance: Array.from(variance), count });
    return new ObservationStatistics(policies, moments);
  }

  /**
   * The statistics of data from which a policy is to learn, which are exactly theirs; undefined where {@link of} is, and where the policy
   * brings moments along: it keeps them, since its networks have learned what they see by them.
   */
  static ofData(policy: Policy, asked: Asked): ObservationStatistics | undefined {
    const before = momentsOf([policy], asked);
    if (before === undefined || before.count > 0) return undefined;
    return new ObservationStatistics([policy], new RunningMeanStd(policy.observationDim, undefined, 0));
  }

  /** Takes in observations, row by row. */
  observe(observations: Float32Array): void {
    for (let at = 0; at < observations.length; at += this.#dim) {
      this.#moments.update(observations.subarray(at, at + this.#dim));
    }
  }

  /** Gives the policies the moments, see {@link varianceOf}. */
  publish(): void {
    const { count } = this.#moments;
    const [mean, variance] = [this.#moments.mean.slice(), varianceOf(this.#moments)];
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
    this.#moments.setState(state);
  }
}

/** The moments that policies have, with a normalizer made for each if it is asked for; undefined where nothing is to be normalized. */
function momentsOf(policies: readonly [Policy, ...Policy[]], asked: Asked): ObservationMoments | undefined {
  const parts = partsOf(policies[0]);
  if (parts.length > 0 && parts.every(({ isScaled }) => isScaled)) return undefined;
  if (asked.normalizeObservations) {
    for (const policy of policies) policy.normalizeObservations({ clip: asked.clipObservations });
  }
  return policies[0].normalizer?.moments();
}

/** What an observation is made of, where the policy knows its space. */
function partsOf({ config }: Policy): readonly ObservationPart[] {
  return config === undefined ? [] : new ObservationLayout('observations', config.observationSpace).parts;
}
