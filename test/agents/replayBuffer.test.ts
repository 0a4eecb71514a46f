import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { checkFitsInMemory } from '../../agents/core/checks.ts';
import { vectorEnvFor } from '../../agents/core/envs.ts';
import { ReplayBuffer, Rows, replayFor } from '../../agents/core/replay.ts';
import { Dqn, Dsrl, Meow, QrDqn, Sac, SoftQLearning, Td3, Tqc } from '../../agents/index.ts';
import { sacOptions } from '../../agents/sac.ts';
import type { Episode } from '../../datasets/episode.ts';
import { BaseEnv, Box, make, type ResetResult, type StepResult, SyncVectorEnv } from '../../envs/index.ts';
import { makePolicy, Rng } from '../../src/index.ts';
import { parseOptions } from '../../src/options/parse.ts';

const GAMMA = 0.9;

/** A transition as a plain list remembers it; its number is its action. */
interface Past {
  readonly observation: number[];
  readonly reward: number;
  readonly next: number[];
  readonly end: 'terminated' | 'truncated' | undefined;
}

type Overrides = Partial<ConstructorParameters<typeof ReplayBuffer>[0]> & { readonly ends?: number };

/** A replay, and the same transitions in a list for each environment. */
function recorded({ ends = 0.3, ...options }: Overrides = {}, steps = 0) {
  const sizes = {
    owner: 'Test',
    capacity: 20,
    batchSize: 16,
    numEnvs: 3,
    observationDim: 2,
    actionDim: 1,
    gamma: GAMMA,
  };
  const { numEnvs, observationDim, capacity, bytes } = { bytes: false, ...sizes, ...options };
  const replay = new ReplayBuffer({ ...sizes, ...options });
  const rng = new Rng('transitions');
  const observed = () =>
    Array.from({ length: observationDim }, () => Math.fround(bytes ? rng.integer(0, 256) / 255 : rng.normal()));
  const pasts: Past[][] = Array.from({ length: numEnvs }, () => []);
  let current = pasts.map(observed);
  replay.begin(Float32Array.from(current.flat()));
  const step = () => {
    const followed = pasts.map(observed);
    const finals = pasts.map(observed);
    const rewards = pasts.map(() => Math.fround(rng.normal()));
    const draws = pasts.map(() => rng.uniform());
    const terminations = draws.map((draw) => Number(draw < ends / 2));
    // Where both are said, the task itself ended.
    const truncations = draws.map((draw) => Number(draw > 1 - ends / 2 || draw < ends / 8));
    const actions = Float32Array.from(pasts, (past, i) => past.length * numEnvs + i);
    pasts.forEach((past, i) => {
      const end = terminations[i] ? 'terminated' : truncations[i] ? 'truncated' : undefined;
      past.push({ observation: current[i]!, reward: rewards[i]!, next: end ? finals[i]! : followed[i]!, end });
    });
    current = followed;
    replay.add({
      commanded: actions,
      observations: Float32Array.from(followed.flat()),
      rewards: Float64Array.from(rewards),
      terminations: Uint8Array.from(terminations),
      truncations: Uint8Array.from(truncations),
      finalObservations: Float32Array.from(finals.flat()),
    });
  };
  for (let t = 0; t < steps; t++) step();
  /** What the number of a transition stands for, from the list. */
  const wanted = (number: number, nSteps: number, scale = (reward: number) => reward) => {
    const past = pasts[number % numEnvs]!;
    const begin = Math.floor(number / numEnvs);
    const ended = past.slice(begin, begin + nSteps).findIndex(({ end }) => end !== undefined);
    const window = past.slice(begin, ended < 0 ? begin + nSteps : begin + ended + 1);
    const last = window.at(-1)!;
    return {
      observation: past[begin]!.observation,
      reward: window.reduce((sum, { reward }, k) => sum + GAMMA ** k * scale(reward), 0),
      next: last.next,
      termination: Number(last.end === 'terminated'),
      discount: GAMMA ** window.length,
      length: window.length,
      end: last.end,
    };
  };
  const held = () => {
    const added = pasts.flat().length;
    return Array.from({ length: Math.min(added, capacity) }, (_, i) => added - 1 - i).reverse();
  };
  return { replay, step, wanted, held, pasts };
}

/** A step of so many environments, of zeros. */
const stepOf = (envs: number, commanded = new Float32Array(envs)) => ({
  commanded,
  observations: new Float32Array(2 * envs),
  finalObservations: new Float32Array(2 * envs),
  rewards: new Float64Array(envs),
  terminations: new Uint8Array(envs),
  truncations: new Uint8Array(envs),
});

