import { checkOptions } from '../../../src/options/parse.ts';
import { Box } from '../../../src/spaces/box.ts';
import type { Env, ResetOptions, ResetResult, StepResult } from '../env.ts';
import { checkPositive, checkRange } from '../options.ts';
import { RunningMeanStd, type RunningMeanStdState } from '../runningMeanStd.ts';
import { Wrapper } from './wrapper.ts';

interface NormalizeObservationState {
  statistics: RunningMeanStdState;
  updateRunningMean: boolean;
  env: unknown;
}

/**
 * Shows (observation − mean) / √(variance + epsilon), with the mean and variance of all observations so far, this one included:
 * Gymnasium's, to the bit. The statistics of a float32 box are float32, as there.
 *
 * They are the wrapper's: a policy trained behind it needs them, too. Set `updateRunningMean` to false to evaluate.
 */
export class NormalizeObservation<Action> extends Wrapper<Float32Array, Action, ArrayLike<number>> {
  /** Whether observations still change the statistics. */
  updateRunningMean = true;
  readonly epsilon: number;
  readonly statistics: RunningMeanStd;
  readonly #observationSpace: Box;

  /** @throws when the observation space is not a `Box`, or `epsilon` is not above 0. */
  constructor(env: Env<ArrayLike<number>, Action>, options: { epsilon?: number } = {}) {
    super(env);
    const { epsilon = 1e-8 } = checkOptions('NormalizeObservation', options, { epsilon: [Number, undefined] });
    const inner = env.observationSpace;
    if (!(inner instanceof Box)) throw new Error(`NormalizeObservation: needs a Box of observations, got ${inner}`);
    checkPositive('NormalizeObservation', 'epsilon', epsilon);
    this.epsilon = epsilon;
    this.statistics = new RunningMeanStd(inner.size, inner.dtype === 'float32' ? Math.fround : undefined);
    this.#observationSpace = new Box({ low: -Infinity, high: Infinity, shape: inner.shape });
  }

  override get observationSpace(): Box {
    return this.#observationSpace;
  }

  override reset(options?: ResetOptions): ResetResult {
    const [observation, info] = this.env.reset(options);
    return [this.#normalize(observation), info];
  }

  override step(action: Action): StepResult {
    const [observation, reward, terminated, truncated, info] = this.env.step(action);
    return [this.#normalize(observation), reward, terminated, truncated, info];
  }

  #normalize(observation: ArrayLike<number>): Float32Array {
    if (this.updateRunningMean) this.statistics.update(observation);
    return this.statistics.normalize(observation, this.epsilon);
  }

  override state(): NormalizeObservationState {
    const { updateRunningMean } = this;
    return { statistics: this.statistics.state(), updateRunningMean, env: super.state() };
  }

  override setState({ statistics, updateRunningMean, env }: NormalizeObservationState): void {
    super.setState(env);
    this.statistics.setState(statistics);
    this.updateRunningMean = updateRunningMean;
  }
}

/** Options of {@link NormalizeReward}. */
interface NormalizeRewardOptions {
  /** Discount of the running return, in [0, 1]. */
  gamma?: number;
  epsilon?: number;
}

interface NormalizeRewardState {
  statistics: RunningMeanStdState;
  discountedReturn: number;
  updateRunningMean: boolean;
  env: unknown;
}

/**
 * Gives reward / √(variance + epsilon), with the variance of the running return G ← γ G (1 − terminated) + reward over all steps so
 * far: Gymnasium's. As there, G goes on over a truncation and a reset. Rewards keep their sign: no mean is taken off.
 *
 * Set `updateRunningMean` to false to evaluate.
 */
export class NormalizeReward<Observation, Action> extends Wrapper<Observation, Action> {
  /** Whether rewards still change the statistics. */
  updateRunningMean = true;
  readonly gamma: number;
  readonly epsilon: number;
  readonly statistics = new RunningMeanStd(1);
  /** G, as an array of one number. */
  readonly #discountedReturn = new Float64Array(1);

  /** @throws when `gamma` is not in [0, 1] or `epsilon` is not above 0. */
  constructor(env: Env<Observation, Action>, options: NormalizeRewardOptions = {}) {
    super(env);
    const { gamma = 0.99, epsilon = 1e-8 } = checkOptions('NormalizeReward', options, {
      gamma: [Number, undefined],
      epsilon: [Number, undefined],
    });
    checkRange('NormalizeReward', 'gamma', gamma, 0, 1);
    checkPositive('NormalizeReward', 'epsilon', epsilon);
    this.gamma = gamma;
    this.epsilon = epsilon;
  }

  override step(action: Action): StepResult<Observation> {
    const [observation, reward, terminated, truncated, info] = super.step(action);
    const earlier = terminated ? 0 : this.#discountedReturn[0]! * this.gamma;
    this.#discountedReturn[0] = earlier + reward;
    if (this.updateRunningMean) this.statistics.update(this.#discountedReturn);
    const normalized = reward / Math.sqrt(this.statistics.variance[0]! + this.epsilon);
    return [observation, normalized, terminated, truncated, info];
  }

  override state(): NormalizeRewardState {
    const { updateRunningMean } = this;
    const discountedReturn = this.#discountedReturn[0]!;
    return { statistics: this.statistics.state(), discountedReturn, updateRunningMean, env: super.state() };
  }

  override setState({ statistics, discountedReturn, updateRunningMean, env }: NormalizeRewardState): void {
    super.setState(env);
    this.statistics.setState(statistics);
    this.#discountedReturn[0] = discountedReturn;
    this.updateRunningMean = updateRunningMean;
  }
}
