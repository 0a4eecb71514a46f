import { unpredictableSeed } from '../../envs/core/baseEnv.ts';
import type { Env, ResetOptions, ResetResult, StepResult } from '../../envs/core/env.ts';
import { Wrapper } from '../../envs/core/wrappers/wrapper.ts';
import { checkCount, checkOptions } from '../../src/options/parse.ts';
import { Rng, type RngState } from '../../src/random.ts';
import { Box } from '../../src/spaces/box.ts';

const redraws = ['episode', 'step'] as const;

/** Options of {@link HiddenNoise}. */
export interface HiddenNoiseOptions {
  /** How many numbers. */
  size: number;
  /** When they are drawn anew: at each reset, so that they stay for an episode, or at each step, too. */
  redraw?: (typeof redraws)[number] | undefined;
}

interface HiddenNoiseState {
  rng: RngState;
  noise: number[];
  env: unknown;
}

/**
 * Shows z ~ N(0, I) behind each observation, `[…observation, …z]`, as one vector. The env knows nothing of it: it is the hidden state of
 * a policy that remembers nothing but its noise. With `redraw: 'episode'`, the default, that is a recurrent policy whose hidden state is
 * drawn at the reset and kept; with `'step'` it is plain noise of the policy's network.
 */
export class HiddenNoise<Action> extends Wrapper<Float32Array, Action> {
  readonly redraw: (typeof redraws)[number];
  readonly #observationSpace: Box;
  readonly #noise: Float32Array;
  #rng: Rng | undefined;

  /** @throws when the observation space is not a float32 `Box`, `size` is not a positive integer, or `redraw` is unknown. */
  constructor(env: Env<Float32Array, Action>, options: HiddenNoiseOptions) {
    super(env);
    const { size, redraw = 'episode' } = checkOptions('HiddenNoise', options, {
      size: Number,
      redraw: [...redraws, undefined],
    });
    const inner = env.observationSpace;
    if (!(inner instanceof Box && inner.dtype === 'float32')) {
      throw new Error(`HiddenNoise: needs a float32 Box of observations, got ${inner}`);
    }
    checkCount('HiddenNoise', 'size', size);
    this.redraw = redraw;
    this.#noise = new Float32Array(size);
    const unbounded = Array.from(this.#noise, () => Infinity);
    this.#observationSpace = new Box({
      low: [...inner.low, ...unbounded.map((bound) => -bound)],
      high: [...inner.high, ...unbounded],
    });
  }

  override get observationSpace(): Box {
    return this.#observationSpace;
  }

  override reset(options?: ResetOptions): ResetResult {
    if (options?.seed !== undefined) this.#rng = new Rng(options.seed).split('hidden noise');
    const [observation, info] = super.reset(options);
    this.#draw();
    return [this.#show(observation), info];
  }

  override step(action: Action): StepResult {
    const [observation, reward, terminated, truncated, info] = super.step(action);
    if (this.redraw === 'step') this.#draw();
    return [this.#show(observation), reward, terminated, truncated, info];
  }

  #draw(): void {
    this.#stream().fillNormal(this.#noise);
  }

  #stream(): Rng {
    this.#rng ??= new Rng(unpredictableSeed()).split('hidden noise');
    return this.#rng;
  }

  #show(observation: Float32Array): Float32Array {
    const shown = new Float32Array(observation.length + this.#noise.length);
    shown.set(observation);
    shown.set(this.#noise, observation.length);
    return shown;
  }

  override state(): HiddenNoiseState {
    return { rng: this.#stream().state(), noise: [...this.#noise], env: super.state() };
  }

  override setState({ rng, noise, env }: HiddenNoiseState): void {
    super.setState(env);
    this.#rng = Rng.fromState(rng);
    this.#noise.set(noise);
  }
}
