import type * as tf from '@tensorflow/tfjs-core';
import { type Compiled, compile, type Outputs } from '../engine/compile.ts';
import { positiveInteger } from '../nn/positiveInteger.ts';
import { checkOptions } from '../options/checkArguments.ts';
import { show } from '../options/describeIssue.ts';
import { Rng } from '../random.ts';
import type { ActionSample, Policy } from './policy.ts';
import { sampleAction } from './sampleAction.ts';

/** Options of {@link Actor}. */
export interface ActorOptions {
  /** The stream of the noise of sampled actions; greedy ones need none. */
  readonly rng?: Rng | undefined;
  /** How many observations there are at a time, 1 by default. */
  readonly batch?: number;
  /** Takes greedy actions, see {@link Policy.greedy}; sampled ones by default. */
  readonly greedy?: boolean;
  /** From how many samples a greedy action is chosen where the policy has no exact mode, 32 by default. */
  readonly candidates?: number | undefined;
}

/** An {@link ActionSample} as arrays, row by row. */
export type ActionArrays = { readonly [K in keyof ActionSample]: Float32Array };

/** A policy that acts from arrays to arrays, with no tensors in between: the quick way to one action for one observation. */
export class Actor {
  readonly #compiled: Compiled<{ observations: tf.Tensor }, Outputs>;
  readonly #onArrays;
  readonly #rng: Rng | undefined;

  /** @throws if `batch` or `candidates` is no positive integer, or there is no `rng` for sampled actions */
  constructor(policy: Policy, options: ActorOptions) {
    const {
      rng,
      batch = 1,
      greedy = false,
      candidates = 32,
    } = checkOptions('Actor', options, {
      rng: [Rng, undefined],
      batch: [Number, undefined],
      greedy: [Boolean, undefined],
      candidates: [Number, undefined],
    });
    positiveInteger('Actor', 'batch', batch);
    positiveInteger('Actor', 'candidates', candidates);
    if (!greedy && !(rng instanceof Rng)) {
      throw new Error(`Actor: rng: got ${show(rng)}, expected an Rng, or greedy: true`);
    }
    this.#rng = rng;
    this.#compiled = compile(
      ({ observations }, stream) => ({
        ...(greedy ? policy.greedy(observations, candidates) : sampleAction(policy.given(observations), stream)),
      }),
      { name: 'actor', state: [policy] },
    );
    this.#onArrays = this.#compiled.onArrays({ observations: { shape: [batch, policy.observationDim] } });
  }

  /**
   * Actions for observations, with the present variables of the policy.
   * @param observations `[batch · observationDim]`, row by row
   * @param rng the stream of the noise, in place of the one that the actor was made with
   * @returns arrays that the next call uses again
   * @throws if they are not that many
   */
  act(observations: ArrayLike<number>, rng = this.#rng): ActionArrays {
    return this.#onArrays({ observations }, rng) as unknown as ActionArrays;
  }

  /** Frees what the engine holds; not the policy. */
  dispose(): void {
    this.#compiled.dispose();
  }
}
