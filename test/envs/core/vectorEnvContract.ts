import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  type AnyEnv,
  type AutoresetMode,
  autoresetModes,
  FlatVectorEnv,
  type Info,
  type MakeVecOptions,
  make,
  makeVec,
  type VectorEnv,
  type VectorStep,
} from '../../../envs/index.ts';
import { Rng } from '../../../src/random.ts';
import { DEEDS } from './threads/puppet.ts';

const N = 5;

/** A way to make vector envs: its envs alone are those of `make` with the same options but for `workers`. */
export interface Kind {
  readonly name: string;
  readonly id: string;
  readonly options?: MakeVecOptions;
  readonly isFlat?: boolean;
}

const closers: (() => void)[] = [];
/** Tests share what they leave whole: a thread takes a second to start. */
const shared = new Map<string, VectorEnv>();
/** Each is a process in Python. */
const singles = new Map<string, AnyEnv>();

function closeAll(): void {
  for (const close of closers.splice(0)) close();
  shared.clear();
  singles.clear();
}

function open({ id, options = {}, isFlat = false }: Kind, autoresetMode?: AutoresetMode, numEnvs = N): VectorEnv {
  const env = makeVec(id, { ...options, numEnvs, ...(autoresetMode && { autoresetMode }) });
  closers.push(() => env.close());
  return isFlat ? new FlatVectorEnv(env) : env;
}

function opened(kind: Kind, mode: AutoresetMode = 'sameStep'): VectorEnv {
  const key = `${kind.name} ${mode}`;
  if (!shared.has(key)) shared.set(key, open(kind, mode));
  return shared.get(key)!;
}

/** Row i of a step. */
interface Row {
  observation: number[];
  info: Info;
  reward?: number;
  terminated?: boolean;
  truncated?: boolean;
  isReset?: boolean;
  final?: number[] | undefined;
  finalInfo?: Info | undefined;
}

/** Envs that are stepped one by one, by the words of the contract. */
class OneByOne {
  readonly #envs: readonly AnyEnv[];
  readonly #mode: AutoresetMode;
  readonly #ended: boolean[];
  rows: Row[];

  constructor({ id, options: { workers: _, ...options } = {} }: Kind, mode: AutoresetMode, n: number) {
    this.#envs = Array.from({ length: n }, (_, i) => {
      const key = `${id} ${i}`;
      const env = singles.get(key) ?? make(id, options);
      if (!singles.has(key)) closers.push(() => env.close());
      singles.set(key, env);
      return env;
    });
    this.#mode = mode;
    this.#ended = this.#envs.map(() => false);
    this.rows = [];
  }

  #flat(i: number, observation: unknown): number[] {
    const { observationSpace } = this.#envs[i]!;
    const row = new Float32Array(observationSpace.size);
    observationSpace.write(observation as never, row, 0);
    return [...row];
  }

  reset(seed?: number | string, options?: Record<string, unknown>, mask = this.#envs.map(() => 1)): Row[] {
    this.rows = this.#envs.map((env, i) => {
      if (mask[i] === 0) return this.rows[i]!;
      const given = { ...(seed !== undefined && { seed: `${seed}/vectorEnv/${i}` }), ...(options && { options }) };
      const [observation, info] = env.reset(given);
      this.#ended[i] = false;
      return { observation: this.#flat(i, observation), info };
    });
    return this.rows.map(({ observation, info }) => ({ observation, info }));
  }

  step(actions: readonly unknown[]): Row[] {
    this.rows = this.#envs.map((env, i): Row => {
      if (this.#ended[i]) {
        const [observation, info] = env.reset();
        this.#ended[i] = false;
        const nothing = { reward: 0, terminated: false, truncated: false, final: undefined, finalInfo: undefined };
        return { observation: this.#flat(i, observation), info, ...nothing, isReset: true };
      }
      const [last, reward, terminated, truncated, lastInfo] = env.step(actions[i] as never);
      const ends = terminated || truncated;
      const isBegun = ends && this.#mode === 'sameStep';
      const [observation, info] = isBegun ? env.reset() : [last, lastInfo];
      this.#ended[i] = ends && !isBegun;
      const final = ends ? this.#flat(i, last) : undefined;
      const finalInfo = ends ? lastInfo : undefined;
      const flags = { reward, terminated, truncated, isReset: false };
      return { observation: this.#flat(i, observation), info, ...flags, final, finalInfo };
    });
    return this.rows;
  }
}