/** The rows of a minibatch. */
function rowsOf(replay: ReplayBuffer, rng: Rng, scale?: (reward: number) => number) {
  const batch = replay.sample(rng, { scale });
  const width = batch.observations.length / batch.rewards.length;
  return Array.from(batch.rewards, (reward, i) => ({
    number: batch.actions[i]!,
    observation: [...batch.observations.slice(i * width, (i + 1) * width)],
    reward,
    next: [...batch.nextObservations.slice(i * width, (i + 1) * width)],
    termination: batch.terminations[i]!,
    discount: batch.discounts[i]!,
  }));
}

describe('a minibatch', () => {
  test.each([
    [{}, 2, 1],
    [{}, 30, 1],
    [{ nSteps: 3 }, 2, 3],
    [{ nSteps: 5, ends: 0.1, capacity: 23 }, 47, 5],
    [{ nSteps: 4, numEnvs: 1, ends: 0.2 }, 33, 4],
    [{ nSteps: 2, numEnvs: 7, capacity: 7 }, 5, 2],
    // Every transition ends its episode; none does.
    [{ nSteps: 3, ends: 1 }, 20, 3],
    [{ nSteps: 3, ends: 0 }, 20, 3],
    [{ observationDim: 40, bytes: true, nSteps: 2 }, 20, 2],
  ] as [Overrides, number, number][])('of %o after %i steps is what a list gives', (options, steps, nSteps) => {
    const { replay, step, wanted, held } = recorded(options, steps);
    const rng = new Rng('draws');
    for (let more = 0; more < 4; more++) {
      step();
      const seen = new Set<number>();
      for (let i = 0; i < 25; i++) {
        for (const { number, ...row } of rowsOf(replay, rng)) {
          seen.add(number);
          const { reward, discount, length: _, end: __, ...others } = wanted(number, nSteps);
          const close = { reward: expect.closeTo(reward, 5), discount: expect.closeTo(discount, 6) };
          expect(row).toEqual({ ...others, ...close });
        }
      }
      expect([...seen].sort((a, b) => a - b)).toEqual(held());
    }
    expect(replay.size).toBe(held().length);
  });

  test('sums up rewards that are scaled each by itself', () => {
    const { replay, wanted } = recorded({ nSteps: 3 }, 20);
    const scale = (reward: number) => Math.min(Math.max(10 * reward, -1), 1);
    for (const { number, reward } of rowsOf(replay, new Rng(0), scale)) {
      expect(reward).toBeCloseTo(wanted(number, 3, scale).reward, 5);
    }
  });
});

test('begin forgets what was held, and its priorities', () => {
  const { replay } = recorded({ prioritizedAlpha: 1 }, 10);
  expect(() => recorded().replay.sample(new Rng(0))).toThrow(/low < high, got \[0, 0\)/);
  replay.sample(new Rng(0));
  replay.prioritize(Array<number>(16).fill(7));
  replay.begin(Float32Array.of(1, 2, 3, 4, 5, 6));
  expect([...replay.current]).toEqual([1, 2, 3, 4, 5, 6]);
  const priorities = { powers: new Float64Array(), largest: 1 };
  expect(replay.state()).toMatchObject({ added: 0, lastObservations: new Float32Array(), priorities });
  replay.add(stepOf(3, Float32Array.of(100, 101, 102)));
  for (const { number } of rowsOf(replay, new Rng(1))) expect(number).toBeGreaterThanOrEqual(100);
});

