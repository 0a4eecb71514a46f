import { describe, expect, test } from 'vitest';
import {
  ActionChunkVectorEnv,
  BaseEnv,
  Box,
  Discrete,
  FlatVectorEnv,
  makeVec,
  type ResetResult,
  type StepResult,
  SyncVectorEnv,
} from '../../../envs/index.ts';
import { Rng } from '../../../src/index.ts';

const GAMMA = 0.8;

/** Earns what its action says, shows how many steps it has made in which episode, and ends after 3, 4, 5, … steps, by turns of both kinds. */
class CountingEnv extends BaseEnv<Float32Array, Float32Array> {
  readonly observationSpace = new Box({ low: 0, high: Infinity, shape: [2] });
  readonly actionSpace = new Box({ low: [-1, 0], high: [1, 3] });
  #episode: number;
  #step = 0;

  constructor(first = 0) {
    super();
    this.#episode = first - 1;
  }

  protected begin(): ResetResult {
    this.#episode += 1;
    this.#step = 0;
    return [this.#seen(), { begins: this.#episode }];
  }

  #seen(): Float32Array {
    return Float32Array.of(this.#episode, this.#step);
  }

  step([a, b]: Float32Array): StepResult {
    this.#step += 1;
    const ends = this.#step === 3 + (this.#episode % 3);
    const isCut = this.#episode % 2 === 1;
    return [this.#seen(), a! + 10 * b!, ends && !isCut, ends && isCut, { step: this.#step }];
  }

  state(): number[] {
    return [this.#episode, this.#step];
  }

  setState([episode, step]: number[]): void {
    [this.#episode, this.#step] = [episode!, step!];
  }
}

const envs = (count: number) => new SyncVectorEnv(Array.from({ length: count }, (_, i) => () => new CountingEnv(i)));
/** Actions as float32, and env i's of step k. */
const chunksOf = (rng: Rng, count: number, length: number) => {
  const actions = rng.fillNormal(new Float32Array(count * length * 2));
  const one = (i: number, k: number) => actions.slice((i * length + k) * 2, (i * length + k + 1) * 2);
  return { actions, one };
};

test.each([
  [1, 4, 4],
  [1, 4, 2],
  [3, 4, 3],
  [3, 6, 6],
  [2, 2, 1],
])(
  '%i envs with chunks of %i, %i of which are made, are what a loop over each env makes of them',
  (count, length, execute) => {
    const chunked = new ActionChunkVectorEnv(envs(count), { length, execute, gamma: GAMMA });
    const plain = Array.from({ length: count }, (_, i) => new CountingEnv(i));
    chunked.reset();
    let current = plain.map((env) => env.reset());
    const rng = new Rng('actions');
    const ends = { early: 0, atLast: 0, cut: 0 };
    for (let t = 0; t < 30; t++) {
      const { actions, one } = chunksOf(rng, count, length);
      const got = chunked.step(actions);
      const found = plain.map((env, i) => {
        const made = { reward: 0, sum: 0, length: 0, discount: 1, last: undefined as StepResult | undefined };
        for (let k = 0; k < execute && !(made.last?.[2] || made.last?.[3]); k++) {
          const last = env.step(one(i, k));
          Object.assign(made, { last, reward: made.reward + made.discount * last[1], sum: made.sum + last[1] });
          made.discount *= GAMMA;
          made.length += 1;
        }
        return made;
      });
      const most = Math.max(...found.map(({ length }) => length));
      current = found.map(({ last, length }, i) => {
        const hasEnded = last![2] || last![3];
        if (!hasEnded) return [last![0], last![4]];
        let next = plain[i]!.reset();
        if (length === most) return next;
        // It idles by the rest of its chunk, and begins anew.
        for (let k = length; k < most; k++) {
          const [, , terminated, truncated] = plain[i]!.step(one(i, k));
          if (terminated || truncated) plain[i]!.reset();
        }
        next = plain[i]!.reset();
        return next;
      });
      found.forEach(({ reward, sum, length: made, last }, i) => {
        const [observation, , terminated, truncated, info] = last!;
        const row = (values: Float32Array) => [...values.subarray(2 * i, 2 * i + 2)];
        expect(got.rewards[i]).toBeCloseTo(reward, 10);
        expect(got.returns![i]).toBeCloseTo(sum, 10);
        expect([got.lengths![i], got.terminations[i], got.truncations[i]]).toEqual([
          made,
          Number(terminated),
          Number(truncated),
        ]);
        expect(row(got.observations)).toEqual([...current[i]![0]]);
        expect(got.infos[i]).toEqual(current[i]![1]);
        if (!terminated && !truncated) return void expect(got.finalInfos[i]).toBeUndefined();
        expect(row(got.finalObservations)).toEqual([...observation]);
        expect(got.finalInfos[i]).toEqual(info);
        ends[made < most ? 'early' : 'atLast'] += 1;
        ends.cut += Number(truncated);
      });
    }
    // Each kind of end occurs.
    expect(ends.atLast).toBeGreaterThan(0);
    expect(ends.cut).toBeGreaterThan(0);
    expect(ends.early > 0).toBe(count > 1 && execute > 1);
  },
);

test('a single env makes no step behind the end of its episode', () => {
  const env = envs(1);
  const chunked = new ActionChunkVectorEnv(env, { length: 6 });
  chunked.reset();
  const step = chunked.step(new Float32Array(12).fill(0.5));
  // Three steps of 0.5 + 10 · 0.5, without a discount.
  expect([step.lengths![0], step.rewards[0], step.returns![0]]).toEqual([3, 16.5, 16.5]);
  expect([...step.finalObservations]).toEqual([0, 3]);
  expect([...step.observations]).toEqual([1, 0]);
  expect(env.envs[0]!.state!()).toEqual([1, 0]);
});

test('has the bounds of an action in each, the discount of a whole step, and the state of the envs inside', () => {
  const chunked = new ActionChunkVectorEnv(envs(2), { length: 3, execute: 2, gamma: 0.5 });
  expect([...chunked.singleActionSpace.low]).toEqual([-1, 0, -1, 0, -1, 0]);
  expect([...chunked.singleActionSpace.high]).toEqual([1, 3, 1, 3, 1, 3]);
  expect([chunked.execute, chunked.discount, chunked.numEnvs]).toEqual([2, 0.25, 2]);
  chunked.reset({ seed: 0 });
  chunked.step(new Float32Array(12));
  const state = chunked.state();
  const first = structuredClone(chunked.step(new Float32Array(12)));
  chunked.setState(state);
  expect(chunked.step(new Float32Array(12))).toEqual(first);
});

test('of envs in other threads, and behind flat observations, it is the same', () => {
  const made = (options: object) => {
    const inner = makeVec('Pendulum-v1', { numEnvs: 3, maxEpisodeSteps: 7, ...options });
    using env = new ActionChunkVectorEnv(new FlatVectorEnv(inner), { length: 3, gamma: 0.9 });
    env.reset({ seed: 3 });
    const rng = new Rng('torques');
    return Array.from({ length: 5 }, () => structuredClone(env.step(rng.fillUniform(new Float32Array(9)))));
  };
  const steps = made({});
  expect(steps.map(({ lengths }) => lengths![0])).toEqual([3, 3, 1, 3, 3]);
  expect(made({ workers: 2 })).toEqual(steps);
});

describe('refuses', () => {
  const pendulum = (options: object = {}) => makeVec('Pendulum-v1', { numEnvs: 2, ...options });
  test.each([
    [
      () => new ActionChunkVectorEnv(pendulum(), { length: 0 }),
      'ActionChunkVectorEnv: length: got 0, expected an integer ≥ 1',
    ],
    [
      () => new ActionChunkVectorEnv(pendulum(), { length: 2, execute: 3 }),
      'ActionChunkVectorEnv: execute: got 3, expected at most the 2 of a chunk',
    ],
    [
      () => new ActionChunkVectorEnv(pendulum(), { length: 2, gamma: 2 }),
      'ActionChunkVectorEnv: gamma: got 2, expected a finite number in [0, 1]',
    ],
    [
      () => new ActionChunkVectorEnv(makeVec('CartPole-v1', { numEnvs: 1 }), { length: 2 }),
      `ActionChunkVectorEnv: needs a Box of actions, got ${new Discrete(2)}`,
    ],
    [
      () => new ActionChunkVectorEnv(pendulum({ autoresetMode: 'nextStep' }), { length: 2 }),
      "ActionChunkVectorEnv: wanted envs with autoresetMode 'sameStep', got 'nextStep'",
    ],
    [
      () => {
        const env = new ActionChunkVectorEnv(pendulum(), { length: 2 });
        env.reset();
        env.step(new Float32Array(3));
      },
      'ActionChunkVectorEnv.step: got 3 numbers, expected 2 chunks of 2',
    ],
  ])('%#', (call, message) => {
    expect(call).toThrow(message);
  });
});
