import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { type Compiled, compile, type Outputs } from '../engine/compile.ts';
import { positiveInteger } from '../nn/sizes.ts';
import { show } from '../options/describe.ts';
import { checkArgument, checkOptions, parseOptions } from '../options/parse.ts';
import { Rng, rngSchema } from '../random.ts';
import { type BoxSpace, choicesOf } from '../spaces/plain.ts';
import { type Acting, type ActingOptions, actingOf, actingShape, byRows, HeldNoise } from './acting.ts';
import { ChunkedActions, chunkBox } from './actionChunks.ts';
import { ObservationLayout, writeMask } from './observationLayout.ts';
import type { ActionDistribution, ActionSample, Policy } from './policy.ts';

/** One action for each observation, with its log-probability where there is a density: what acts needs no more. */
export function sampleAction(distribution: ActionDistribution, rng: Rng): ActionSample {
  checkArgument('sampleAction', 'distribution', distribution, Object);
  checkArgument('sampleAction', 'rng', rng, Rng);
  return distribution.sample?.(rng) ?? distribution.sampleWithLogProb(rng);
}

/** The bounds of a policy's actions, where it knows some. */
export function actionBounds({ config, boundedActions, chunk }: Policy): Pick<BoxSpace, 'low' | 'high'> | undefined {
  const { actionSpace } = config ?? {};
  if (actionSpace === undefined || !('low' in actionSpace)) return boundedActions;
  return chunk === undefined ? actionSpace : chunkBox(actionSpace, chunk.length);
}

/** Actions as the environment gets them, each component clipped to its bounds: `[batch, actionDim]`. No gradient flows beyond them. */
export function clippedActions(actions: tf.Tensor, { low, high }: Pick<BoxSpace, 'low' | 'high'>): tf.Tensor {
  const bound = (bounds: ArrayLike<number>) => tf.tensor1d(Array.from(bounds));
  return tf.minimum(tf.maximum(actions, bound(low)), bound(high));
}

/** Options of {@link Actor}. */
export interface ActorOptions {
  /** The stream of the noise of sampled actions; greedy and densest ones need none. */
  readonly rng?: Rng | undefined;
  /** How many observations there are at a time, 1 by default. */
  readonly batch?: number;
  /** Takes greedy actions, see {@link Policy.greedy}; sampled ones by default. */
  readonly greedy?: boolean | undefined;
  /** From how many samples a greedy action is chosen where the policy has no exact mode, 32 by default. */
  readonly candidates?: number | undefined;
  /** How actions are chosen, in the place of both. */
  readonly acting?: ActingOptions | undefined;
}

/** An {@link ActionSample} as arrays, row by row. */
export type ActionArrays = { readonly [K in keyof ActionSample]: Float32Array };

/** What acting needs: of a policy with a memory its state, too. */
export interface ActorInputs {
  readonly [name: string]: tf.Tensor;
  readonly observations: tf.Tensor;
}

export function actorInputs<Size extends number | string>({ observationDim, stateDim }: Policy, batch: Size) {
  return {
    observations: { shape: [batch, observationDim] },
    ...(stateDim > 0 && { state: { shape: [batch, stateDim] } }),
  };
}

/** An action for each observation, and of a policy with a memory the state after it. */
export function actionOf(
  policy: Policy,
  { observations, state: before }: ActorInputs,
  { rule, temperature, candidates }: Acting,
  rng: Rng,
) {
  const past = before && { state: before };
  if (rule === 'mode') return policy.greedy(observations, candidates, past);
  if (rule === 'densest') return policy.tempered(observations, 0, { candidates }, past);
  if (temperature !== 1) return policy.tempered(observations, temperature, { candidates, rng }, past);
  const { distribution, state } = policy.unroll(observations, past);
  return { ...sampleAction(distribution, rng), ...(state && { state }) };
}

/** A policy that acts from arrays to arrays, with no tensors in between: the quick way to one action for one observation. */
export class Actor {
  /**
   * `[batch · stateDim]`: what a policy with a memory keeps of each row's episode. {@link act} renews it; set rows to 0 where an episode begins
   * ({@link reset}), or to what they were. Empty without a memory.
   */
  readonly state: Float32Array;
  readonly #compiled: Compiled<ActorInputs, Outputs>;
  readonly #onArrays;
  readonly #rng: Rng | undefined;
  readonly #held: HeldNoise | undefined;
  readonly #batch: number;
  readonly #stateDim: number;

