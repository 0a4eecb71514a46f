import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { train } from '../../../../agents/index.ts';
import type { VectorState } from '../../../../envs/core/syncVectorEnv.ts';
import { type MakeVecOptions, make, makeVec, register, type VectorEnv } from '../../../../envs/index.ts';
import { describeVectorEnvs, testWorkers } from '../vectorEnvContract.ts';
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

/** Five puppets in one thread and five in three, which tests share that leave them whole: a thread takes a second to start. */
let shared: [alone: VectorEnv, threaded: VectorEnv] | undefined;
function puppets(): [alone: VectorEnv, threaded: VectorEnv] {
  shared ??= [makeVec(PUPPET, { numEnvs: 5 }), makeVec(PUPPET, { numEnvs: 5, workers: 3 })];
  return shared;
}
afterAll(() => {
  for (const env of shared ?? []) env.close();
});

function open(id: string, options: MakeVecOptions): VectorEnv {
  const env = makeVec(id, options);
  opened.push(env);
  return env;
}

afterEach(() => {
  for (const env of opened.splice(0)) env.close();
});

const one = (...deeds: (typeof DEEDS)[number][]) => Int32Array.from(deeds.map((deed) => DEEDS.indexOf(deed)));

describeVectorEnvs([
  { name: 'ThreadedVectorEnv', id: PUPPET, options: { workers: 3 } },
  { name: 'SyncVectorEnv, to which its state goes', id: PUPPET },
]);

testWorkers('Pendulum-v1', { g: 9, maxEpisodeSteps: 7 }, [1, 2]);
testWorkers('CartPole-v1', { frameStack: 2 }, [1, 2]);
testWorkers('GridworldTree-v0', {}, [1, 2]);
testWorkers('Multigoal-v0', {}, [1, 2]);
testWorkers('LakeStride-v0', { blocked: 'hidden' }, [1, 2]);
// As many as there are envs.
testWorkers(PUPPET, {}, [9]);

test('threads that answer a call before its notice comes do not answer it twice', () => {
  const [alone, env] = puppets();
  const { notify } = Atomics;
  const late = vi.spyOn(Atomics, 'notify').mockImplementation((...given) => {
    // Time in which the threads end their steps and go to sleep again.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30);
    return notify(...given);
  });
  onTestFinished(() => late.mockRestore());
  expect(env.reset({ seed: 5 })).toStrictEqual(alone.reset({ seed: 5 }));
  for (let t = 0; t < 10; t++) {
    const tell = one('tell', 'tell', 'tell', 'tell', 'tell');
    expect(env.step(tell), `step ${t}`).toStrictEqual(alone.step(tell));
  }
  expect(late).toHaveBeenCalledTimes(11);
});

test('rewards of goals', () => {
  const env = open('BitFlipping-v0', { bits: 2, numEnvs: 2, workers: 2 });
  expect(env.computeRewards!(Float32Array.of(0, 1, 1, 0), Float32Array.of(0, 1, 0, 0))).toEqual({
    rewards: Float64Array.of(0, -1),
    terminations: Uint8Array.of(1, 0),
  });
});

describe('errors are one line that names the env', () => {
  const steps: [(typeof DEEDS)[number], number, string][] = [
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
    expect(env.reset({ seed: 1 })).toStrictEqual(alone.reset({ seed: 1 }));
    const goes = (of: VectorEnv) => of.step(one('go', 'tell', 'go', 'go', 'tell'));
    const [step, expected] = [goes(env), goes(alone)];
    for (const part of ['observations', 'rewards', 'infos'] as const) expect(step[part]).toStrictEqual(expected[part]);
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

  test('what cannot go to another thread is refused before any env moves', () => {
    const [, env] = puppets();
    env.reset({ seed: 0 });
    const state = env.state() as VectorState;
    expect(() => env.reset({ options: { start: () => 0 } })).toThrow(
      'ThreadedVectorEnv: test/Puppet-v0: reset() got what cannot go to another thread: () => 0 could not be cloned.',
    );
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
