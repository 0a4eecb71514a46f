import { checkCount, checkOptions } from '../../../src/options/parse.ts';
import { Box, type BoxDtype } from '../../../src/spaces/box.ts';
import type { Env, ResetOptions, ResetResult, StepResult } from '../env.ts';
import { Wrapper } from './wrapper.ts';

const paddings = ['reset', 'zero'] as const;

/** Options of {@link FrameStack}. */
interface FrameStackOptions {
  /** How many observations are shown. */
  stackSize: number;
  /** What stands for those before the first: the first one, or the member of the space that is nearest to 0. */
  padding?: (typeof paddings)[number];
}

type Frame = Float32Array | Float64Array | Int32Array | Uint8Array;

/**
 * Shows the last `stackSize` observations at once, the newest last: `[stackSize, …shape]`. Gymnasium's `FrameStackObservation`.
 */
export class FrameStack<Action> extends Wrapper<Frame, Action> {
  readonly stackSize: number;
  readonly padding: (typeof paddings)[number];
  readonly #inner: Box<BoxDtype>;
  readonly #observationSpace: Box<BoxDtype>;
  /** The frames that the next observation begins with, and its last. */
  readonly #frames: Frame;

  /** @throws when the observation space is not a `Box`, `stackSize` is not a positive integer, or `padding` is unknown. */
  constructor(env: Env<Frame, Action>, options: FrameStackOptions) {
    super(env);
    const { stackSize, padding = 'reset' } = checkOptions('FrameStack', options, {
      stackSize: Number,
      padding: [...paddings, undefined],
    });
    const inner = env.observationSpace;
    if (!(inner instanceof Box)) throw new Error(`FrameStack: needs a Box of observations, got ${inner}`);
    checkCount('FrameStack', 'stackSize', stackSize);
    this.stackSize = stackSize;
    this.padding = padding;
    this.#inner = inner;
    const repeat = (bound: Frame) => Array.from({ length: stackSize }, () => [...bound]).flat();
    const shape = [stackSize, ...inner.shape];
    this.#observationSpace = new Box({ low: repeat(inner.low), high: repeat(inner.high), shape, dtype: inner.dtype });
    this.#frames = this.#observationSpace.low.slice();
  }

  override get observationSpace(): Box<BoxDtype> {
    return this.#observationSpace;
  }

  override reset(options?: ResetOptions): ResetResult<Frame> {
    const [observation, info] = super.reset(options);
    const { low, high } = this.#observationSpace;
    const { size } = this.#inner;
    for (let i = 0; i < this.#frames.length; i++) {
      this.#frames[i] = this.padding === 'reset' ? observation[i % size]! : Math.min(Math.max(0, low[i]!), high[i]!);
    }
    return [this.#push(observation), info];
  }

  override step(action: Action): StepResult<Frame> {
    const [observation, reward, terminated, truncated, info] = super.step(action);
    return [this.#push(observation), reward, terminated, truncated, info];
  }

  #push(observation: Frame): Frame {
    const { size } = this.#inner;
    this.#frames.copyWithin(0, size);
    this.#frames.set(observation, (this.stackSize - 1) * size);
    return this.#frames.slice();
  }

  override state(): unknown {
    return { frames: [...this.#frames], env: super.state() };
  }

  override setState({ frames, env }: { frames: number[]; env: unknown }): void {
    super.setState(env);
    this.#frames.set(frames);
  }
}
