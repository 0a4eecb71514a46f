import type { Env, ResetOptions, ResetResult, StepResult } from '../../envs/core/env.ts';
import { Wrapper } from '../../envs/core/wrappers/wrapper.ts';
import { Rng } from '../../src/random.ts';
import { Box } from '../../src/spaces/box.ts';

/** Options of {@link HiddenNoise}. */
interface HiddenNoiseOptions {
  /** How many numbers. */
  readonly size: number;
  /** When they are drawn anew: at each reset, so that they stay for an episode, or at each step, too. */
  readonly redraw: 'episode' | 'step';
}

/**
 * Shows z ~ N(0, I) behind each observation, `[…observation, …z]`, as one vector. The env knows nothing of it: it is the hidden state of
 * a policy that remembers nothing but its noise. With `redraw: 'episode'` that is a recurrent policy whose hidden state is
 * drawn at the reset and kept; with `'step'` it is plain noise of the policy's network. The first reset needs a seed.
 */
export class HiddenNoise<Action> extends Wrapper<Float32Array, Action> {
  readonly #observationSpace: Box;
  readonly #redraw: HiddenNoiseOptions['redraw'];
  readonly #noise: Float32Array;
  #rng = new Rng('hidden noise');

  constructor(env: Env<Float32Array, Action>, { size, redraw }: HiddenNoiseOptions) {
    super(env);
    const { low, high } = env.observationSpace as Box;
    this.#redraw = redraw;
    this.#noise = new Float32Array(size);
    const unbounded = Array<number>(size).fill(Infinity);
    this.#observationSpace = new Box({
      low: [...low, ...unbounded.map((bound) => -bound)],
      high: [...high, ...unbounded],
    });
  }

  override get observationSpace(): Box {
    return this.#observationSpace;
  }

  override reset(options?: ResetOptions): ResetResult {
    if (options?.seed !== undefined) this.#rng = new Rng(options.seed).split('hidden noise');
    const [observation, info] = super.reset(options);
    this.#rng.fillNormal(this.#noise);
    return [this.#shown(observation), info];
  }

  override step(action: Action): StepResult {
    const [observation, reward, terminated, truncated, info] = super.step(action);
    if (this.#redraw === 'step') this.#rng.fillNormal(this.#noise);
    return [this.#shown(observation), reward, terminated, truncated, info];
  }

  #shown(observation: Float32Array): Float32Array {
    return Float32Array.of(...observation, ...this.#noise);
  }
}