describe('whole episodes', () => {
  /** Episodes of these lengths; one in three ends by itself, one in three is cut, of one both are said. */
  function episodesOf(lengths: readonly number[], bytes = false): Episode[] {
    const rng = new Rng('episodes');
    return lengths.map((steps, e) => ({
      observations: Float32Array.from({ length: 2 * (steps + 1) }, () =>
        bytes ? rng.integer(0, 256) / 255 : rng.normal(),
      ),
      actions: Float32Array.from({ length: steps }, (_, t) => 100 * e + t),
      rewards: rng.fillNormal(new Float32Array(steps)),
      terminations: Uint8Array.from({ length: steps }, (_, t) => Number(t === steps - 1 && e % 3 !== 1)),
      truncations: Uint8Array.from({ length: steps }, (_, t) => Number(t === steps - 1 && e % 3 !== 0)),
    }));
  }
  const sizes = { owner: 'Test', batchSize: 16, numEnvs: 1, observationDim: 2, actionDim: 1, gamma: GAMMA };

  test.each([
    [{ capacity: 100, bytes: true }],
    [{ capacity: 100, prioritizedAlpha: 0.6 }],
    // Written round: within an episode, by one that is longer, by steps of an environment that follow.
    [{ capacity: 17 }],
    [{ capacity: 4 }],
  ] as [Overrides & { capacity: number }][])('are the same to the byte as their steps: %o', (options) => {
    const [whole, steps] = [0, 0].map(() => new ReplayBuffer({ ...sizes, nSteps: 3, ...options })) as [
      ReplayBuffer,
      ReplayBuffer,
    ];
    const row = (rows: Float32Array, t: number) => rows.slice(2 * t, 2 * t + 2);
    for (const episode of episodesOf([3, 1, 7, 5, 2, 9], options.bytes)) {
      whole.addEpisode(episode);
      const { observations, actions, rewards, terminations, truncations } = episode;
      steps.current.set(row(observations, 0));
      rewards.forEach((reward, t) => {
        steps.add({
          commanded: actions.slice(t, t + 1),
          observations: row(observations, t + 1),
          rewards: Float64Array.of(reward),
          terminations: terminations.slice(t, t + 1),
          truncations: truncations.slice(t, t + 1),
          finalObservations: row(observations, t + 1),
        });
      });
    }
    expect({ ...whole.state(), current: null }).toEqual({ ...steps.state(), current: null });
    expect(whole.state().added).toBe(27);
    const [rng, same] = [new Rng(0), new Rng(0)];
    for (let i = 0; i < 10; i++) expect(rowsOf(whole, rng)).toEqual(rowsOf(steps, same));
  });

  test.each([1, 3, 20])('with %i steps give what a list gives, into a part of a minibatch, too', (nSteps) => {
    const episodes = episodesOf([3, 1, 7, 5]);
    const replay = new ReplayBuffer({ ...sizes, capacity: 16, nSteps });
    for (const episode of episodes) replay.addEpisode(episode);
    const batch = structuredClone(replay.sample(new Rng(0)));
    const before = structuredClone(batch);
    replay.sampleInto(batch, 5, 12, new Rng(1), (reward) => 2 * reward);
    const seen = new Set<number>();
    for (let i = 0; i < 16; i++) {
      const number = batch.actions[i]!;
      seen.add(number);
      const isNew = i >= 5 && i < 12;
      if (!isNew) expect(number).toBe(before.actions[i]);
      const [e, t] = [Math.floor(number / 100), number % 100];
      const { observations, rewards } = episodes[e]!;
      const last = Math.min(t + nSteps, rewards.length);
      const sum = [...rewards.slice(t, last)].reduce((sum, r, k) => sum + GAMMA ** k * r, 0);
      const row = (rows: Float32Array, at: number) => [...rows.slice(2 * at, 2 * at + 2)];
      expect(row(batch.observations, i)).toEqual(row(observations, t));
      expect(row(batch.nextObservations, i)).toEqual(row(observations, last));
      expect(batch.rewards[i]).toBeCloseTo((isNew ? 2 : 1) * sum, 5);
      expect(batch.discounts[i]).toBeCloseTo(GAMMA ** (last - t), 6);
      // Where both are said, the task itself ended.
      expect(batch.terminations[i]).toBe(Number(last === rewards.length && e % 3 !== 1));
    }
    expect(seen.size).toBeGreaterThan(8);
  });

  test('are refused where they do not fit', () => {
    const [episode] = episodesOf([2]);
    const replay = new ReplayBuffer({ ...sizes, capacity: 9, bytes: true });
    expect(() => replay.addEpisode(episode!)).toThrow(/^Test: got .*, expected k\/255/);
    expect(replay.size).toBe(0);
  });
});

