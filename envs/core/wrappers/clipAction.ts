import { clamp } from '../clamp.ts';
import type { Env, StepResult } from '../env.ts';
import { Box } from '../spaces/box.ts';
import { Wrapper } from './wrapper.ts';

/**
 * Lets a policy give any action: each entry is clipped to the bounds of the env's box. The wrapper's own action
 * space is the unbounded box, so that a policy which adapts to the space does not squash as well.
 */
export class ClipAction<Observation> extends Wrapper<Observation, Float32Array> {
  readonly #inner: Box;
  readonly #clipped: Float32Array;
  readonly #actionSpace: Box;

  /** @throws when the env's action space is not a float32 `Box`. */
  constructor(env: Env<Observation, Float32Array> | Env<Observation>) {
    super(env as Env<Observation, Float32Array>);
    if (!(env.actionSpace instanceof Box) || env.actionSpace.dtype !== 'float32') {
      throw new Error(`ClipAction: needs a float32 Box of actions, got ${env.actionSpace}`);
    }
    this.#inner = env.actionSpace;
    this.#clipped = new Float32Array(this.#inner.size);
    this.#actionSpace = new Box({ low: -Infinity, high: Infinity, shape: this.#inner.shape });
  }

  override get actionSpace(): Box {
    return this.#actionSpace;
  }

  override step(action: Float32Array): StepResult<Observation> {
    const { low, high, size } = this.#inner;
    for (let i = 0; i < size; i++) this.#clipped[i] = clamp(action[i]!, low[i]!, high[i]!);
    return super.step(this.#clipped);
  }
}
