import { Rng, type RngState } from '../../src/random.ts';
import { BaseEnv } from '../core/baseEnv.ts';
import { describe } from '../core/describe.ts';
import type { Info, ResetResult, StepResult } from '../core/env.ts';
import { checkOptionNames } from '../core/options.ts';
import { Box } from '../core/spaces/box.ts';

/** What is left of a bandit between two calls. */
export interface BanditState {
  rng: RngState;
  last?: readonly number[] | undefined;
}

/**
 * A task of one step: an action, a reward, the end. The observation is always [0]. A subclass gives the action space and the reward.
 */
export abstract class BanditEnv extends BaseEnv<Float32Array, Float32Array> {
  readonly observationSpace = new Box({ low: -1, high: 1, shape: [1] });
  abstract override readonly actionSpace: Box;

  /** The mean reward of an action, `[actionSize]`. */
  abstract reward(action: ArrayLike<number>): number;

  /** The last action, for the drawing; undefined before it. */
  protected last: readonly number[] | undefined;

  /** Standard deviation of the normal noise on the reward. */
  protected readonly noise: number = 0;

  /** What to tell about an action beside its reward. */
  protected info(_action: ArrayLike<number>): Info {
    return {};
  }

  protected begin(options: Record<string, unknown>): ResetResult {
    checkOptionNames(`${this.constructor.name}.reset`, options, []);
    this.last = undefined;
    return [new Float32Array(1), {}];
  }

  /** @throws for an action that is not finite. */
  step(action: Float32Array): StepResult {
    this.checkLength(action);
    const { size } = this.actionSpace;
    for (let i = 0; i < size; i++) {
      if (!Number.isFinite(action[i])) {
        const name = this.constructor.name;
        throw new Error(`${name}: step() got the action ${describe(action)}, expected ${size} finite numbers`);
      }
    }
    this.last = Array.from(action);
    const noise = this.noise === 0 ? 0 : this.rng.normal(0, this.noise);
    return [new Float32Array(1), this.reward(action) + noise, true, false, this.info(action)];
  }

  state(): BanditState {
    return { rng: this.rng.state(), last: this.last };
  }

  setState({ rng, last }: BanditState): void {
    this.rng = Rng.fromState(rng);
    this.last = last;
  }
}
