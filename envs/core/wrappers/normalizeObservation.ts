import { checkOptions } from '../../../src/options/parse.ts';
import type { Env, ResetOptions, ResetResult, StepResult } from '../env.ts';
import { checkPositive } from '../options.ts';
import { RunningMeanStd, type RunningMeanStdState } from '../runningMeanStd.ts';
import { Box } from '../spaces/box.ts';
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
