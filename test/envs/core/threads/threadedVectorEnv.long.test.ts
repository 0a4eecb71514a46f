import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { train } from '../../../../agents/index.ts';
import type { VectorState } from '../../../../envs/core/syncVectorEnv.ts';
import {
  type AutoresetMode,
  autoresetModes,
  type MakeVecOptions,
  make,
  makeVec,
  register,
  type VectorEnv,
  type VectorStep,
} from '../../../../envs/index.ts';
import { Rng } from '../../../../src/random.ts';
import { DEEDS, entryPoint } from './puppet.ts';

const PUPPET = 'test/Puppet-v0';
const ENVS = join(import.meta.dirname, '../../../../envs/index.ts');
/** What programs need that make puppets. */
const MAKE_VEC = join(import.meta.dirname, '../../../../envs/core/makeVec.ts');
/** Milliseconds, against hanging: the machine may be busy. */
const ENOUGH = 180_000;
/** A program that registers an environment and trains on it, in one module. */
const AGAIN = `import { makeVec } from ${JSON.stringify(ENVS)}; makeVec('CartPole-v1', { numEnvs: 2, workers: 2 });`;
/** A module that registers another environment than the caller's of that name. */
const OTHER = `import { make, register } from ${JSON.stringify(ENVS)};
register({ id: 'test/other-v0', entryPoint: () => make('CartPole-v1') });`;
const folder = mkdtempSync(join(tmpdir(), 'oxbow-threads-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const opened: VectorEnv[] = [];

/** Five puppets in one thread and five in three, of each mode, which tests share that leave them whole: a thread takes a second to start. */
const shared = new Map<AutoresetMode, [alone: VectorEnv, threaded: VectorEnv]>();
function puppets(autoresetMode: AutoresetMode = 'sameStep'): [alone: VectorEnv, threaded: VectorEnv] {
  const [alone, threaded] = shared.get(autoresetMode) ?? [
    makeVec(PUPPET, { numEnvs: 5, autoresetMode }),
    makeVec(PUPPET, { numEnvs: 5, autoresetMode, workers: 3 }),
  ];
  shared.set(autoresetMode, [alone, threaded]);
  return [alone, threaded];
}
afterAll(() => {
  for (const env of [...shared.values()].flat()) env.close();
});

function open(id: string, options: MakeVecOptions): VectorEnv {
  const env = makeVec(id, options);
  opened.push(env);
  return env;
}

afterEach(() => {
  for (const env of opened.splice(0)) env.close();
});

/** A copy of what a step has given, whose arrays the next one overwrites. */
function kept(step: Partial<VectorStep>): unknown {
  const { finalInfos, finalObservations } = step;
  const n = finalInfos?.length ?? 1;
  const copies = Object.entries(step).map(([name, all]) => [name, all.slice()]);
  // Where no episode has ended these mean nothing.
  const last = Array.from({ length: n }, (_, i) => {
    const size = (finalObservations?.length ?? 0) / n;
    return finalInfos?.[i] && finalObservations?.slice(i * size, (i + 1) * size);
  });
  return { ...Object.fromEntries(copies), finalObservations: last };
}

/** What 40 steps of random actions give, with a snapshot in between to which they go back. */
function play(env: VectorEnv, seed: number | string = 1): unknown[] {
  const { numEnvs: n, singleActionSpace: space } = env;
  const rng = new Rng('actions');
  const actions = new Float32Array(n * space.size);
  const seen: unknown[] = [];
  const go = (steps: number): void => {
    for (let t = 0; t < steps; t++) {
      for (let i = 0; i < n; i++) space.write(chosen(space, rng), actions, i * space.size);
      const step = env.step(actions);
      seen.push(kept(step));
      const ends = step.terminations.map((ended, i) => ended | step.truncations[i]!);
      if (env.autoresetMode !== 'disabled' || !ends.includes(1)) continue;
      const [observations, infos] = env.reset({ mask: ends });
      seen.push(kept({ observations, infos }));
    }
  };
  const [observations, infos] = env.reset({ seed });
  seen.push(kept({ observations, infos }));
  go(25);
  const state = structuredClone(env.state());
  seen.push(state);
  go(10);
  env.setState(state);
  go(15);
  const [again] = env.reset();
  seen.push(kept({ observations: again }), structuredClone(env.state()));
  return seen;
}

/** An action; of a puppet one that does no harm. */
function chosen(space: VectorEnv['singleActionSpace'], rng: Rng): unknown {
  return String(space) === `Discrete(${DEEDS.length})` ? rng.integer(0, 3) : space.sample(rng);
}

const one = (...deeds: (typeof DEEDS)[number][]) => Int32Array.from(deeds.map((deed) => DEEDS.indexOf(deed)));

describe('with any number of threads the results are the same', () => {
  const cases: [string, MakeVecOptions][] = [
    ['Pendulum-v1', { g: 9, maxEpisodeSteps: 7 }],
    ['CartPole-v1', { frameStack: 2 }],
    ['GridworldTree-v0', {}],
    ['Multigoal-v0', {}],
    ['LakeStride-v0', { blocked: 'hidden' }],
  ];
  test.each(cases)('%s', (id, options) => {
    const [one, two] = [1, 2].map((workers) => play(open(id, { ...options, numEnvs: 3, workers })));
    expect(two).toStrictEqual(one);
  });

  test.each(autoresetModes)('%s', (autoresetMode) => {
    const [alone, threaded] = puppets(autoresetMode);
    expect(play(threaded, 'a stream')).toStrictEqual(play(alone, 'a stream'));
  });

  test('more threads than envs are as many as envs', () => {
    const [one, two] = [1, 9].map((workers) => play(open(PUPPET, { numEnvs: 2, workers })));
    expect(two).toStrictEqual(one);
  });

  test('a state goes from one number of threads to another', () => {
    const [alone, threaded] = puppets('nextStep');
    for (const [from, to] of [
      [alone, threaded],
      [threaded, alone],
    ] as const) {
      from.reset({ seed: 3, options: { start: 2 } });
      from.step(one('end', 'go', 'go', 'end', 'tell'));
      expect(from.state()).toMatchObject({ ended: [1, 0, 0, 1, 0] });
      to.reset();
      to.setState(from.state());
      expect(to.state()).toStrictEqual(from.state());
    }
  });

  test('a reset has options and a mask, and leaves the other rows', () => {
    for (const env of puppets()) {
      const started = (starts: number[]) => starts.map((start) => (start === 0 ? {} : { start }));
      const [observations, infos] = env.reset({ seed: 0, options: { start: 5 } });
      expect([...observations].filter((_, i) => i % 3 === 0)).toEqual([5, 5, 5, 5, 5]);
      expect(infos).toEqual(started([5, 5, 5, 5, 5]));
      const before = observations.slice();
      env.reset({ mask: [0, 1, 0, 0, 0] });
      expect(infos).toEqual(started([5, 0, 5, 5, 5]));
      expect(observations.slice(0, 3)).toEqual(before.slice(0, 3));
      expect(observations.slice(6)).toEqual(before.slice(6));
      expect(observations[3]).toBe(0);
      env.reset({ mask: [0, 0, 1, 0, 0], options: { start: 7 } });
      expect(infos).toEqual(started([5, 0, 7, 5, 5]));
    }
  });

  test('rewards of goals', () => {
    const env = open('BitFlipping-v0', { bits: 2, numEnvs: 2, workers: 2 });
    expect(env.computeRewards!(Float32Array.of(0, 1, 1, 0), Float32Array.of(0, 1, 0, 0))).toEqual({
      rewards: Float64Array.of(0, -1),
      terminations: Uint8Array.of(1, 0),
    });
  });

  test('a last info that is empty is there, however the episode ended', () => {
    for (const env of puppets()) {
      env.reset({ seed: 0 });
      expect(env.step(one('cut', 'go', 'go', 'go', 'go')).finalInfos).toEqual([{}, ...Array(4).fill(undefined)]);
    }
  });
});

describe('errors are one line that names the env', () => {
  const steps: [(typeof DEEDS)[number], number, string][] = [
    ['throw', 3, 'ThreadedVectorEnv: env 3 (test/Puppet-v0): the string broke'],
    [
      'NaN',
      3,
      'ThreadedVectorEnv: env 3 (test/Puppet-v0), step 2: step() must give a finite number as reward, got NaN',
    ],
    [
      'secret',
      // The first of its thread.
      2,
      'ThreadedVectorEnv: env 2 (test/Puppet-v0): an info or a state cannot leave its thread: ()=>"nothing" could not be cloned.',
    ],
  ];
  test.each(steps)('%s: steps are refused until all are reset', (deed, at, line) => {
    // The two that fail are in two threads.
    const [alone, env] = puppets();
    env.reset({ seed: 0 });
    env.step(one('go', 'go', 'go', 'go', 'go'));
    expect(() => env.step(one('go', 'go', 'go', deed, deed))).toThrow(new Error(line));
    const refused = `ThreadedVectorEnv.step: env ${at} (test/Puppet-v0) has failed at step 2 and the others have`;
    expect(() => env.step(one('go', 'go', 'go', 'go', 'go'))).toThrow(refused);
    env.reset({ mask: [0, 0, 0, 1, 0] });
    expect(() => env.step(one('go', 'go', 'go', 'go', 'go'))).toThrow(refused);
    const failed = env.state() as VectorState;
    expect(failed.failed).toBe(at);
    env.reset();
    env.setState(failed);
    expect(() => env.step(one('go', 'go', 'go', 'go', 'go'))).toThrow(`ThreadedVectorEnv.step: env ${at} `);
    expect(play(env)).toStrictEqual(play(alone));
  });

  const ends: [(typeof DEEDS)[number], RegExp][] = [
    ['hang', /^ThreadedVectorEnv: env 2 \(test\/Puppet-v0\) has not come back in 1 s, during step\(\); a run resumes /],
    ['exit', /^ThreadedVectorEnv: env 2 \(test\/Puppet-v0\) has ended its thread, during step\(\); a run /],
  ];
  test.each(ends)('%s: all threads end, and every call says so', (deed, line) => {
    const env = open(PUPPET, { numEnvs: 4, workers: 2, workerTimeout: deed === 'hang' ? 1 : 60 });
    env.reset({ seed: 0 });
    expect(() => env.step(one('go', 'go', deed, 'go'))).toThrow(line);
    for (const call of [() => env.step(one('go', 'go', 'go', 'go')), () => env.reset(), () => env.state()]) {
      expect(call).toThrow(line);
    }
    env.close();
    expect(() => env.state()).toThrow(/^ThreadedVectorEnv: state\(\) after close\(\)$/);
  });

  test('wrong calls are refused before any env moves', () => {
    const [, env] = puppets();
    env.reset({ seed: 0 });
    const state = env.state() as VectorState;
    const calls: [() => unknown, string][] = [
      [() => env.step(one('go')), 'ThreadedVectorEnv.step: got 1 numbers, expected 5 actions of 1'],
      [() => env.reset({ mask: [1] }), 'ThreadedVectorEnv.reset: mask has 1 entries, expected 5'],
      [
        () => env.reset({ options: { start: () => 0 } }),
        'ThreadedVectorEnv: test/Puppet-v0: reset() got what cannot go to another thread: () => 0 could not be cloned.',
      ],
      [() => env.setState({ envs: [], ended: [] }), 'ThreadedVectorEnv.setState: the state is of 0 envs, expected 5'],
    ];
    for (const [call, line] of calls) expect(call).toThrow(line);
    expect(env.state()).toStrictEqual(state);
    const half = [...state.envs.slice(0, 4).toReversed(), { tell: () => 0 }];
    expect(() => env.setState({ ...state, envs: half })).toThrow(
      / setState\(\) got what cannot go to another thread: /,
    );
    // What the first thread was told of it is dropped.
    env.setState(state);
    expect(env.state()).toStrictEqual(state);
  });

  test('a state that cannot be copied', () => {
    const env = open(PUPPET, { numEnvs: 2, workers: 2, isSecret: true });
    env.reset({ seed: 0 });
    const line = 'ThreadedVectorEnv: env 0 (test/Puppet-v0): an info or a state cannot leave its thread: ';
    expect(() => env.state()).toThrow(line);
    env.step(one('go', 'go'));
  });

  test('what cannot be made', () => {
    register({ id: 'test/Homeless-v0', entryPoint: entryPoint as never });
    const modules = { idle: '', broken: 'throw new Error("no wind");', again: AGAIN, other: OTHER };
    for (const [name, source] of Object.entries(modules)) {
      const file = join(folder, `${name}.mjs`);
      writeFileSync(file, source);
      register({ id: `test/${name}-v0`, entryPoint: entryPoint as never, module: pathToFileURL(file).href });
    }
    register({
      id: 'test/none-v0',
      entryPoint: entryPoint as never,
      module: pathToFileURL(join(folder, 'none.mjs')).href,
    });
    const cases: [string, MakeVecOptions, string | RegExp][] = [
      [PUPPET, { made: 'throw' }, 'no strings'],
      [PUPPET, { given: () => 0 }, "makeVec('test/Puppet-v0'): workers: an option cannot go to another thread: "],
      [
        'test/Homeless-v0',
        {},
        "makeVec('test/Homeless-v0'): workers: a thread that imports no module does not know it; " +
          'put register() into a module of its own, with the field module: import.meta.url',
      ],
      ['test/idle-v0', {}, /^makeVec\('test\/idle-v0'\): workers: a thread that imports file:\S+ does not know it;/],
      ['test/broken-v0', {}, /^ThreadedVectorEnv: test\/broken-v0: a thread cannot import file:\S+: no wind$/],
      ['test/other-v0', {}, /^ThreadedVectorEnv: env 0 has observationSpace Box\([^\n]*, expected Box\([^\n]*$/],
      ['test/none-v0', {}, /^ThreadedVectorEnv: test\/none-v0: a thread cannot import file:[^\n]+none\.mjs[^\n]*$/],
      [
        'test/again-v0',
        {},
        /: makeVec\('CartPole-v1'\): workers: this is called by a module that a thread imports, expected /,
      ],
      ['CartPole-v1', { workers: 0 }, 'makeVec: workers: got 0, expected an integer ≥ 1'],
      ['CartPole-v1', { workers: 257 }, 'makeVec: workers: got 257, expected an integer ≤ 256'],
      ['CartPole-v1', { workerTimeout: 0 }, 'makeVec: workerTimeout: got 0, expected seconds above 0'],
      [
        'CartPole-v1',
        { autoresetMode: 'never' as never },
        'ThreadedVectorEnv: autoresetMode: got "never", expected one of',
      ],
      ['Nothing-v1', {}, 'makeVec: no environment is registered as "Nothing-v1"'],
    ];
    for (const [id, options, line] of cases) {
      expect(() => open(id, { numEnvs: 3, workers: 2, ...options }), id).toThrow(line);
    }
    // A single env has no use for them.
    make('CartPole-v1', { workers: 4 }).close();
  });

  test('where there is no Node', () => {
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never);
    expect(() => makeVec('CartPole-v1', { numEnvs: 2, workers: 2 })).toThrow(/several workers.* need Node/);
  });

  test('a function that makes environments', async () => {
    const settings = { env: () => make('CartPole-v1'), envOptions: { workers: 2 }, agent: 'ppo', steps: 10 } as const;
    await expect(train(settings)).rejects.toThrow(
      'train: envOptions: workers: a function cannot go to another thread, expected the id that it is registered under, ' +
        'in a module of its own',
    );
  });
});

describe('threads end', () => {
  const program = (...lines: string[]) => [
    ...['--import', 'tsx', '--input-type=module', '--eval'],
    [
      `import { makeVec } from ${JSON.stringify(MAKE_VEC)};`,
      `import ${JSON.stringify(join(import.meta.dirname, 'puppet.ts'))};`,
      `const env = makeVec('${PUPPET}', { numEnvs: 2, workers: 2, workerTimeout: 20 });`,
      'env.reset({ seed: 0 });',
      ...lines,
    ].join('\n'),
  ];
  const step = (...deeds: (typeof DEEDS)[number][]) => `env.step(Int32Array.of(${one(...deeds).join(', ')}));`;

  test.runIf(process.platform === 'linux')('with close()', () => {
    const threads = 'readdirSync("/proc/self/task").length';
    const lines = [
      'import { readdirSync } from "node:fs";',
      `const open = ${threads};`,
      'env.close(); env.close();',
      `while (${threads} > open - 2) await new Promise((resolve) => setTimeout(resolve, 20));`,
      'try { env.reset(); } catch (error) { console.log(error.message); }',
    ];
    const { status, stdout, stderr } = spawnSync(process.execPath, program(...lines), {
      encoding: 'utf8',
      timeout: ENOUGH,
    });
    expect([status, stdout, stderr]).toEqual([0, 'ThreadedVectorEnv: reset() after close()\n', '']);
  });

  test('for lack of memory', () => {
    const line = `try { ${step('go', 'fill')} } catch (error) { console.log(error.message); }`;
    const { status, stdout } = spawnSync(process.execPath, ['--max-old-space-size=200', ...program(line)], {
      encoding: 'utf8',
      timeout: ENOUGH,
    });
    expect(stdout).toMatch(
      /^ThreadedVectorEnv: env 1 \(test\/Puppet-v0\) has (ended its thread|not come back in 20 s), during step\(\);[^\n]+\n$/,
    );
    expect(status).toBe(0);
  });

  test('all, where one cannot be started, at once', () => {
    const refusing = join(folder, 'refusing.cjs');
    writeFileSync(
      refusing,
      `const threads = require('node:worker_threads');
      const { Worker } = threads;
      let started = 0;
      threads.Worker = class extends Worker {
        constructor(...all) {
          if (all[1]?.name === 'oxbow' && started++ === 1) throw new Error('no thread is left');
          super(...all);
        }
      };`,
    );
    const lines = [
      `import { makeVec } from ${JSON.stringify(ENVS)};`,
      `try { makeVec('CartPole-v1', { numEnvs: 4, workers: 2, workerTimeout: Infinity }); } catch (error) { console.log(error.message); }`,
    ];
    const { stdout } = spawnSync(
      process.execPath,
      ['--require', refusing, '--import', 'tsx', '--input-type=module', '--eval', lines.join('\n')],
      { encoding: 'utf8', timeout: ENOUGH },
    );
    expect(stdout).toBe('no thread is left\n');
  });

  test('with the process, which does not wait for them, and what they print is there at once', () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      program(step('go', 'print'), 'process.stderr.write("then\\n");', step('print', 'go'), 'console.log("done");'),
      { encoding: 'utf8', timeout: ENOUGH },
    );
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'done\n', stderr: 'at 1\nthen\nat 2\n' });
  });

  test('with Ctrl-C, while the caller waits for an env that hangs', async () => {
    const child: ChildProcess = spawn(process.execPath, program('console.log("begins");', step('hang', 'hang')));
    const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve({ code, signal })));
    await new Promise((resolve) => child.stdout!.once('data', resolve));
    child.kill('SIGINT');
    expect(await ended).toEqual({ code: null, signal: 'SIGINT' });
  });
});
