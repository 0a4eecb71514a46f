import type { z } from 'zod';
import { discountAfter } from '../../envs/core/actionChunkVectorEnv.ts';
import { RunningMeanStd } from '../../envs/core/runningMeanStd.ts';
import type { VectorStep } from '../../envs/index.ts';
import type { Policy } from '../../src/index.ts';
import { flag, positive } from '../../src/options/fields.ts';
import type { ObservationMoments } from '../../src/policies/observationEncoder.ts';
import { ObservationLayout, type ObservationPart } from '../../src/policies/observationLayout.ts';
import { type Stateful, setSameLength } from './state.ts';

/** Options of the agents that act, for normalization. */
export const normalizationOptions = {
  normalizeObservations: flag(
    false,
    "whether the policy, and the agent's networks, see observations brought to mean 0, variance 1; bytes and choices, which lie in [0, 1], stay as they are",
  ),
  clipObservations: positive(
    10,
    'the largest size of a normalized observation; a policy that has a normalizer keeps its own',
    'standard deviations',
  ),
  normalizeRewards: flag(
    false,
    'whether rewards are divided by the standard deviation of the discounted return, for learning only',
  ),
};

type NormalizationOptions = z.output<z.ZodObject<typeof normalizationOptions>>;
type NormalizerOptions = NormalizationOptions & { readonly gamma: number };
type ObservationOptions = Pick<NormalizationOptions, 'normalizeObservations' | 'clipObservations'>;

/** What brings observations and rewards to one scale; undefined where an agent uses them as they are. */
export function normalizersFor(policy: Policy, numEnvs: number, options: NormalizerOptions) {
  return {
    statistics: ObservationStatistics.of(policy, options),
    scaler: options.normalizeRewards ? new RewardScaler(numEnvs, options.gamma) : undefined,
  };
}

export type Normalizers = Partial<ReturnType<typeof normalizersFor>>;

/**
 * A number that differs from its mean by less than this share of it is constant: what is left is the rounding of float32.
 */
const ROUNDING = 1e-6;

/** The variance of each number; 1 of one that has always been the same: how far it may go, nothing has shown. */
function varianceOf({ mean, variance }: RunningMeanStd): Float64Array {
  return variance.map((square, i) => {
    const rounding = ROUNDING * mean[i]!;
    return square <= rounding * rounding ? 1 : square;
  });
}

/** Mean and variance of rows. */
class Moments extends RunningMeanStd {
  /** Takes in rows, one after the other. */
  observe(rows: Float32Array): void {
    const { length } = this.mean;
    for (let at = 0; at < rows.length; at += length) this.update(rows.subarray(at, at + length));
  }
}

/**
 * Mean and variance of all observations that the agent has acted on, in float64. The policies' normalizers get them by {@link publish},
 * not at once: within a rollout a policy must stay the same. Numbers that lie in [0, 1] by themselves, bytes and choices, get mean 0 and
 * variance 1: a rare choice would be a large number otherwise, and an image brings its scale along.
 */
export class ObservationStatistics extends Moments {
  readonly #policies: Policy[];
  readonly #scaled: readonly ObservationPart[];

  /** @param start as how many observations mean 0 and variance 1 count */
  constructor(policy: Policy, start?: number) {
    super(policy.observationDim, undefined, start);
    this.#policies = [policy];
    this.#scaled = partsOf(policy).filter(({ isScaled }) => isScaled);
  }

  /**
   * The statistics for a policy, which begin with its moments. Undefined where it has no normalizer and `normalizeObservations` is false, or
   * every part of an observation lies in [0, 1].
   */
  static of(policy: Policy, options: ObservationOptions): ObservationStatistics | undefined {
    const before = momentsOf(policy, options);
    if (before === undefined) return undefined;
    const statistics = new ObservationStatistics(policy);
    const { mean, variance, count } = before;
    if (count > 0) statistics.setState({ mean: Array.from(mean), variance: Array.from(variance), count });
    return statistics;
  }

  /** Another policy with a normalizer that gets the moments, a target network. */
  share(policy: Policy): void {
    this.#policies.push(policy);
  }

