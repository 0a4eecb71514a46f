import { show } from '../../../src/options/describe.ts';
import { checkArgument } from '../../../src/options/parse.ts';
import { Box, clamp } from '../../../src/spaces/box.ts';
import { flatten, flattenSpace } from '../../../src/spaces/flatten.ts';
import { checkSpace, type Space } from '../../../src/spaces/space.ts';
import { checkMethods } from '../checks.ts';
import type { AnyEnv, Env, ResetOptions, ResetResult, StepResult } from '../env.ts';
import { Wrapper } from './wrapper.ts';

/** Shows `transform(observation)` in place of each observation. */
export class TransformObservation<Inner, Action, Observation = Inner> extends Wrapper<Observation, Action, Inner> {
  readonly #transform: (observation: Inner) => Observation;
  readonly #observationSpace: Space<Observation> | undefined;

  /**
   * @param transform must give a fresh value, and remember nothing: a snapshot of the env does not hold it.
   * @param observationSpace the space of what it gives; the inner env's when left out.
   */
  constructor(
    env: Env<Inner, Action>,
    transform: (observation: Inner) => Observation,
    observationSpace?: Space<Observation>,
  ) {
    super(env);
    checkArgument('TransformObservation', 'transform', transform, Function);
    if (observationSpace !== undefined) checkSpace('TransformObservation', 'observationSpace', observationSpace);
    this.#transform = transform;
    this.#observationSpace = observationSpace;
  }

  override get observationSpace(): Space<Observation> {
    return this.#observationSpace ?? super.observationSpace;
  }

  override reset(options?: ResetOptions): ResetResult<Observation> {
    const [observation, info] = this.env.reset(options);
    return [this.#transform(observation), info];
  }

  override step(action: Action): StepResult<Observation> {
    const [observation, reward, terminated, truncated, info] = this.env.step(action);
    return [this.#transform(observation), reward, terminated, truncated, info];
  }
}

/** Steps the env by `transform(action)`. */
export class TransformAction<Observation, Inner, Action = Inner> extends Wrapper<
  Observation,
  Action,
  Observation,
  Inner
> {
  readonly #transform: (action: Action) => Inner;
  readonly #actionSpace: Space<Action> | undefined;

  /**
   * @param transform must not write to its action, and remember nothing: a snapshot of the env does not hold it.
   * @param actionSpace the space of what it takes; the inner env's when left out.
   */
  constructor(env: Env<Observation, Inner>, transform: (action: Action) => Inner, actionSpace?: Space<Action>) {
    super(env);
    checkArgument('TransformAction', 'transform', transform, Function);
    if (actionSpace !== undefined) checkSpace('TransformAction', 'actionSpace', actionSpace);
    this.#transform = transform;
    this.#actionSpace = actionSpace;
  }

  override get actionSpace(): Space<Action> {
    return this.#actionSpace ?? super.actionSpace;
  }

  override step(action: Action): StepResult<Observation> {
    return this.env.step(this.#transform(action));
  }
}

/** Gives `transform(reward)` in place of each reward. */
export class TransformReward<Observation, Action> extends Wrapper<Observation, Action> {
  readonly #transform: (reward: number) => number;

  constructor(env: Env<Observation, Action>, transform: (reward: number) => number) {
    super(env);
    checkArgument('TransformReward', 'transform', transform, Function);
    this.#transform = transform;
  }

  override step(action: Action): StepResult<Observation> {
    const [observation, reward, terminated, truncated, info] = super.step(action);
    return [observation, this.#transform(reward), terminated, truncated, info];
  }
}

/** Shows each observation as one vector, see `flatten`. */
export class FlattenObservation<Observation, Action> extends TransformObservation<
  Observation,
  Action,
  Float32Array | Float64Array
> {
  /** @throws when the observation space is none that `flatten` knows. */
  constructor(env: Env<Observation, Action>) {
    checkMethods('FlattenObservation', env as AnyEnv);
    const space = env.observationSpace;
    super(env, (observation) => flatten(space, observation), flattenSpace(space));
  }
}

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

/**
 * Rescales the actions: the box [minAction, maxAction] in place of the env's [low, high], entry by entry,
 * inner = low + (action − minAction) (high − low) / (maxAction − minAction). An action beyond its bounds is not clipped.
 */
export class RescaleAction<Observation> extends TransformAction<Observation, Float32Array> {
  /**
   * @param minAction the new lower bound of every entry, or of each; maxAction likewise.
   * @throws when the env's action space is not a bounded float32 `Box`, or the new bounds are not finite with minAction < maxAction.
   */
  constructor(
    env: Env<Observation, Float32Array> | Env<Observation>,
    minAction: number | ArrayLike<number> = -1,
    maxAction: number | ArrayLike<number> = 1,
  ) {
    checkMethods('RescaleAction', env as AnyEnv);
    checkArgument('RescaleAction', 'minAction', minAction, [Number, Array]);
    checkArgument('RescaleAction', 'maxAction', maxAction, [Number, Array]);
    const inner = env.actionSpace;
    if (!(inner instanceof Box) || inner.dtype !== 'float32' || !inner.bounded) {
      throw new Error(`RescaleAction: needs a bounded float32 Box of actions, got ${inner}`);
    }
    const outer = new Box({ low: minAction, high: maxAction, shape: inner.shape });
    const isProper = outer.bounded && outer.low.every((low, i) => low < outer.high[i]!);
    if (!isProper) {
      const got = `${show(minAction)} and ${show(maxAction)}`;
      throw new Error(`RescaleAction: needs finite bounds with minAction < maxAction, got ${got}`);
    }
    // Gymnasium's arithmetic, in float32.
    const slope = outer.low.map((low, i) => (outer.high[i]! - low) / (inner.high[i]! - inner.low[i]!));
    const shift = outer.low.map((low, i) => low - Math.fround(slope[i]! * inner.low[i]!));
    const rescaled = new Float32Array(inner.size);
    const rescale = (action: Float32Array) => {
      for (let i = 0; i < rescaled.length; i++) rescaled[i] = Math.fround(action[i]! - shift[i]!) / slope[i]!;
      return rescaled;
    };
    super(env as Env<Observation, Float32Array>, rescale, outer);
  }
}
