import { show } from '../../src/options/describe.ts';
import { Rng, type RngState } from '../../src/random.ts';
import type { Space } from '../../src/spaces/space.ts';
import { checkResetOptions, envName } from './checks.ts';
import type { AnyEnv, Env, EnvSpec, ResetOptions, ResetResult, Seed, StepResult } from './env.ts';
import { checkOptionNames } from './options.ts';

/**
 * The part that every env shares: its random stream and the small print of the contract. A subclass gives the spaces,
 * `begin` (a new episode) and `step`.
 */
export abstract class BaseEnv<Observation = Float32Array, Action = Float32Array | number>
  implements Env<Observation, Action>
{
  abstract readonly observationSpace: Space<Observation>;
  abstract readonly actionSpace: Space<Action>;
  spec: EnvSpec | undefined;
  #rng: Rng | undefined;

  get unwrapped(): AnyEnv {
    return this;
  }

  /** The env's stream: `new Rng(seed).split('env')`, from an unpredictable seed when `reset` was given none. */
  protected get rng(): Rng {
    this.#rng ??= new Rng(unpredictableSeed()).split('env');
    return this.#rng;
  }

  protected set rng(rng: Rng) {
    this.#rng = rng;
  }

  /** @throws for what is no option, a seed by itself say; and what a subclass refuses */
  reset(given?: ResetOptions): ResetResult<Observation> {
    checkResetOptions(this, given);
    const { seed, options } = given ?? {};
    if (seed !== undefined) this.reseed(seed);
    return this.begin(options ?? {});
  }

  /** Starts the random stream anew. A subclass that carries more from one episode to the next forgets it here. */
  protected reseed(seed: Seed): void {
    this.#rng = new Rng(seed).split('env');
  }

  protected abstract begin(options: Record<string, unknown>): ResetResult<Observation>;

  /** @throws unless the action has as many numbers as the action space; what they are the subclass looks at. */
  protected checkLength(action: ArrayLike<number>): void {
    const { size } = this.actionSpace;
    if (action?.length === size) return;
    throw new Error(`${envName(this)}: step() got the action ${show(action)}, expected ${size} finite numbers`);
  }

  abstract step(action: Action): StepResult<Observation>;

  close(): void {}

  [Symbol.dispose](): void {
    this.close();
  }
}

/** An env of which a run depends on its random stream and a few plain values alone, its `memory`: they are its state. */
export abstract class RememberingEnv<
  Memory extends object,
  Observation = Float32Array,
  Action = Float32Array | number,
> extends BaseEnv<Observation, Action> {
  protected abstract memory: Memory;

  state(): Memory & { rng: RngState } {
    return { rng: this.rng.state(), ...this.memory };
  }

  setState({ rng, ...memory }: Memory & { rng: RngState }): void {
    this.rng = Rng.fromState(rng);
    // JSON leaves out what is undefined.
    for (const name in this.memory) this.memory[name] = (memory as unknown as Memory)[name];
  }
}

/** Beyond it float64 begins to lose the fraction of a turn. */
const largest = 1e6;

/**
 * The state with which `reset({ options: { state } })` begins, or undefined where the options have none.
 *
 * @param parts the names of its numbers.
 * @throws when it is not as many numbers of size ≤ 1e6.
 */
export function resetState(
  owner: string,
  { state }: { state?: unknown },
  parts: readonly string[],
): Float64Array | undefined {
  if (state === undefined) return undefined;
  const isList = Array.isArray(state) || ArrayBuffer.isView(state);
  const numbers: unknown[] = isList ? Array.from(state as unknown as ArrayLike<unknown>) : [];
  if (numbers.length !== parts.length || !numbers.every((x) => typeof x === 'number' && Math.abs(x) <= largest)) {
    const wanted = `${parts.length} numbers in [-1e6, 1e6]: ${parts.join(', ')}`;
    throw new Error(`${owner}: reset() got the state ${show(state)}, expected ${wanted}`);
  }
  return Float64Array.from(numbers as number[]);
}

/**
 * The bounds of the start's uniform distribution, where options are `state`, `low` and `high` alone.
 *
 * @throws for an unknown option, or bounds that are not numbers of size ≤ 1e6 with low ≤ high.
 */
export function resetBounds(
  owner: string,
  options: Record<string, unknown>,
  defaultLow: number,
  defaultHigh: number,
): [low: number, high: number] {
  checkOptionNames(`${owner}.reset`, options, ['state', 'low', 'high']);
  const { low = defaultLow, high = defaultHigh } = options;
  const areNumbers = typeof low === 'number' && typeof high === 'number';
  if (!(areNumbers && Math.abs(low) <= largest && Math.abs(high) <= largest && low <= high)) {
    throw new Error(`${owner}: reset() needs -1e6 ≤ low ≤ high ≤ 1e6, got low ${show(low)}, high ${show(high)}`);
  }
  return [low, high];
}

/** A seed for a stream that nobody seeded. */
function unpredictableSeed(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('.');
}