  /** Gives the policies the moments, see {@link varianceOf}. */
  publish(): void {
    const [mean, variance] = [this.mean.slice(), varianceOf(this)];
    for (const { at, size } of this.#scaled) {
      mean.fill(0, at, at + size);
      variance.fill(1, at, at + size);
    }
    for (const { normalizer } of this.#policies) normalizer!.setMoments({ mean, variance, count: this.count });
  }
}

/** The moments that the policy has, after `normalizeObservations` has given it a normalizer; undefined where nothing is normalized. */
function momentsOf(policy: Policy, options: ObservationOptions): ObservationMoments | undefined {
  const parts = partsOf(policy);
  if (parts.length > 0 && parts.every(({ isScaled }) => isScaled)) return undefined;
  if (options.normalizeObservations) policy.normalizeObservations({ clip: options.clipObservations });
  return policy.normalizer?.moments();
}

/** What an observation is made of, where the policy knows its space. */
function partsOf({ config }: Policy): readonly ObservationPart[] {
  return config === undefined ? [] : new ObservationLayout('observations', config.observationSpace).parts;
}

const EPSILON = 1e-8;
const CLIP = 10;

type Outcome = Pick<VectorStep, 'rewards' | 'terminations' | 'truncations' | 'lengths'>;

/**
 * Rewards divided by the standard deviation of the running return of each environment, G ← γ G + r, which is 0 when an episode begins. No
 * mean is taken off, and ±10 is the most. As Stable-Baselines3's VecNormalize. Where a step is k of the environment, a chunk of actions, γᵏ
 * takes the place of γ.
 *
 * Gymnasium's NormalizeReward differs: G ← γ G (1 − terminated) + r forgets the episode at its last step in place of after it, so that
 * the last reward, often the largest, is a part of the next episode's return; and an episode that a limit cuts is never forgotten.
 */
export class RewardScaler implements Stateful {
  readonly #gamma: number;
  readonly #moments = new RunningMeanStd(1);
  readonly #discounted: Float64Array;

  constructor(numEnvs: number, gamma: number) {
    this.#gamma = gamma;
    this.#discounted = new Float64Array(numEnvs);
  }

  /** To be called where the environments are reset: each begins an episode, whatever became of the one before. */
  begin(): void {
    this.#discounted.fill(0);
  }

  /** Takes in the rewards of one step. */
  observe(step: Outcome): void {
    const { rewards, terminations, truncations } = step;
    for (let i = 0; i < rewards.length; i++) {
      this.#discounted[i] = discountAfter(this.#gamma, step, i) * this.#discounted[i]! + rewards[i]!;
      this.#moments.update(this.#discounted.subarray(i, i + 1));
      if (terminations[i] || truncations[i]) this.#discounted[i] = 0;
    }
  }

  scale(reward: number): number {
    const scaled = reward / Math.sqrt(this.#moments.variance[0]! + EPSILON);
    return Math.min(Math.max(scaled, -CLIP), CLIP);
  }

  /** Takes in the rewards of one step. @returns them scaled */
  scaled(step: Outcome): Float64Array {
    this.observe(step);
    return step.rewards.map((reward) => this.scale(reward));
  }

  state() {
    return { moments: this.#moments.state(), discounted: this.#discounted.slice() };
  }

  setState({ moments, discounted }: ReturnType<RewardScaler['state']>): void {
    this.#moments.setState(moments);
    setSameLength({ discounted: [this.#discounted, discounted] });
  }
}

/** An option of the agents that learn from data. */
export const standardize = flag(
  true,
  'whether, where actions have no bounds, actions and observations are brought to mean 0, deviation 1 by the data, as a part of the policy',
);

/**
 * Mean and deviation of the actions of data, in float64, for a policy that was made for actions without bounds. A policy that has
 * been trained, or has units already, stays as it is.
 */
export class ActionMoments extends Moments {
  readonly #policy: Policy;

  private constructor(policy: Policy) {
    super(policy.actionDim / (policy.chunk?.length ?? 1), undefined, 0);
    this.#policy = policy;
  }

  /** Undefined where the policy takes no units of data. */
  static of(policy: Policy, { standardize }: { readonly standardize: boolean }): ActionMoments | undefined {
    return standardize && policy.takesUnits ? new ActionMoments(policy) : undefined;
  }

  /** Tells the policy, of a chunk each of its actions the same. A number that has always been the same gets deviation 1. */
  publish(): void {
    const { length = 1 } = this.#policy.chunk ?? {};
    const repeated = (numbers: Float64Array) => Array.from({ length }, () => [...numbers]).flat();
    const [mean, deviation] = [this.mean, varianceOf(this).map(Math.sqrt)].map(repeated) as [number[], number[]];
    this.#policy.standardizeActions({ mean, deviation });
  }
}

/**
 * The statistics of the observations of data, exactly, where `normalizeObservations` says so, or actions are brought to the units of data and the
 * policy can normalize. Undefined as {@link ObservationStatistics.of} is, and where the policy has moments: its networks have learned what they see
 * by them.
 */
export function observationsOfData(
  policy: Policy,
  options: ObservationOptions,
  actions: ActionMoments | undefined,
): ObservationStatistics | undefined {
  const normalizeObservations = options.normalizeObservations || actions !== undefined;
  const before = momentsOf(policy, { ...options, normalizeObservations });
  return before?.count === 0 ? new ObservationStatistics(policy, 0) : undefined;
}
