import { Rng, type RngState } from '../../src/random.ts';
import { BaseEnv } from '../core/baseEnv.ts';
import type { ResetResult, StepResult } from '../core/env.ts';
import { checkOptionNames } from '../core/options.ts';
import { box2d } from './loadBox2d.ts';

/** What an env in Box2D's physics is restored from. */
interface Box2dState {
  /** Of the random stream at the beginning of the episode; as it is, before the first. */
  readonly rng: RngState;
  /** The actions of the episode, one after another; missing before the first. */
  readonly actions?: readonly number[];
}

/**
 * An env in Box2D's physics. Contacts carry impulses from one step to the next, and the order in which they are solved depends on all that has
 * touched: none of it can be written back. So its state is the random stream at the beginning of the episode and the actions since, which
 * `setState` makes again.
 */
export abstract class Box2dEnv<
  Action extends number | Float32Array,
  Observation extends Float32Array | Uint8Array = Float32Array,
> extends BaseEnv<Observation, Action> {
  #start: RngState | undefined;
  readonly #actions: number[] = [];

  constructor() {
    super();
    // Says so at once, where the physics is not loaded.
    box2d();
  }

  /** As errors name the env. */
  protected abstract readonly name: string;

  /** Makes the world of an episode, from the random stream, and gives the first observation. */
  protected abstract start(): Observation;

  /** What the action does. @throws for one that is not in its space, or not finite */
  protected abstract advance(action: Action): StepResult<Observation>;

  protected begin(options: Record<string, unknown>): ResetResult<Observation> {
    checkOptionNames(`${this.name}.reset`, options, []);
    this.#start = this.rng.state();
    this.#actions.length = 0;
    return [this.start(), {}];
  }

  step(action: Action): StepResult<Observation> {
    const result = this.advance(action);
    const row = new Float32Array(this.actionSpace.size);
    this.actionSpace.write(action, row, 0);
    this.#actions.push(...row);
    return result;
  }

  state(): Box2dState {
    if (this.#start === undefined) return { rng: this.rng.state() };
    return { rng: this.#start, actions: this.#actions.slice() };
  }

  setState({ rng, actions }: Box2dState): void {
    this.rng = Rng.fromState(rng);
    this.#start = undefined;
    if (actions === undefined) return;
    this.begin({});
    const rows = Float32Array.from(actions);
    for (let i = 0; i < rows.length; i += this.actionSpace.size) this.step(this.actionSpace.read(rows, i));
  }
}
