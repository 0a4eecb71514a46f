import { z } from 'zod';
import { show } from '../options/describeIssue.ts';
import { parseOptions } from '../options/parseOptions.ts';
import { rngSchema } from '../options/rngSchema.ts';
import { Rng } from '../random.ts';
import { Actor } from './actor.ts';
import type { BoxSpace } from './boxSpace.ts';
import { actionBounds } from './clippedActions.ts';
import { choicesOf } from './multiDiscreteSpace.ts';
import { ObservationLayout } from './observationLayout.ts';
import type { Policy } from './policy.ts';
import { writeMask } from './writeMask.ts';

/** The observation of one environment: numbers, flat or nested as its space has them, and of a `Dict` an object of such and of texts. */
export type Observation =
  | number
  | string
  | ArrayLike<number>
  | readonly Observation[]
  | { readonly [part: string]: Observation };

/** Options of {@link Policy.act}. */
export interface ActOptions {
  /** Takes the greedy action, see {@link Policy.greedy}; a sampled one by default. */
  readonly greedy?: boolean | undefined;
  /** The stream of a sampled action's noise: by default the policy's own, which is named `act`. */
  readonly rng?: Rng | undefined;
  /** The info's `actionMask`, for a policy that masks actions. */
  readonly actionMask?: unknown;
}

const actOptions = z.strictObject({
  greedy: z.boolean().optional(),
  rng: rngSchema.optional(),
  actionMask: z.unknown().optional(),
});

/** What a call without options has, so that it does not pay for reading them. */
const NONE: ActOptions = {};

/** What an environment's `step` takes: of one discrete action the number. */
export type ActedAction = Float32Array | Int32Array | Uint8Array | number;

/** What it takes where types do not know the policy, as of an environment that is made by its name: of a box, or of one discrete action. */
export type UsualAction = Float32Array | number;

/** A policy that acts for one observation at a time, as environments give and take it. */
export class SingleActor {
  readonly #policy: Policy;
  readonly #bounds: Pick<BoxSpace, 'low' | 'high'> | undefined;
  readonly #observation: Float32Array;
  /** Where observations are more than numbers as they are. */
  readonly #layout: ObservationLayout | undefined;
  /** How many choices each number of an action has, where it has some. */
  readonly #nvec: readonly number[] | undefined;
  readonly #rng = new Rng('act');
  #sampled: Actor | undefined;
  #greedy: Actor | undefined;

  constructor(policy: Policy) {
    this.#policy = policy;
    const { observationSpace } = policy.config ?? {};
    const layout = observationSpace && new ObservationLayout(this.#where(), observationSpace);
    this.#layout = layout?.isPlain && 'low' in layout.space ? undefined : layout;
    this.#nvec = policy.discreteActions && choicesOf(policy.discreteActions).nvec;
    this.#bounds = actionBounds(policy);
    this.#observation = new Float32Array(policy.observationDim);
  }

  /** See {@link Policy.act}. */
  act(observation: Observation, options: ActOptions = NONE): ActedAction {
    const given = options === NONE ? NONE : parseOptions(this.#where(), actOptions, options);
    const { greedy = false, rng = this.#rng, actionMask } = given;
    this.#take(observation, actionMask);
    const { action } = this.#actor(greedy).act(this.#observation, rng);
    const { discreteActions } = this.#policy;
    if (discreteActions === undefined) return this.#clipped(action);
    if ('n' in discreteActions) return action[0]!;
    return 'binaries' in discreteActions ? Uint8Array.from(action) : Int32Array.from(action);
  }

  dispose(): void {
    this.#sampled?.dispose();
    this.#greedy?.dispose();
  }

  /** Made when it is first asked for. */
  #actor(greedy: boolean): Actor {
    const known = greedy ? this.#greedy : this.#sampled;
    if (known !== undefined) return known;
    const actor = new Actor(this.#policy, { rng: this.#rng, greedy });
    if (greedy) this.#greedy = actor;
    else this.#sampled = actor;
    return actor;
  }

  #take(observation: Observation, actionMask: unknown): void {
    const { observationDim, maskDim } = this.#policy;
    const size = observationDim - maskDim;
    if (maskDim === 0 && actionMask != null) {
      throw new Error(
        `${this.#where()}: actionMask: the policy masks no actions, expected one that is made with actionMask: true`,
      );
    }
    if (maskDim > 0) this.#named(() => writeMask(this.#nvec!, actionMask, this.#observation, size));
    const layout = this.#layout;
    if (layout !== undefined) {
      const flat = this.#named(() => layout.flat(observation));
      this.#write(flat, 0);
      return;
    }
    const count = this.#write(observation, 0);
    if (count === size) return;
    const got = Array.isArray(observation) || ArrayBuffer.isView(observation) ? `${count}` : show(observation);
    throw new Error(`${this.#where()}: wanted an observation of ${size} numbers, got ${got}`);
  }

  /** Copies numbers to `at` and after it. @returns where they end; beyond the end of an observation they are only counted */
  #write(observation: Observation, at: number): number {
    if (typeof observation === 'number') {
      if (!Number.isFinite(Math.fround(observation))) {
        const numbers = Number.isFinite(observation) ? 'numbers that float32 holds' : 'finite numbers';
        throw new Error(`${this.#where()}: got ${observation} at ${at} of the observation, expected ${numbers}`);
      }
      this.#observation[at] = observation;
      return at + 1;
    }
    const length = (observation as ArrayLike<number> | undefined)?.length;
    if (typeof observation !== 'object' || length === undefined) {
      throw new Error(`${this.#where()}: got ${show(observation)} in the observation, expected numbers`);
    }
    let end = at;
    for (let i = 0; i < length; i++) end = this.#write((observation as readonly Observation[])[i]!, end);
    return end;
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
