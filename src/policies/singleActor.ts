import { show } from '../options/describeIssue.ts';
import { Rng } from '../random.ts';
import { Actor } from './actor.ts';
import type { BoxSpace } from './boxSpace.ts';
import type { Policy } from './policy.ts';

/** The observation of one environment: numbers, flat or nested as its space has them. */
export type Observation = number | ArrayLike<number> | readonly Observation[];

/** Options of {@link Policy.act}. */
export interface ActOptions {
  /** Takes the greedy action, see {@link Policy.greedy}; a sampled one by default. */
  readonly greedy?: boolean | undefined;
  /** The stream of the noise: by default the policy's own, which is named `act`. */
  readonly rng?: Rng | undefined;
}

/** A policy that acts for one observation at a time, as environments give and take it. */
export class SingleActor {
  readonly #policy: Policy;
  readonly #bounds: Pick<BoxSpace, 'low' | 'high'> | undefined;
  readonly #observation: Float32Array;
  readonly #rng = new Rng('act');
  #sampled: Actor | undefined;
  #greedy: Actor | undefined;

  constructor(policy: Policy) {
    this.#policy = policy;
    const { actionSpace } = policy.config ?? {};
    this.#bounds = actionSpace !== undefined && 'low' in actionSpace ? actionSpace : policy.boundedActions;
    this.#observation = new Float32Array(policy.observationDim);
  }

  /** See {@link Policy.act}. */
  act(observation: Observation, { greedy = false, rng = this.#rng }: ActOptions = {}): Float32Array | number {
    this.#take(observation);
    const { action } = this.#actor(greedy).act(this.#observation, rng);
    return this.#policy.discreteActions === undefined ? this.#clipped(action) : action[0]!;
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

  #take(observation: Observation): void {
    const { observationDim } = this.#policy;
    const count = this.#write(observation, 0);
    if (count === observationDim) return;
    const got = Array.isArray(observation) || ArrayBuffer.isView(observation) ? `${count}` : show(observation);
    throw new Error(`${this.#where()}: wanted an observation of ${observationDim} numbers, got ${got}`);
  }

  /** Copies numbers to `at` and after it. @returns where they end; beyond the end of an observation they are only counted */
  #write(observation: Observation, at: number): number {
    if (typeof observation === 'number') {
      if (!Number.isFinite(observation)) {
        throw new Error(`${this.#where()}: got ${observation} at ${at} of the observation, expected finite numbers`);
      }
      this.#observation[at] = observation;
      return at + 1;
    }
    const length = observation?.length;
    if (typeof observation !== 'object' || length === undefined) {
      throw new Error(`${this.#where()}: got ${show(observation)} in the observation, expected numbers`);
    }
    let end = at;
    for (let i = 0; i < length; i++) end = this.#write(observation[i]!, end);
    return end;
  }

  #clipped(action: Float32Array): Float32Array {
    const bounds = this.#bounds;
    if (bounds === undefined) return action.slice();
    return action.map((value, i) => Math.min(Math.max(value, bounds.low[i]!), bounds.high[i]!));
  }

  #where(): string {
    return `${this.#policy.constructor.name}.act`;
  }
}