describe('a state', () => {
  test.each([
    { nSteps: 3 },
    { nSteps: 2, bytes: true, observationDim: 5 },
    { numEnvs: 7, capacity: 7 },
    { prioritizedAlpha: 0.6 },
  ])('goes on as if nothing had been between, to the byte: %o', (options) => {
    for (const steps of [0, 1, 6, 29]) {
      const ours = recorded(options, steps);
      const state = structuredClone(ours.replay.state());
      const other = recorded(options, 13);
      other.replay.setState(state);
      expect(other.replay.state()).toEqual(state);
      // The list of the first goes on with the replay of the second.
      const { replay } = ours;
      const [rng, same] = [new Rng(0), new Rng(0)];
      for (let t = 0; t < 12; t++) {
        const spy = replay.add.bind(replay);
        replay.add = (...step) => {
          spy(...step);
          other.replay.add(...step);
        };
        ours.step();
        replay.add = spy;
        expect(rowsOf(other.replay, rng)).toEqual(rowsOf(replay, same));
        const errors = Array.from({ length: 16 }, (_, i) => i * t);
        for (const each of [replay, other.replay]) each.prioritize(errors);
        expect(other.replay.state()).toEqual(replay.state());
      }
    }
  });

  test('that does not fit is refused; the one before brings back all', () => {
    const { replay } = recorded({}, 10);
    const before = structuredClone(replay.state());
    for (const [wrong, message] of [
      [{ version: undefined }, /version/],
      [{ added: 31 }, /^added: got 31/],
      [{ rewards: new Float32Array(19) }, /^rewards: .* 20 rows of 1$/],
      [{ observations: new Uint8Array(40) }, /^observations: got Uint8Array .* Float32Array of 20 rows of 2$/],
      [{ lastObservations: new Float32Array() }, /^lastObservations: got .* 0/],
      [{ current: new Float32Array(4) }, /^current: got .* 4 .* 6$/],
    ] as const) {
      expect(() => replay.setState({ ...before, ...wrong } as typeof before)).toThrow(message);
      replay.setState(before);
      expect(replay.state()).toEqual(before);
    }
  });
});

describe('images', () => {
  class Pictures extends BaseEnv<Uint8Array, Float32Array> {
    readonly observationSpace = new Box({ low: 0, high: 255, shape: [4, 4, 3], dtype: 'uint8' });
    readonly actionSpace = new Box({ low: -1, high: 1, shape: [1] });
    protected begin(): ResetResult<Uint8Array> {
      return [this.observationSpace.sample(this.rng), {}];
    }
    step(): StepResult<Uint8Array> {
      return [this.observationSpace.sample(this.rng), 0, false, false, {}];
    }
  }

  test('of a box of uint8 are kept as bytes', () => {
    const env = new SyncVectorEnv([() => new Pictures()], { autoresetMode: 'sameStep' });
    const policy = makePolicy('gaussian', { env, hidden: [2], rng: new Rng(0) });
    const config = parseOptions('Sac', sacOptions, { policy, env, rng: new Rng(0), bufferSize: 5, batchSize: 2 });
    const { env: flat } = vectorEnvFor('Sac', policy, env);
    const replay = replayFor('Sac', config, flat);
    const [first] = flat.reset({ seed: 0 });
    const observations = [...first];
    replay.begin(first);
    const step = flat.step(Float32Array.of(0));
    replay.add({ ...step, commanded: Float32Array.of(0) });
    const { observations: held } = replay.state();
    expect(held).toBeInstanceOf(Uint8Array);
    expect([...held].map((k) => Math.fround(k / 255))).toEqual(observations);
    expect(new Set(held).size).toBeGreaterThan(30);
    const batch = replay.sample(new Rng(0));
    expect([...batch.nextObservations]).toEqual([...step.observations, ...step.observations]);
    expect([...batch.observations]).toEqual([...observations, ...observations]);
  });

  test.each([0.5, -1 / 255, 256 / 255, 1e-30])('that hold %d are refused', (value) => {
    const { replay } = recorded({ bytes: true }, 2);
    const observations = Float32Array.of(0, 1, 3 / 255, 254 / 255, value, 0);
    replay.begin(observations);
    expect(() => replay.add(stepOf(3))).toThrow(`Test: got ${Math.fround(value)} in an observation`);
    observations[4] = 1;
    replay.begin(observations);
    replay.add(stepOf(3));
    expect([...replay.state().observations]).toEqual([0, 255, 3, 254, 255, 0]);
  });
});

test('a replay that can never fit in memory is refused before it is needed', () => {
  for (const [options, bytes] of [
    [{}, 4 * 48 + 4 + 5],
    [{ bytes: true }, 48 + 4 + 5],
    [{ prioritizedAlpha: 0.6 }, 4 * 48 + 4 + 5 + 32],
  ] as const) {
    const large = () => recorded({ ...options, observationDim: 48, capacity: 1e15 });
    expect(large).toThrow(new RegExp(`^Test: bufferSize: 10{15} transitions of ${bytes} bytes take`));
  }
  const check = (count: number) => checkFitsInMemory('Sac: bufferSize', count, 'transitions', 27_660, 16e9);
  expect(() => check(578_452)).not.toThrow();
  expect(() => check(1_000_000)).toThrow(/^Sac: bufferSize: 1000000 transitions .* at most 578452$/);
  expect(() => checkFitsInMemory('Sac: bufferSize', 1e15, 'transitions', 1)).toThrow(/of memory: .* at most \d+$/);
});

