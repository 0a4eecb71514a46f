import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type AnyEnv, Box, checkEnv, Discrete, MultiBinary, make, makeVec } from '../../../envs/index.ts';
import { describeVectorEnvs, testWorkers } from '../core/vectorEnvContract.ts';

/** Our side of the bridge; `e2e/gymnasium.check.ts` has the other one. */
const python = join(import.meta.dirname, 'fakePython.mjs');
const closers: (() => void)[] = [];

function one(id: string, options: Parameters<typeof make>[1] = {}) {
  const env = make<Float64Array, Float32Array>(`gymnasium:${id}`, { python, ...options });
  closers.push(() => env.close());
  return env;
}

function many(id: string, options: Parameters<typeof makeVec>[1] = {}) {
  const env = makeVec(`gymnasium:${id}`, { python, numEnvs: 3, ...options });
  closers.push(() => env.close());
  return env;
}

afterEach(() => {
  vi.unstubAllEnvs();
  for (const close of closers.splice(0)) close();
});

describe('make', () => {
  test('an env with its spaces, its limit, its seeds and its results', () => {
    const env = one('Count-v0', { gravity: 3, maxEpisodeSteps: 7 });
    expect(String(env.observationSpace)).toBe('Box(-Infinity, Infinity, [2], float64)');
    expect(env.actionSpace).toEqual(new Box({ low: -1, high: 1, shape: [1] }));
    expect(env.spec).toEqual({
      id: 'gymnasium:Count-v0',
      maxEpisodeSteps: 7,
      rewardThreshold: undefined,
      options: { python, gravity: 3, maxEpisodeSteps: 7 },
    });
    expect(env.reset({ seed: 42, options: { low: 1 } })).toEqual([
      Float64Array.of(0, 0),
      { seed: 42, options: { low: 1 } },
    ]);
    const first = env.step(Float32Array.of(-0.5));
    expect(first).toEqual([Float64Array.of(1, 0), 1, false, false, { time: 1 }]);
    const second = env.step(Float32Array.of(0.5));
    expect(second.slice(0, 4)).toEqual([Float64Array.of(2, 0), 2, true, false]);
    expect(first[0]).toEqual(Float64Array.of(1, 0));
    expect(() => env.step(Float32Array.of(0))).toThrow('gymnasium:Count-v0: step() after the episode ended');
  });

  test('a request, byte for byte', () => {
    const env = many('Shown-v0', { numEnvs: 2, autoresetMode: 'nextStep' });
    env.reset();
    // Two actions as float32, little-endian, then for each env whether to reset it.
    expect(env.step(Float32Array.of(-0.5, 1)).infos[0]!.request).toBe('000000bf0000803f0000');
    env.step(new Float32Array(2));
    expect(env.step(Float32Array.of(0.1, 0)).infos[1]!.request).toBe('cdcccc3d000000000100');
  });

  test('spaces of every kind', () => {
    const cards = one('Cards-v0');
    expect(String(cards.observationSpace)).toBe('MultiDiscrete([9, 9], start [0, 1])');
    expect(cards.actionSpace).toEqual(new Discrete(3, 1));
    const bytes = one('Bytes-v0');
    expect(bytes.actionSpace).toEqual(new MultiBinary([2]));
    bytes.reset();
    expect(bytes.step(Uint8Array.of(1, 0) as never)[0]).toEqual(Uint8Array.of(1, 0, 0));
    // More than the memory that was there.
    const large = one('Large-v0');
    large.reset();
    expect(large.step(Float32Array.of(0))[0].slice(0, 3)).toEqual(Float64Array.of(1, 0, 0));
    expect(large.reset()[0]).toHaveLength(20_000);
    expect(one('Count-v0').unwrapped.state).toBeUndefined();
    for (const id of ['Cards-v0', 'Bytes-v0', 'Count-v0']) checkEnv(one(id));
  });

  test('parts of a Dict, each of its type, and a text, which a vector of them leaves out', () => {
    const env = one('Rooms-v0') as AnyEnv;
    expect(String(env.observationSpace)).toBe(
      'Dict(direction: Discrete(4, start -1), image: Box(0, 255, [2], uint8), mission: Text(0, Infinity))',
    );
    const [first] = env.reset({ seed: 1 });
    expect(first).toEqual({ direction: 0, image: Uint8Array.of(1, 0), mission: 'go on after 0' });
    expect(env.step(Float32Array.of(0))[0]).toEqual({ ...(first as object), direction: 1, mission: 'go on after 1' });
    expect([...many('Rooms-v0', { numEnvs: 2 }).reset({ seed: 0 })[0]]).toHaveLength(6);
  });

  test('wrappers go to Python with what they are given', () => {
    const env = one('Shown-v0', { wrappers: ['A', { name: 'B', shape: [8, 8] }], frameStack: 3 });
    env.reset();
    expect(env.step(Float32Array.of(0))[4].wrappers).toEqual([
      ['A', {}],
      ['B', { shape: [8, 8] }],
      ['FrameStackObservation', { stack_size: 3 }],
    ]);
  });

  test('the interpreter that OXBOW_PYTHON names', () => {
    vi.stubEnv('OXBOW_PYTHON', `${python}:/no/python`);
    make('gymnasium:Count-v0').close();
    vi.stubEnv('OXBOW_PYTHON', '/no/python');
    expect(() => make('gymnasium:Count-v0')).toThrow('gymnasium:Count-v0: cannot start /no/python; name a Python');
  });
});

