import { describe, expect, it } from 'vitest';
import {
  type AnyEnv,
  type AutoresetMode,
  BaseEnv,
  Box,
  checkEnv,
  Dict,
  Discrete,
  FlatVectorEnv,
  MultiBinary,
  MultiDiscrete,
  make,
  makeVec,
  PassiveEnvChecker,
  type ResetResult,
  type Space,
  type StepResult,
  SyncVectorEnv,
  Text,
  TimeLimit,
  Tuple,
} from '../../../envs/index.ts';
import { Rng } from '../../../src/index.ts';
import { Countdown } from './fixtures.ts';
import './threads/puppet.ts';
import { describeVectorEnvs } from './vectorEnvContract.ts';

/** Two countdowns, of 2 and 3 steps. */
function countdowns(autoresetMode?: AutoresetMode): SyncVectorEnv {
  return new SyncVectorEnv([() => new Countdown({ length: 2 }), () => new Countdown({ length: 3 })], { autoresetMode });
}

const actions = Int32Array.of(1, 2);

describeVectorEnvs([
  { name: 'SyncVectorEnv', id: 'test/Puppet-v0' },
  { name: 'FlatVectorEnv', id: 'test/Puppet-v0', isFlat: true },
]);

describe('SyncVectorEnv', () => {
  it('refuses envs that are none, or not alike', () => {
    const one = () => new Countdown();
    const seeing = (observationSpace: unknown) => () => Object.assign(one(), { observationSpace }) as Countdown;
    const box = (high: number, dtype: 'float32' | 'float64') => new Box({ low: 0, high: [1, high], dtype });
    for (const [a, b] of [
      [box(1.000001, 'float64'), box(1.000002, 'float64')],
      [new Text(3, { charset: 'ab' }), new Text(3, { charset: 'bc' })],
      [new Box({ low: 0, high: [1, 2, 3, 4, 5, 6, 7] }), new Box({ low: 0, high: [1, 2, 3, 4, 5, 6, 8] })],
    ] as const) {
      expect(() => new SyncVectorEnv([seeing(a), seeing(b)])).toThrow(/env 1 has observationSpace/);
      const dict = (part: Space) => seeing(new Dict({ part }));
      expect(() => new SyncVectorEnv([dict(a), dict(b)])).toThrow(/env 1 has observationSpace/);
    }
    const plain = Object.assign(one(), { observationSpace: { low: [0], high: [1], shape: [1] } });
    for (const env of [make('Lake-v0'), Promise.resolve(one()), { reset() {}, step() {} }, plain]) {
      expect(() => new SyncVectorEnv([one, () => env as Countdown])).toThrow(/env 1|has no close|is not a Space/);
    }
    for (const numEnvs of [1e9, 2 ** 53, Number.NaN, 1.5]) {
      expect(() => makeVec('Lake-v0', { numEnvs })).toThrow(/numEnvs: got /);
    }
  });

  it('closes all its envs', () => {
    const envs = countdowns();
    envs.close();
    expect(envs.envs.map((env) => (env as Countdown).closed)).toEqual([1, 1]);
  });
});

/** Pays 1 for the door that it shows, among composite observations and actions. */
class Doors extends BaseEnv<{ door: number; seen: Uint8Array }, { door: number; lamp: Int32Array }> {
  readonly observationSpace = new Dict({ door: new Discrete(3, 1), seen: new MultiBinary(2) });
  readonly actionSpace = new Dict({ door: new Discrete(3, 1), lamp: new MultiDiscrete([2, 4]) });
  #door = 1;

