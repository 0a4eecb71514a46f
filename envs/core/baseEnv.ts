import { Rng } from '../../src/random.ts';
import { checkResetOptions, envName } from './checks.ts';
import { describe } from './describe.ts';
import type { AnyEnv, Env, EnvSpec, ResetOptions, ResetResult, Seed, StepResult } from './env.ts';
import type { Space } from './spaces/space.ts';
import { unpredictableSeed } from './unpredictableSeed.ts';

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
    if (action?.length !== this.actionSpace.size) this.#refuseLength(action);
  }

  #refuseLength(action: ArrayLike<number>): never {
    const { size } = this.actionSpace;
    throw new Error(`${envName(this)}: step() got the action ${describe(action)}, expected ${size} finite numbers`);
  }

  abstract step(action: Action): StepResult<Observation>;

  close(): void {}
}