  /**
   * @throws if an option is out of range, there is no `rng` for sampled actions, or the policy cannot act so: it has samples and no density,
   *   say, and the densest is to be chosen
   */
  constructor(policy: Policy, options: ActorOptions) {
    const {
      rng,
      batch = 1,
      ...given
    } = checkOptions('Actor', options, {
      rng: [Rng, undefined],
      batch: [Number, undefined],
      greedy: [Boolean, undefined],
      candidates: [Number, undefined],
      acting: [Object, undefined],
    });
    positiveInteger('Actor', 'batch', batch);
    if (given.candidates !== undefined) positiveInteger('Actor', 'candidates', given.candidates);
    const acting = actingOf('Actor', given);
    policy.checkActing('Actor', acting);
    if (acting.rule === 'sample' && !(rng instanceof Rng)) {
      throw new Error(`Actor: rng: got ${show(rng)}, expected an Rng, or greedy: true`);
    }
    this.#rng = rng;
    const held = acting.hold === 1 ? undefined : new HeldNoise(acting.hold, batch);
    this.#held = held;
    this.state = new Float32Array(batch * policy.stateDim);
    this.#batch = batch;
    this.#stateDim = policy.stateDim;
    this.#compiled = compile(
      (inputs, stream) => ({ ...actionOf(policy, inputs, acting, held ? byRows(stream, batch) : stream) }),
      { name: 'actor', state: [policy] },
    );
    this.#onArrays = this.#compiled.onArrays(actorInputs(policy, batch));
  }

  /**
   * Actions for observations, with the present variables of the policy.
   * @param observations `[batch · observationDim]`, row by row
   * @param rng the stream of the noise, in place of the one that the actor was made with
   * @returns arrays that the next call uses again
   * @throws if they are not that many
   */
  act(observations: ArrayLike<number>, rng = this.#rng): ActionArrays {
    const held = this.#held;
    if (held === undefined) return this.#act(observations, rng);
    held.begin(rng!);
    const made = this.#act(observations, held);
    held.end();
    return made;
  }

  #act(observations: ArrayLike<number>, rng: Rng | undefined): ActionArrays {
    const { state } = this;
    if (state.length === 0) return this.#onArrays({ observations }, rng) as unknown as ActionArrays;
    const made = this.#onArrays({ observations, state }, rng) as unknown as ActionArrays & { state: Float32Array };
    state.set(made.state);
    return made;
  }

  /**
   * Begins an episode in a row, or in all of them: a policy with a memory forgets what it has seen, and noise that is held is drawn anew.
   * @throws if there is no such row
   */
  reset(row?: number): void {
    if (row !== undefined && !(Number.isInteger(row) && row >= 0 && row < this.#batch)) {
      throw new Error(`Actor.reset: row: got ${show(row)}, expected an integer from 0 to ${this.#batch - 1}`);
    }
    this.#held?.reset(row);
    if (row === undefined) this.state.fill(0);
    else this.state.fill(0, row * this.#stateDim, (row + 1) * this.#stateDim);
  }

  /** Begins an episode in each row whose last one has ended by a step of parallel environments. */
  resetEnded({ terminations, truncations }: Readonly<Record<'terminations' | 'truncations', ArrayLike<number>>>): void {
    if (this.state.length === 0 && this.#held === undefined) return;
    for (let row = 0; row < terminations.length; row++) if (terminations[row] || truncations[row]) this.reset(row);
  }

  /** Frees what the engine holds; not the policy. */
  dispose(): void {
    this.#compiled.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** The observation of one environment: numbers, flat or nested as its space has them, and of a `Dict` an object of such and of texts. */
export type Observation =
  | number
  | string
  | ArrayLike<number>
  | readonly Observation[]
  | { readonly [part: string]: Observation };

/** What an environment's `step` takes: of one discrete action the number. */
export type ActedAction = Float32Array | Int32Array | Uint8Array | number;

/** What it takes where types do not know the policy, as of an environment that is made by its name: of a box, or of one discrete action. */
export type UsualAction = Float32Array | number;

/** Options of {@link Policy.act}. */
export interface ActOptions {
  /** Takes the greedy action, see {@link Policy.greedy}; a sampled one by default. */
  readonly greedy?: boolean | undefined;
  /** How the action is chosen; noise that is held is drawn anew at the first action after {@link Policy.reset}. */
  readonly acting?: ActingOptions | undefined;
  /** The stream of a sampled action's noise: by default the policy's own, which is named `act`. */
  readonly rng?: Rng | undefined;
  /** The info's `actionMask`, for a policy that masks actions. */
  readonly actionMask?: unknown;
}

const actOptions = z.strictObject({
  ...actingShape,
  rng: rngSchema.optional(),
  actionMask: z.unknown().optional(),
});

/** What a call without options has, so that it does not pay for reading them. */
const NONE: ActOptions = {};

/** A policy that acts for one observation at a time, as environments give and take it. */
export class SingleActor {
  readonly #policy: Policy;
  readonly #bounds: Pick<BoxSpace, 'low' | 'high'> | undefined;
  readonly #observation: Float32Array;
  readonly #layout: ObservationLayout;
  /** How many choices each number of an action has, where it has some. */
  readonly #nvec: readonly number[] | undefined;
  readonly #rng = new Rng('act');
  /** What a memory holds, of sampled actions and greedy ones alike. */
  readonly #state: Float32Array;
  readonly #chunks: ChunkedActions;
  #sampled: Actor | undefined;
  #greedy: Actor | undefined;
  /** The last one of another way to act. */
  #other: { readonly way: string; readonly actor: Actor } | undefined;

  constructor(policy: Policy) {
    this.#policy = policy;
    const size = policy.observationDim - policy.maskDim;
    this.#layout = new ObservationLayout(this.#where(), policy.config?.observationSpace ?? { size });
    this.#nvec = policy.discreteActions && choicesOf(policy.discreteActions).nvec;
    this.#bounds = actionBounds(policy);
    this.#observation = new Float32Array(policy.observationDim);
    this.#state = new Float32Array(policy.stateDim);
    this.#chunks = new ChunkedActions(policy, 1);
  }

  /** See {@link Policy.act}. */
  act(observation: Observation, options: ActOptions = NONE): ActedAction {
    const given = options === NONE ? NONE : parseOptions(this.#where(), actOptions, options);
    const { rng = this.#rng, actionMask } = given;
    this.#take(observation, actionMask);
    const actor = this.#actor(given);
    actor.state.set(this.#state);
    const action = this.#chunks.next(() => actor.act(this.#observation, rng).action);
    this.#state.set(actor.state);
    const { discreteActions } = this.#policy;
    if (discreteActions === undefined) return this.#clipped(action);
    if ('n' in discreteActions) return action[0]!;
    return 'binaries' in discreteActions ? Uint8Array.from(action) : Int32Array.from(action);
  }

  /** Forgets what a memory holds, the chunk, and noise that is held. */
  reset(): void {
    this.#state.fill(0);
    this.#chunks.reset();
    this.#other?.actor.reset();
  }

  dispose(): void {
    this.#sampled?.dispose();
    this.#greedy?.dispose();
    this.#other?.actor.dispose();
  }

  /** Made when it is first asked for; of other ways to act than samples and greedy actions the last one is kept. */
  #actor(given: ActOptions): Actor {
    if (given.acting === undefined) {
      if (given.greedy) this.#greedy ??= new Actor(this.#policy, { greedy: true });
      else this.#sampled ??= new Actor(this.#policy, { rng: this.#rng });
      return (given.greedy ? this.#greedy : this.#sampled)!;
    }
    const acting = actingOf(this.#where(), given);
    const way = JSON.stringify(acting);
    if (this.#other?.way !== way) {
      this.#policy.checkActing(this.#where(), acting);
      this.#other?.actor.dispose();
      this.#other = { way, actor: new Actor(this.#policy, { rng: this.#rng, acting }) };
    }
    return this.#other.actor;
  }

  #take(observation: Observation, actionMask: unknown): void {
    const { observationDim, maskDim } = this.#policy;
    const size = observationDim - maskDim;
    if (maskDim === 0 && actionMask != null) {
      throw new Error(
        `${this.#where()}: actionMask: the policy masks no actions, expected one that is made with actionMask: true`,
      );
    }
    this.#named(() => {
      if (maskDim > 0) writeMask(this.#nvec!, actionMask, this.#observation, size);
      this.#observation.set(this.#layout.flat(observation));
    });
  }

  #clipped(action: Float32Array): Float32Array {
    const bounds = this.#bounds;
    if (bounds === undefined) return action.slice();
    return action.map((value, i) => Math.min(Math.max(value, bounds.low[i]!), bounds.high[i]!));
  }

  /** What `call` gives, its errors with the name of this method. */
  #named<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      throw new Error(`${this.#where()}: ${(error as Error).message}`);
    }
  }

  #where(): string {
    return `${this.#policy.constructor.name}.act`;
  }
}