  protected begin(): ResetResult<{ door: number; seen: Uint8Array }> {
    this.#door = this.rng.integer(1, 4);
    return [{ door: this.#door, seen: Uint8Array.of(0, 1) }, {}];
  }

  step({ door, lamp }: { door: number; lamp: Int32Array }): StepResult<{ door: number; seen: Uint8Array }> {
    const reward = (door === this.#door ? 1 : 0) + 10 * lamp[1]!;
    return [{ door: this.#door, seen: Uint8Array.of(lamp[0]!, 0) }, reward, true, false, {}];
  }
}

it('composite spaces pass the checks, and travel in rows: parts one after another, by name', () => {
  checkEnv(new Doors());
  const envs = new SyncVectorEnv([() => new Doors(), () => new Doors()], { autoresetMode: 'sameStep' });
  const [observations] = envs.reset({ seed: 1 });
  const doors = [observations[0]!, observations[3]!];
  expect([...observations]).toEqual([doors[0], 0, 1, doors[1], 0, 1]);
  // Each action: the door, then both lamps.
  const { rewards, finalObservations } = envs.step(Int32Array.of(doors[0]!, 1, 2, (doors[1]! % 3) + 1, 0, 3));
  expect([...rewards]).toEqual([21, 30]);
  expect([...finalObservations]).toEqual([doors[0], 1, 0, doors[1], 0, 0]);
});

/** A countdown that gives something else at a step. */
class Faulty extends Countdown {
  readonly #at: number;
  readonly #fault: (result: StepResult) => unknown;
  steps = 0;

  constructor(at: number, fault: (result: StepResult) => unknown) {
    super({ length: 9 });
    this.#at = at;
    this.#fault = fault;
  }

  override step(action: number): StepResult {
    const result = super.step(action);
    this.steps++;
    return (this.steps === this.#at ? this.#fault(result) : result) as StepResult;
  }
}

describe('what an env gives is checked at every step', () => {
  const observed = (observation: unknown) => (result: StepResult) => [observation, ...result.slice(1)];
  const where = 'SyncVectorEnv: env 1 (Faulty), step 3: ';

  it.each<[string, (result: StepResult) => unknown, string]>([
    ['a shorter observation', observed(Float32Array.of(1)), 'observation: expected 2 numbers'],
    ['texts', observed(['0.9', null]), 'observation: entry 0 is "0.9"'],
    ['NaN in it', observed(Float32Array.of(1, Number.NaN)), 'observation: entry 1 is NaN'],
    ['a text', observed('ab'), 'observation: entry 0 is "a"'],
    ['a reward of text', ([o, , ...rest]) => [o, '5', ...rest], 'step() must give a finite number as reward'],
    ['an infinite one', ([o, , ...rest]) => [o, Infinity, ...rest], 'step() must give a finite number as reward'],
    ['a large one', ([o, , ...rest]) => [o, 1e300, ...rest], 'step() must give a number that float32 holds'],
    ['a flag of 0', ([o, r, , ...rest]) => [o, r, 0, ...rest], 'step() must give a boolean as terminated'],
    ['no flag', ([o, r, t, , i]) => [o, r, t, undefined, i], 'step() must give a boolean as truncated'],
    ['no info', ([o, r, t, u]) => [o, r, t, u, undefined], 'step() must give an info object'],
    ['four parts', (result) => result.slice(1), 'step() must return [observation, reward'],
    ['nothing', () => undefined, 'step() must return [observation, reward'],
  ])('%s', (_, fault, message) => {
    const envs = new SyncVectorEnv([() => new Countdown(), () => new Faulty(3, fault)]);
    envs.reset({ seed: 1 });
    for (let t = 0; t < 2; t++) envs.step(actions);
    expect(() => envs.step(actions)).toThrow(where + message);
  });

  it.each<[string, (faulty: AnyEnv) => AnyEnv, string]>([
    ['a wrapper of one', (env) => new TimeLimit(env, 3), 'env 1 (Faulty), step 3: TypeError'],
    ['the checks of make', (env) => new PassiveEnvChecker(env), 'Faulty: step 3: step() must return'],
  ])('null, through %s', (_, wrapped, message) => {
    const makers = [() => new Countdown() as AnyEnv, () => wrapped(new Faulty(3, () => null) as AnyEnv)];
    const envs = new SyncVectorEnv(makers);
    envs.reset({ seed: 1 });
    envs.step(actions);
    envs.step(actions);
    expect(() => envs.step(actions)).toThrow(message);
  });

  it('an infinite observation is one', () => {
    const fault = observed(Float32Array.of(Number.POSITIVE_INFINITY, 0));
    const envs = new SyncVectorEnv([() => new Faulty(1, fault)]);
    envs.reset();
    expect(envs.step(Int32Array.of(1)).observations[0]).toBe(Number.POSITIVE_INFINITY);
  });

  it('the last observation of an episode too, and what reset gives', () => {
    class Late extends Countdown {
      episodes = 0;
      protected override begin(): ResetResult {
        const [observation, info] = super.begin();
        return [this.episodes++ === 0 ? observation : observation.slice(1), info];
      }
    }
    const envs = new SyncVectorEnv([() => new Late({ length: 1 })], { autoresetMode: 'sameStep' });
    envs.reset();
    expect(() => envs.step(Int32Array.of(1))).toThrow(
      'SyncVectorEnv: env 0 (Late), step 1: observation: expected 2 numbers, got Float32Array',
    );
    const ends = new SyncVectorEnv([() => new Faulty(1, ([, r, , ...rest]) => [[1], r, true, ...rest])]);
    ends.reset();
    expect(() => ends.step(Int32Array.of(1))).toThrow('env 0 (Faulty), step 1: observation: expected 2 numbers');
  });

  it('parts of an observation by their names', () => {
    const dict = new Dict({ a: new Discrete(3), b: new MultiBinary(2) });
    const tuple = new Tuple([new Discrete(3), dict] as const);
    const bits = Uint8Array.of(1, 0);
    for (const [space, value, message] of [
      [dict, { a: 1, b: Uint8Array.of(1) }, 'part "b": expected 2 numbers'],
      [dict, { a: 'x' }, 'part "a": expected a number, got "x"'],
      [dict, { a: 1 }, 'has no part "b"'],
      [dict, null, 'expected an object of a, b'],
      [tuple, [1, { a: Number.NaN, b: bits }], 'part 1: part "a": expected a number, got NaN'],
      [tuple, [1], 'expected 2 parts'],
      [tuple, [1, { b: bits }], 'part 1: has no part "a"'],
    ] as const) {
      expect(() => (space as Space).write(value, new Float32Array(4), 0)).toThrow(message);
    }
  });

  it('a part that is missing is named by whoever looks at an observation', () => {
    class Blind extends Doors {
      protected override begin(): ReturnType<Doors['begin']> {
        const [{ door }, info] = super.begin();
        return [{ door } as never, info];
      }
    }
    expect(() => checkEnv(new Blind())).toThrow(/^Blind: reset\(\) gave .*: has no part "seen"/);
    const envs = new SyncVectorEnv([() => new Doors(), () => new Blind()]);
    for (const each of [envs, new FlatVectorEnv(envs)]) {
      expect(() => each.reset()).toThrow('SyncVectorEnv: env 1 (Blind), step 0: observation: has no part "seen"');
    }
  });
});

const unit = new Box({ low: -1, high: 1, shape: [1] });
const discrete = new MultiDiscrete([2, 3], [0, 4]);
const integers = (low: number, high: number, dtype: 'uint8' | 'int32') => new Box({ low, high, shape: [1], dtype });
it.each<[Space, number[], string]>([
  [discrete, [1.5, 4], 'entry 0 is 1.5'],
  [discrete, [1, 3], 'entry 1 is 3'],
  [new MultiBinary(2), [0, 0.5], 'entry 1 is 0.5'],
  [new MultiBinary(2), [256, 0], 'entry 0 is 256'],
  [integers(0, 255, 'uint8'), [300], 'entry 0 is 300'],
  [integers(-5, 5, 'int32'), [0.5], 'entry 0 is 0.5'],
  [new Tuple([unit, new Discrete(3)]), [0, 3], 'entry 1 is 3'],
  [new Tuple([unit, new Discrete(3)]), [Number.NaN, 2], 'entry 0 is NaN'],
  [new Dict({ b: unit, a: new Discrete(3, 1) }), [2.5, 0], 'entry 0 is 2.5'],
])(
  'all envs make a step, or none: whole numbers are whole, and within their bounds, wherever they stand: %s, %o',
  (space, action, problem) => {
    const paid = ([observation, , ...rest]: StepResult) => [observation, 0, ...rest];
    const made = () => Object.assign(new Faulty(1, paid), { actionSpace: space as never });
    const envs = new SyncVectorEnv([made, made]);
    envs.reset({ seed: 1 });
    const rows = new Float64Array(2 * space.size);
    for (const i of [0, 1]) space.write(space.sample(new Rng(i)), rows, i * space.size);
    const wrong = rows.slice();
    wrong.set(action, space.size);
    expect(() => envs.step(wrong)).toThrow(`SyncVectorEnv.step: the action of env 1: ${problem}`);
    const steps = () => envs.envs.map((env) => (env as Faulty).steps);
    expect(steps()).toEqual([0, 0]);
    envs.step(rows);
    expect(steps()).toEqual([1, 1]);
  },
);