function rowsOfReset([observations, infos]: [Float32Array, Info[]]): Row[] {
  const size = observations.length / infos.length;
  return infos.map((info, i) => ({ observation: [...observations.subarray(i * size, (i + 1) * size)], info }));
}

function rowsOf(step: VectorStep): Row[] {
  const size = step.observations.length / step.infos.length;
  return rowsOfReset([step.observations, step.infos]).map((row, i) => ({
    ...row,
    reward: step.rewards[i]!,
    terminated: step.terminations[i] === 1,
    truncated: step.truncations[i] === 1,
    isReset: step.resets[i] === 1,
    // Where no episode has ended it means nothing.
    final: step.finalInfos[i] && [...step.finalObservations.subarray(i * size, (i + 1) * size)],
    finalInfo: step.finalInfos[i],
  }));
}

/** Random actions for all envs; of a puppet such as do no harm. */
function actionsOf({ numEnvs, singleActionSpace: space }: VectorEnv, rng: Rng): [rows: Float32Array, each: unknown[]] {
  const harmless = ['go', 'tell', 'end', 'cut'].map((deed) => DEEDS.indexOf(deed as never));
  const isPuppet = String(space) === `Discrete(${DEEDS.length})`;
  const rows = new Float32Array(numEnvs * space.size);
  const each = Array.from({ length: numEnvs }, (_, i) => {
    space.write(isPuppet ? harmless[rng.integer(0, 4)] : space.sample(rng), rows, i * space.size);
    return space.read(rows, i * space.size);
  });
  return [rows, each];
}

/** Steps both; @returns the episodes that were terminated, and truncated */
function playBoth(env: VectorEnv, apart: OneByOne, steps: number, seed: number | string): [number, number] {
  const rng = new Rng('actions');
  const ends: [number, number] = [0, 0];
  expect(rowsOfReset(env.reset({ seed }))).toStrictEqual(apart.reset(seed));
  for (let t = 0; t < steps; t++) {
    const [rows, each] = actionsOf(env, rng);
    const step = env.step(rows);
    expect(rowsOf(step), `step ${t}`).toStrictEqual(apart.step(each));
    const mask = step.terminations.map((flag, i) => flag | step.truncations[i]!);
    ends[0] += step.terminations.reduce((sum, flag) => sum + flag);
    ends[1] += step.truncations.reduce((sum, flag) => sum + flag);
    if (env.autoresetMode !== 'disabled' || !mask.includes(1)) continue;
    const refused = `.step: the episode of env ${mask.indexOf(1)} has ended, expected a reset({ mask }) first`;
    expect(() => env.step(rows)).toThrow(refused);
    expect(rowsOfReset(env.reset({ mask }))).toStrictEqual(apart.reset(undefined, undefined, [...mask]));
  }
  return ends;
}

