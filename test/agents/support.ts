import type { AgentState } from '../../agents/index.ts';
import {
  BaseEnv,
  Box,
  Dict,
  Discrete,
  type Info,
  type MultiBinary,
  MultiDiscrete,
  type ResetResult,
  type Space,
  type StepResult,
  Text,
} from '../../envs/index.ts';
import { type Policy, Rng, type RngState, type StateDict } from '../../src/index.ts';
import type { Variables } from '../oracle/mlp.ts';

/** What one step of a {@link RecordingEnv} was. */
export interface Transition {
  readonly observation: Float32Array;
  readonly action: number[];
  readonly reward: number;
  readonly next: Float32Array;
  readonly terminated: boolean;
  readonly truncated: boolean;
}

/** Random observations, rewards and ends, which it remembers. */
export class RecordingEnv extends BaseEnv<Float32Array, Float32Array | number> {
  readonly observationSpace = new Box({ low: -9, high: 9, shape: [2] });
  readonly actionSpace: Space<Float32Array | number>;
  readonly transitions: Transition[] = [];
  readonly #ends: number;
  #observation = new Float32Array(2);

  constructor(actionSpace: Box | Discrete, ends = 0.3) {
    super();
    this.actionSpace = actionSpace as Space<Float32Array | number>;
    this.#ends = ends;
  }

  #next(): Float32Array {
    this.#observation = Float32Array.from([this.rng.normal(), this.rng.normal()]);
    return this.#observation;
  }

  protected begin(): ResetResult {
    return [this.#next(), {}];
  }

  step(action: Float32Array | number): StepResult {
    const observation = this.#observation;
    const reward = Math.fround(this.rng.normal());
    const end = this.rng.uniform();
    const [terminated, truncated] = [end < this.#ends / 2, end > 1 - this.#ends / 2];
    const next = this.#next();
    const copied = typeof action === 'number' ? [action] : [...action];
    this.transitions.push({ observation, action: copied, reward, next, terminated, truncated });
    return [next, reward, terminated, truncated, {}];
  }

  state(): unknown {
    return { rng: this.rng.state(), observation: [...this.#observation] };
  }

  setState(): void {}
}

export const box = new Box({ low: [-1, -2], high: [3, 2] });
export const wideBox = new Box({ low: [-99, -99], high: [99, 99] });
export const discrete = new Discrete(3, 1);

/** The float64 copies of a module's variables, or of such a part of a state. */
export function variablesOf(module: Policy | unknown): Variables {
  const state = typeof (module as Policy).stateDict === 'function' ? (module as Policy).stateDict() : module;
  return Object.fromEntries(Object.entries(state as StateDict).map(([path, { values }]) => [path, [...values]]));
}

export function flat(variables: Variables): number[] {
  return Object.values(variables).flat();
}

/** Variables of the same shapes with other values. */
export function unflat(like: Variables, values: readonly number[]): Variables {
  let at = 0;
  return Object.fromEntries(
    Object.entries(like).map(([path, { length }]) => {
      at += length;
      return [path, values.slice(at - length, at)];
    }),
  );
}

/** The gradient of the only update that an Adam has made: its first moment is kept as the sum of what came in. */
export function gradientOf(state: AgentState, optimizer: string): number[] {
  const { moment1, 'main.moment1': main } = state.parts[optimizer] as StateDict;
  return [...(moment1 ?? main!).values];
}

/** The transitions in the replay of an agent with one environment, row by row. */
export function heldBy(state: AgentState, actionDim: number, observationDim = 2) {
  const { added, current, observations, actions, rewards, ends, lastObservations } = state.parts.replay as {
    added: number;
  } & Record<'current' | 'observations' | 'actions' | 'rewards' | 'ends' | 'lastObservations', Float32Array>;
  const size = rewards.length;
  const row = (values: Float32Array, at: number, width = observationDim) => [
    ...values.subarray(at * width, (at + 1) * width),
  ];
  return Array.from(rewards, (reward, at) => {
    const ended = ends.subarray(0, at).filter((end) => end !== 0).length;
    const isNewest = at === (added - 1) % size;
    const follows = isNewest ? [...current] : row(observations, (at + 1) % size);
    return {
      observation: row(observations, at),
      action: row(actions, at, actionDim),
      reward,
      next: ends[at] === 0 ? follows : row(lastObservations, ended),
      goesOn: 1 - Number(ends[at] === 1),
      ended: ends[at] !== 0,
    };
  });
}

/** Shows numbers, in a text and in their own space, and pays for each that the action repeats. */
export class Echo extends BaseEnv<{ word: string; numbers: ArrayLike<number> }, ArrayLike<number>> {
  readonly observationSpace;
  readonly actionSpace: Space<ArrayLike<number>>;
  #shown: ArrayLike<number> = [];

  constructor(space: MultiDiscrete | MultiBinary) {
    super();
    this.actionSpace = space as Space<ArrayLike<number>>;
    this.observationSpace = new Dict<{ word: string; numbers: ArrayLike<number> }>({
      word: new Text(5),
      numbers: space as Space<ArrayLike<number>>,
    });
  }

  #show(): { word: string; numbers: ArrayLike<number> } {
    this.#shown = this.actionSpace.sample(this.rng);
    return { word: 'echo', numbers: this.#shown };
  }

  protected begin(): ResetResult<{ word: string; numbers: ArrayLike<number> }> {
    return [this.#show(), {}];
  }

  step(action: ArrayLike<number>): StepResult<{ word: string; numbers: ArrayLike<number> }> {
    const right = Array.from(action).filter((value, i) => value === this.#shown[i]).length;
    return [this.#show(), right / this.#shown.length, false, false, {}];
  }
}

/** Pays as much as the action is great, and throws at one that its mask forbids. */
export class Guarded extends BaseEnv<Float32Array, number | Int32Array> {
  readonly observationSpace = new Box({ low: 0, high: 1, shape: [1] });
  readonly actionSpace: Space<number | Int32Array>;
  readonly #nvec: readonly number[];
  #mask: number[] = [];

  constructor(space: Discrete | MultiDiscrete) {
    super();
    this.actionSpace = space as Space<number | Int32Array>;
    this.#nvec = space instanceof MultiDiscrete ? space.nvec : [space.n];
  }

  #see(): [Float32Array, Info] {
    this.#mask = this.#nvec.flatMap((n) => {
      const free = this.rng.integer(0, n);
      return Array.from({ length: n }, (_, k) => (k === free || this.rng.uniform() < 0.4 ? 1 : 0));
    });
    return [Float32Array.of(this.rng.uniform()), { actionMask: [...this.#mask] }];
  }

  protected begin(): ResetResult {
    return this.#see();
  }

  step(action: number | Int32Array): StepResult {
    const choices = typeof action === 'number' ? [action] : [...action];
    let at = 0;
    choices.forEach((choice, i) => {
      if (this.#mask[at + choice] !== 1) throw new Error(`forbidden: ${choice} by ${this.#mask}`);
      at += this.#nvec[i]!;
    });
    const reward = choices.reduce((sum, choice) => sum + choice, 0);
    const [observation, info] = this.#see();
    return [observation, reward, false, false, info];
  }

  state(): { rng: RngState; mask: number[] } {
    return { rng: this.rng.state(), mask: this.#mask };
  }

  setState({ rng, mask }: { rng: RngState; mask: number[] }): void {
    this.rng = Rng.fromState(rng);
    this.#mask = mask;
  }
}
