import { BaseEnv, Box, Discrete, type Info, type ResetResult, type StepResult } from '../../../envs/index.ts';
import { Rng, type RngState } from '../../../src/random.ts';

/**
 * Counts down from 3: each step observes [steps left, a random number], rewards the action, and ends at 0. A discrete, stochastic env, so that
 * nothing is tested on the lake's shape alone.
 */
export class Countdown extends BaseEnv<Float32Array, number> {
  readonly observationSpace = new Box({ low: [0, 0], high: [9, 1] });
  readonly actionSpace = new Discrete(4);
  left = 0;
  readonly length: number;
  closed = 0;

  constructor({ length = 3 }: { length?: number } = {}) {
    super();
    this.length = length;
  }

  protected begin(): ResetResult {
    this.left = this.length;
    return [this.observe(), { begun: true }];
  }

  observe(): Float32Array {
    return Float32Array.of(this.left, this.rng.uniform());
  }

  step(action: number): StepResult {
    this.left--;
    const info: Info = this.left === 0 ? { outcome: 'zero' } : {};
    return [this.observe(), action, this.left === 0, false, info];
  }

  override close(): void {
    this.closed++;
  }

  state(): { rng: RngState; left: number } {
    return { rng: this.rng.state(), left: this.left };
  }

  setState({ rng, left }: { rng: RngState; left: number }): void {
    this.rng = Rng.fromState(rng);
    this.left = left;
  }
}