describeVectorEnvs([
  { name: 'one process', id: 'gymnasium:Count-v0', options: { python } },
  { name: 'three processes', id: 'gymnasium:Count-v0', options: { python, workers: 3 } },
]);
// As many as there are envs.
testWorkers('gymnasium:Count-v0', { python }, [9]);

describe('makeVec', () => {
  test.each([
    ['Wild-v0', 1, /step\(\) of environment 1 gave the reward Infinity/],
    ['Blind-v0', 1, /step\(\) of environment 2 gave NaN as entry 1 of the observation/],
    // The last observation of an episode, where the next one is there already.
    ['BlindAtLast-v0', 3, /step\(\) of environment 1 gave NaN as entry 1 of the observation/],
  ])('what is no number is named, and a reset begins anew: %s', (id, steps, problem) => {
    for (const workers of steps === 1 ? [1, 3] : [1]) {
      const env = many(id, { workers, disableEnvChecker: true });
      const reset = () => structuredClone(env.reset(steps === 1 ? { seed: 1 } : {})[0]);
      const first = reset();
      for (let t = 1; t < steps; t++) env.step(new Float32Array(3));
      expect(() => env.step(new Float32Array(3))).toThrow(problem);
      expect(reset()).toEqual(first);
    }
  });

  test('infos of numbers come as numbers once their keys are known, NaN as null; those that are empty are not sent', () => {
    const env = many('Numbers-v0', { numEnvs: 2, autoresetMode: 'nextStep' });
    env.reset({ seed: 0 });
    for (const [time, half] of [
      [1, 0.5],
      [2, null],
    ]) {
      expect([...env.step(new Float32Array(2)).infos]).toEqual([
        { time, half },
        { time, half },
      ]);
    }
    const quiet = many('Quiet-v0', { autoresetMode: 'sameStep' });
    quiet.reset();
    quiet.step(new Float32Array(3));
    const { infos, finalInfos, finalObservations } = quiet.step(new Float32Array(3));
    expect([infos, finalInfos]).toEqual([
      [{}, {}, {}],
      [{}, undefined, undefined],
    ]);
    expect(finalObservations.subarray(0, 2)).toEqual(Float32Array.of(2, 0));
  });

  test('one of several processes raises, or ends: the others have answered, and the next call is not theirs', () => {
    const raises = many('Raises-v0', { numEnvs: 4, workers: 2 });
    raises.reset();
    const message = 'gymnasium:Raises-v0: step() of environment 1 raised KeyError: 3';
    const error = expect.objectContaining({ message, cause: 'Traceback: …' });
    expect(() => raises.step(new Float32Array(4))).toThrow(error);
    expect(raises.reset()[0]).toHaveLength(8);
    expect(() => raises.step(new Float32Array(4))).toThrow(message);
    const killed = many('Killed-v0', { numEnvs: 4, workers: 2 });
    killed.reset();
    expect(() => killed.step(new Float32Array(4))).toThrow('its Python was killed by SIGKILL');
    expect(() => many('Unstarted-v0', { workers: 2 })).toThrow('ended with exit code 3 during make()');
  });

  test.each(['nextStep', 'sameStep', 'disabled'] as const)('%s: elsewhere new episodes begin', (autoresetMode) => {
    const said = vi.spyOn(console, 'warn').mockReturnValue();
    const env = many('Count-v0', { autoresetMode, workers: 2 });
    env.reset({ seed: 4 });
    for (let t = 0; t < 3; t++) {
      const { terminations, truncations } = env.step(new Float32Array(3));
      const mask = terminations.map((flag, i) => flag | truncations[i]!);
      if (autoresetMode === 'disabled' && mask.includes(1)) env.reset({ mask });
    }
    const state = structuredClone(env.state()) as { observations: Float32Array; ended: number[] };
    const observations = state.observations;
    const ended = Uint8Array.from(state.ended);
    const seen = [1, 3].map((workers) => {
      const other = many('Count-v0', { autoresetMode, workers });
      other.setState(structuredClone(state));
      expect(other.state()).toEqual(state);
      const cut = structuredClone(other.step(new Float32Array(3)));
      const isReset = ended.map((flag) => (autoresetMode === 'sameStep' ? 0 : flag));
      expect(cut).toMatchObject({
        resets: isReset,
        truncations: isReset.map((flag) => 1 - flag),
        terminations: new Uint8Array(3),
      });
      for (let i = 0; i < 3; i++) {
        const row = [2 * i, 2 * i + 2] as const;
        if (isReset[i] === 0) expect(cut.finalObservations.slice(...row)).toEqual(observations.slice(...row));
        // The first of an episode counts from 0.
        if (isReset[i] === 1 || autoresetMode === 'sameStep') expect(cut.observations[2 * i]).toBe(0);
        else expect(cut.observations.slice(...row)).toEqual(observations.slice(...row));
      }
      if (autoresetMode === 'disabled') other.reset({ mask: cut.truncations });
      return [cut, structuredClone(other.step(new Float32Array(3))), other.state()];
    });
    expect(seen[1]).toEqual(seen[0]);
    expect(said.mock.calls.flat().filter((line) => !/Count-v0: new episodes begin, since/.test(line))).toEqual([]);
  });

  test('a state of something else', () => {
    for (const wrong of [undefined, {}, { observations: 3, ended: [] }, { envs: ['{}'], ended: [0] }]) {
      expect(() => many('Count-v0').setState(wrong)).toThrow('setState() got something else than a state of 3 envs');
    }
  });
});

