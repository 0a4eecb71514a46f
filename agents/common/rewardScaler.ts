import { RunningMeanStd, type RunningMeanStdState } from '../../envs/core/runningMeanStd.ts';
import type { VectorStep } from '../../envs/index.ts';
import type { Stateful } from './agentParts.ts';
import { setSameLength } from './setSameLength.ts';

const EPSILON = 1e-8;
const CLIP = 10;

type Outcome = Pick<VectorStep, 'rewards' | 'terminations' | 'truncations'>;

interface RewardScalerState {
  readonly moments: RunningMeanStdState;
  readonly discounted: Float64Array;
}

/**
 * Rewards divided by the standard deviation of the running return of each environment, G ← γ G + r, which is 0 when an episode begins. No
 * mean is taken off, and ±10 is the most. As Stable-Baselines3's VecNormalize.
 *
 * Gymnasium's NormalizeReward differs: G ← γ G (1 − terminated) + r forgets the episode at its last step in place of after it, so that
 * the last reward, often the largest, is a part of the next episode's return; and an episode that a limit cuts is never forgotten.
 */
export class RewardScaler implements Stateful<RewardScalerState> {
  readonly #gamma: number;
  readonly #moments = new RunningMeanStd(1);
  readonly #discounted: Float64Array;
  readonly #scaled: Float64Array;

  constructor(numEnvs: number, gamma: number) {
    this.#gamma = gamma;
    this.#discounted = new Float64Array(numEnvs);
    this.#scaled = new Float64Array(numEnvs);
  }

  /** To be called where the environments are reset: each begins an episode, whatever became of the one before. */
  begin(): void {
    this.#discounted.fill(0);
  }

  /** Takes in the rewards of one step. */
  observe({ rewards, terminations, truncations }: Outcome): void {
    for (let i = 0; i < rewards.length; i++) {
      this.#discounted[i] = this.#gamma * this.#discounted[i]! + rewards[i]!;
      this.#moments.update(this.#discounted.subarray(i, i + 1));
      if (terminations[i] || truncations[i]) this.#discounted[i] = 0;
    }
  }

  scale(reward: number): number {
    const scaled = reward / Math.sqrt(this.#moments.variance[0]! + EPSILON);
    return Math.min(Math.max(scaled, -CLIP), CLIP);
  }

  /** Takes in the rewards of one step. @returns them scaled, in an array that the next call uses again */
  scaled(step: Outcome): Float64Array {
    this.observe(step);
    for (let i = 0; i < this.#scaled.length; i++) this.#scaled[i] = this.scale(step.rewards[i]!);
    return this.#scaled;
  }

  state(): RewardScalerState {
    return { moments: this.#moments.state(), discounted: this.#discounted.slice() };
  }

  setState({ moments, discounted }: RewardScalerState): void {
    const before = this.#moments.state();
    this.#moments.setState(moments);
    try {
      setSameLength({ discounted: [this.#discounted, discounted] });
    } catch (error) {
      this.#moments.setState(before);
      throw error;
    }
  }
}