/** What every vector env keeps, whatever it is made of: beside envs that are stepped one by one, and when it is called wrongly. */
export function describeVectorEnvs(kinds: readonly Kind[]): void {
  describe('vector envs', () => {
    afterAll(closeAll);
    describe.each(kinds)('$name', (kind) => {
      const isPython = kind.id.startsWith('gymnasium:');

      test.each(autoresetModes)('%s: gives what its envs give, one by one', (mode) => {
        const env = opened(kind, mode);
        expect(env.autoresetMode).toBe(mode);
        expect(Math.min(...playBoth(env, new OneByOne(kind, mode, N), 30, 'a stream'))).toBeGreaterThan(1);
      });

      test('a reset has options and a mask, and leaves the other rows', () => {
        const [env, apart] = [opened(kind), new OneByOne(kind, 'sameStep', N)];
        const options = { start: 5 };
        expect(rowsOfReset(env.reset({ seed: 0, options }))).toStrictEqual(apart.reset(0, options));
        for (const [mask, given] of [
          [[0, 1, 0, 0, 0], undefined],
          [[0, 0, 1, 0, 1], { start: 7 }],
        ] as const) {
          const rows = rowsOfReset(env.reset({ mask, ...(given && { options: given }) }));
          expect(rows).toStrictEqual(apart.reset(undefined, given, [...mask]));
        }
      });

      test('envs and seeds differ', () => {
        const env = opened(kind);
        const seven = [...env.reset({ seed: 7 })[0]];
        expect([...env.reset({ seed: 8 })[0]]).not.toEqual(seven);
        const { size } = env.singleObservationSpace;
        const rows = new Set(Array.from({ length: N }, (_, i) => seven.slice(i * size, (i + 1) * size).join()));
        // The fake Python counts seeds modulo 3.
        expect(rows.size).toBeGreaterThan(isPython ? 1 : N - 1);
      });

      test('writes into the same arrays at every step', () => {
        const env = opened(kind);
        env.reset({ seed: 1 });
        const [actions] = actionsOf(env, new Rng(1));
        const { observations, rewards, infos } = env.step(actions);
        const again = env.step(actions);
        expect([again.observations === observations, again.rewards === rewards, again.infos === infos]).toEqual([
          true,
          true,
          true,
        ]);
      });

      test('wrong calls are refused before any env moves', () => {
        const env = opened(kind);
        env.reset({ seed: 0 });
        const state = structuredClone(env.state());
        const { workers: _, ...alone } = kind.options ?? {};
        const [good] = actionsOf(env, new Rng(0));
        for (const [call, problem] of [
          [() => env.step(good.subarray(1)), `.step: got ${N - 1} numbers, expected ${N} actions of 1`],
          [() => env.step(good.map((action, i) => (i === 1 ? Number.NaN : action))), '.step: the action of env 1: '],
          [() => env.reset({ mask: [1] }), '.reset: mask has 1 entries, expected 5'],
          [
            () => env.setState(open({ ...kind, options: alone }, 'sameStep', 2).state()),
            'the state is of 2 envs, expected 5',
          ],
        ] as const) {
          expect(call).toThrow(problem);
        }
        expect(env.state()).toStrictEqual(state);
        env.step(good);
      });

      test('after an env has failed, nothing goes on before all are reset, or set to a state', () => {
        const env = isPython ? open({ ...kind, id: 'gymnasium:Wild-v0' }) : opened(kind);
        const [good, bad] = ['go', 'throw'].map((deed) =>
          new Float32Array(N).fill(isPython ? 0 : DEEDS.indexOf(deed as never)),
        );
        const problem = isPython ? 'step() of environment 1 gave the reward Infinity' : 'the string broke';
        const failed = /\.step: (an environment|env 1 \(.*Puppet.*\)) has failed/;
        // One of the envs alone.
        const wrong = good!.map((action, i) => (i === 1 ? bad![i]! : action));
        env.reset({ seed: 0 });
        const before = structuredClone(env.state());
        const refuses = () => expect(() => env.step(good!)).toThrow(failed);
        expect(() => env.step(wrong)).toThrow(problem);
        refuses();
        env.setState(structuredClone(env.state()));
        refuses();
        env.reset({ mask: [0, 1, 0, 0, 0] });
        refuses();
        env.reset();
        expect(() => env.step(wrong)).toThrow(problem);
        env.setState(before);
        env.step(good!);
      });

      test('a state comes back, in another one of its kind too', () => {
        // Where rows wait for their reset.
        const env = opened(kind, 'nextStep');
        const rest = (of: VectorEnv) => {
          const rng = new Rng('rest');
          return Array.from({ length: 10 }, () => rowsOf(of.step(actionsOf(of, rng)[0])));
        };
        env.reset({ seed: 3 });
        const rng = new Rng('begin');
        let { ended } = env.state() as { ended: number[] };
        while (!ended.includes(1)) {
          env.step(actionsOf(env, rng)[0]);
          ({ ended } = env.state() as { ended: number[] });
        }
        const copied = structuredClone(env.state());
        const state = isPython ? copied : JSON.parse(JSON.stringify(copied));
        const expected = rest(env);
        for (const other of kinds.filter(({ id }) => id === kind.id).map((each) => opened(each, 'nextStep'))) {
          other.reset({ seed: 6 });
          other.setState(structuredClone(state));
          expect(other.state()).toStrictEqual(state);
          // In Python new episodes begin, which its own tests see.
          if (!isPython) expect(rest(other)).toStrictEqual(expected);
        }
      });
    });
  });
}

/** That makeVec's envs give by these numbers of workers what `make`'s give. */
export function testWorkers(id: string, options: MakeVecOptions, numbers: readonly number[]): void {
  test(`${id} gives by ${numbers.join(' and by ')} workers what its envs give, one by one`, () => {
    onTestFinished(closeAll);
    for (const workers of numbers) {
      const kind = { name: id, id, options: { ...options, workers } };
      const env = open(kind, undefined, 3);
      expect(env.autoresetMode).toBe('sameStep');
      playBoth(env, new OneByOne(kind, 'sameStep', 3), 50, 1);
    }
  });
}