describe('errors', () => {
  test('a process that ends, at each call', () => {
    expect(() => one('Unstarted-v0')).toThrow(
      'gymnasium:Unstarted-v0: its Python ended with exit code 3 during make()',
    );
    const exits = one('Exits-v0');
    exits.reset();
    expect(() => exits.step(Float32Array.of(0))).toThrow('its Python ended with exit code 3 during step()');
    const killed = many('Killed-v0');
    killed.reset();
    for (const call of [() => killed.step(new Float32Array(3)), () => killed.step(new Float32Array(3))]) {
      expect(call).toThrow(/its Python was killed by SIGKILL \(.*memory.*\) during step\(\)/);
    }
    expect(() => killed.reset()).toThrow('during reset()');
    for (let i = 0; i < 2; i++) killed.close();
    const unclosed = many('Unclosed-v0');
    expect(() => unclosed.close()).toThrow('gymnasium:Unclosed-v0: close() of environment 0 raised OSError: disk full');
    expect(() => unclosed.reset()).toThrow('gymnasium:Unclosed-v0: reset() after close()');
  });

  test('rewards of goals: as many as there are rows, from the first process', () => {
    const env = many('Goals-v0', { workers: 2 });
    const [achieved, desired] = [Float32Array.of(1, 9, 0.5, 9, 2, 9), Float32Array.of(1, 7, 0, 7, 4, 7)];
    const wanted = { rewards: Float64Array.of(0, 0.5, -2), terminations: Uint8Array.of(1, 0, 0) };
    expect(env.computeRewards!(achieved, desired)).toEqual(wanted);
    const none = new Float32Array(0);
    expect(env.computeRewards!(none, none).rewards).toEqual(new Float64Array(0));
    expect(() => many('Count-v0').computeRewards!(none, none)).toThrow(
      /^gymnasium:Count-v0: computeRewards\(\) got Box.*, expected achieved_goal and desired_goal in its observations$/,
    );
  });

  test('frames that are none: no memory is taken for what a header says', () => {
    const endless = many('Endless-v0');
    endless.reset();
    expect(() => endless.step(new Float32Array(3))).toThrow('its Python sent a frame of 4294967303 bytes');
    expect(() => endless.reset()).toThrow('its Python was killed by SIGKILL');
    endless.close();
    const short = many('Short-v0');
    short.reset();
    expect(() => short.step(new Float32Array(3))).toThrow('its Python sent a frame of 16 bytes');
  });

  test.each([
    [{ numEnvs: 0 }, 'numEnvs: got 0'],
    [{ numEnvs: 1e9 }, 'numEnvs: got 1000000000'],
    [{ autoresetMode: 'never' }, 'autoresetMode: got "never"'],
    [{ maxEpisodeSteps: 1.5 }, 'maxEpisodeSteps: got 1.5'],
    [{ gravity: () => 9.81 }, 'gravity: got a function'],
    [{ python: '' }, 'python: got ""'],
    [{ workers: 0 }, 'workers: got 0'],
    [{ wrappers: [3] }, 'wrappers'],
  ])('options: %o', (options, message) => {
    expect(() => makeVec('gymnasium:Count-v0', { python, ...(options as object) })).toThrow(
      `gymnasium:Count-v0: ${message}`,
    );
  });

  test('actions that do not fit, and observations and spaces that are none', () => {
    const cards = many('Cards-v0');
    cards.reset();
    for (const wrong of [2.5, 4, 0, Number.NaN]) {
      expect(() => cards.step(Float32Array.of(1, wrong, 3))).toThrow(/^gymnasium:Cards-v0.step: the action of env 1/);
    }
    cards.step(Float32Array.of(1, 2, 3));
    const alone = one('Count-v0');
    alone.reset();
    expect(() => alone.step(Float32Array.of(Number.NaN))).toThrow('entry 0 is NaN');
    const card = one('Cards-v0') as AnyEnv;
    card.reset();
    expect(() => card.step(2.5)).toThrow('gymnasium:Cards-v0: step() got 2.5 in an action');
    expect(() => one('Outside-v0').reset()).toThrow('gymnasium:Outside-v0: reset() gave an observation outside');
    // Unless it is not checked.
    one('Outside-v0', { disableEnvChecker: true }).reset();
    expect(() => one('Empty-v0')).toThrow(/^gymnasium:Empty-v0: its observation space: .*shape: got \[0\]/);
  });
});

test.skipIf(!existsSync('/proc/self/fd'))('no pipe is left open, whatever went wrong', () => {
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  expect(links.filter((link) => link.includes('oxbow-pipe'))).toEqual([]);
});