test.each([
  ['sac', Sac, 'gaussian'],
  ['tqc', Tqc, 'gaussian'],
  ['td3', Td3, 'gaussian'],
  ['soft-q-learning', SoftQLearning, 'gaussian'],
  ['meow', Meow, 'gaussian'],
  ['dsrl', Dsrl, 'gaussian'],
  ['dqn', Dqn, 'q-network'],
  ['qr-dqn', QrDqn, 'quantile-network'],
] as const)('%s leaves no tensors where its replay is refused', (name, Agent, policyName) => {
  const env = make(policyName === 'gaussian' ? 'Pendulum-v1' : 'CartPole-v1');
  const policy = makePolicy<string>(policyName, { env, for: name, rng: new Rng(0), hidden: [4] });
  const before = tf.memory().numTensors;
  const options = { policy: policy as never, env, rng: new Rng(0), bufferSize: 1e12, prioritizedAlpha: 0.6 };
  expect(() => new Agent(options)).toThrow(/bufferSize: 1000000000000 transitions/);
  expect(tf.memory().numTensors).toBe(before);
  policy.dispose();
});

const CHUNK_BYTES = 2 ** 22;

const isSame = (a: Float32Array | Uint8Array, b: Float32Array | Uint8Array) =>
  Buffer.from(a.buffer).equals(Buffer.from(b.buffer));

test.each([
  [Float32Array, 3],
  [Float32Array, 100],
  [Uint8Array, 5000],
] as const)('rows of %o of %i numbers stay where they were written, over the borders of chunks', (type, width) => {
  const perChunk = 2 ** Math.floor(Math.log2(CHUNK_BYTES / width / type.BYTES_PER_ELEMENT));
  const capacity = 2 * perChunk + 1;
  const rows = new Rows(type, width, capacity);
  const written = [0, 1, perChunk - 1, perChunk, 2 * perChunk - 1, 2 * perChunk].filter((row) => row < capacity);
  /** All entries of a row, the first and the last of which differ. */
  const entries = (row: number) => {
    const values = new Float32Array(width).fill(row % 251);
    values[0] = (row % 251) + 1;
    values[width - 1] = (row % 251) + 2;
    return values;
  };
  for (const row of written) {
    const source = new Float32Array(2 * width).fill(255);
    source.set(entries(row), width);
    rows.write(row, source, 1);
  }
  for (const row of written) {
    const target = new Float32Array(3 * width);
    rows.read(row, target, 1);
    const wanted = new Float32Array(3 * width);
    wanted.set(entries(row), width);
    expect(isSame(target, wanted)).toBe(true);
  }
  const numbers = Int32Array.from({ length: capacity }, (_, row) => row);
  const all = rows.kept(numbers);
  expect(all).toBeInstanceOf(type);
  expect(all).toHaveLength(capacity * width);
  for (const row of written) expect(all[(row + 1) * width - 1]).toBe((row % 251) + 2);
  const copy = new Rows(type, width, capacity);
  copy.setKept(numbers, all, 'rows');
  expect(isSame(copy.kept(numbers), all)).toBe(true);
});

test('memory is taken when rows are written, chunk by chunk, and no more than the capacity needs', () => {
  const taken: number[] = [];
  const counted = new Proxy(Float32Array, {
    construct(target, [length]) {
      taken.push(length * 4);
      return new target(length);
    },
  });
  const rows = new Rows(counted, 64, 40_000);
  expect(taken).toEqual([]);
  const perChunk = CHUNK_BYTES / 4 / 64;
  rows.write(0, new Float32Array(64), 0);
  rows.write(perChunk - 1, new Float32Array(64), 0);
  expect(taken).toEqual([CHUNK_BYTES]);
  rows.write(perChunk, new Float32Array(64), 0);
  rows.write(39_999, new Float32Array(64), 0);
  expect(taken).toEqual([CHUNK_BYTES, CHUNK_BYTES, (40_000 - 2 * perChunk) * 64 * 4]);
});
