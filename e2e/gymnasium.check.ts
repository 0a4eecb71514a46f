/** Environments of Gymnasium in a Python with the packages that PyPI has today. `OXBOW_PYTHON` names one that is there already. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type AgentState, Ppo } from '../agents/index.ts';
import { seedFor } from '../envs/gymnasium/gymnasiumServer.ts';
import { autoresetModes, checkEnv, type Env, make, makeVec, SyncVectorEnv } from '../envs/index.ts';
import { GaussianPolicy, Rng } from '../src/index.ts';
import { root, run, temporaryFolder } from './project.ts';
import { drawActions, pythonWith } from './pythonWith.ts';

vi.setConfig({ testTimeout: 60_000 });

const folder = temporaryFolder('gymnasium');
const given = process.env.OXBOW_PYTHON;
const python = given || pythonWith(folder.path, ['gymnasium[mujoco]']);
beforeAll(() => {
  vi.stubEnv('OXBOW_PYTHON', python);
  // MuJoCo leaves a log where it runs.
  process.chdir(folder.path);
  console.log(run(root, python, ['-c', 'import gymnasium, mujoco; print(gymnasium.__version__, mujoco.__version__)']));
});
// Whatever the test before has put there.
beforeEach(() => {
  vi.stubEnv('PYTHONPATH', join(root, 'e2e/gymnasium'));
});
afterAll(() => folder[Symbol.dispose]());

const CLASSICS = ['CartPole-v1', 'Pendulum-v1', 'Acrobot-v1', 'MountainCar-v0', 'MountainCarContinuous-v0'];
const MISBEHAVING = 'environments:Misbehaving-v0';
const ROBOTS = ['Hopper-v5', 'HalfCheetah-v5', 'Humanoid-v5'];

type AnyAction = Env<Float32Array, unknown>;

function rowOf(rows: Float32Array, i: number, numEnvs: number): number[] {
  const size = rows.length / numEnvs;
  return [...rows.subarray(i * size, (i + 1) * size)];
}

/** A module of this name comes before the installed one. */
function writeModule(directory: string, name: string, text: string): void {
  mkdirSync(join(folder.path, directory, name), { recursive: true });
  writeFileSync(join(folder.path, directory, name, '__init__.py'), text);
  vi.stubEnv('PYTHONPATH', join(folder.path, directory));
}

function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** What an act throws, in words. */
function errorOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

/** Whether it has ended within so many milliseconds. */
async function isGone(pid: number, patience: number): Promise<boolean> {
  for (let waited = 0; waited < patience && isRunning(pid); waited += 50) await delay(50);
  return !isRunning(pid);
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
}

/** A program of its own process. */
function startProgram(text: string): ChildProcess {
  const file = join(mkdtempSync(join(folder.path, 'program-')), 'main.mts');
  writeFileSync(file, text);
  return spawn(process.execPath, ['--import', 'tsx', file], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** So many reports of Ppo's training, each time in another process of Python's, from a state on: the state then. */
async function train(reports: number, from?: AgentState): Promise<AgentState> {
  const env = makeVec('gymnasium:Pendulum-v1', { numEnvs: 4, autoresetMode: 'sameStep' });
  const policy = new GaussianPolicy({ observationDim: 3, actionDim: 1, scale: 'free', rng: new Rng('policy') });
  const agent = new Ppo({ policy, env, rng: new Rng('agent'), horizon: 128, epochs: 2, batchSize: 64 });
  if (from) agent.setState(from);
  for await (const { policyLoss } of agent.train({ steps: 4 * 512, rng: new Rng('training') })) {
    expect(policyLoss).toEqual(expect.any(Number));
    reports--;
    if (reports === 0) break;
  }
  const state = structuredClone(agent.state());
  agent.dispose();
  policy.dispose();
  env.close();
  return state;
}

/** The largest difference of two lists of numbers, relative to what is larger than 1. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i]!) / Math.max(1, Math.abs(x))));
}

describe.each(CLASSICS)('%s of ours beside Gymnasium’s', (id) => {
  test('every step of three episodes from its state, and each episode as a whole', () => {
    const theirs = make('gymnasium:environments:Shown-v0', { of: id }) as AnyAction;
    const step = make(id) as AnyAction;
    const rollout = make(id) as AnyAction;
    expect([String(step.observationSpace), String(step.actionSpace)]).toEqual([
      String(theirs.observationSpace),
      String(theirs.actionSpace),
    ]);
    const rng = new Rng(id);
    for (const seed of [0, 1, 2]) {
      let [, { state }] = theirs.reset({ seed });
      rollout.reset({ options: { state } });
      for (let ended = false; !ended; ) {
        const action = theirs.actionSpace.sample(rng);
        step.reset({ options: { state } });
        const real = theirs.step(action);
        const one = step.step(action);
        const whole = rollout.step(action);
        expect(difference([...real[0], real[1]], [...one[0], one[1]])).toBeLessThan(1e-10);
        expect(one[2]).toBe(real[2]);
        expect(difference([...real[0], real[1]], [...whole[0], whole[1]])).toBeLessThan(1e-6);
        expect(whole.slice(2, 4)).toEqual(real.slice(2, 4));
        state = real[4].state;
        ended = real[2] || real[3];
      }
    }
    for (const env of [theirs, step, rollout]) env.close();
  });
});

describe('the contract', () => {
  test.each(['CartPole-v1', ...ROBOTS, 'FrozenLake-v1', 'Blackjack-v1', 'environments:Hoard-v0'])('%s', (id) => {
    checkEnv(make(`gymnasium:${id}`));
  });

  const kinds = ['image', 'long', 'short', 'half', 'number', 'grid', 'bits', 'negative', 'bool'];
  test.each([...kinds, 'bytes alone', 'whole numbers', 'all'])('a space goes there and back: %s', (kind) => {
    const env = make<unknown, unknown>('gymnasium:environments:Kinds-v0', { kind });
    env.reset();
    const rng = new Rng(kind);
    for (let i = 0; i < 5; i++) {
      const action = env.actionSpace.sample(rng);
      // Which float16 has.
      if (kind === 'half') (action as Float32Array).set([0.5, -3]);
      expect(env.step(action)[0]).toEqual(action);
    }
    checkEnv(env, { steps: 5 });
  });

  test('texts come as strings, and only where they change; a batch leaves them out', () => {
    const env = make<object, number>('gymnasium:environments:Speaking-v0');
    checkEnv(env, { steps: 20 });
    const again = make<{ a: string }, number>('gymnasium:environments:Speaking-v0');
    const [{ a }] = again.reset({ seed: 1 });
    expect(a).toMatch(/^episode \d+$/);
    const seen = [0, 1, 1, 0, 1].map((action) => again.step(action)[0]);
    expect(seen).toEqual([0, 1, 2, 2, 3].map((time) => ({ a, b: [`step ${time}`, time], c: 7 })));
    expect(again.reset()[0]).not.toEqual({ a, b: ['step 0', 0], c: 7 });
    again.close();
    const many = makeVec('gymnasium:environments:Speaking-v0', { numEnvs: 2, autoresetMode: 'sameStep' });
    expect([...many.reset({ seed: 1 })[0]]).toEqual([0, 7, 0, 7]);
    expect([...many.step(Float32Array.of(1, 0)).observations]).toEqual([1, 7, 0, 7]);
    many.close();
  });

  test.each([true, false])('rewards of goals, many at once or not: %s', (one) => {
    const env = makeVec('gymnasium:environments:Goals-v0', { one, numEnvs: 2 });
    const [achieved, desired] = [Float32Array.of(0, 0, 3, 4, 1, 1), Float32Array.of(0, 0.25, 0, 0, 1, 0)];
    // The second time it is known whether they are computed at once.
    for (let time = 0; time < 2; time++) {
      const { rewards, terminations } = env.computeRewards!(achieved, desired);
      expect([...rewards]).toEqual([-0.25, -5, -1]);
      expect([...terminations!]).toEqual([1, 0, 0]);
    }
    env.close();
    const without = makeVec('gymnasium:CartPole-v1');
    expect(() => without.computeRewards!(achieved, desired)).toThrow(/expected achieved_goal and desired_goal/);
    without.close();
  });

  test('wrappers by their names: Gymnasium’s, and those of the package that the id names, from the inner to the outer', () => {
    const options = { wrappers: ['FlattenObservation', { name: 'ReshapeObservation', shape: [1, 5] }] };
    const env = make<Float64Array, Int32Array>('gymnasium:environments:Hoard-v0', options);
    expect(String(env.observationSpace)).toMatch(/^Box\(.*, \[1,5\], float64\)$/);
    env.close();
    const rewards = [0, 1, 3].map((times) => {
      const wrappers = [{ name: 'environments.Halved', times }];
      const halved = make<object, Int32Array>('gymnasium:environments:Hoard-v0', { wrappers });
      halved.reset({ seed: 1 });
      const [, reward] = halved.step(Int32Array.of(1, 0));
      halved.close();
      return reward;
    });
    expect(rewards).toEqual([1, 0.5, 0.125].map((factor) => expect.closeTo(factor * rewards[0]!, 6)));
  });

  test.each([
    'RecordVideo',
    'evil.Halved',
    'os.system',
    'environments.Hoard',
    'environments.nowhere',
    'environments.gymnasium.Wrapper',
  ])('a name that is no such wrapper imports and calls nothing: %s', (name) => {
    writeModule('evil', 'evil', 'raise SystemExit(66)');
    vi.stubEnv('PYTHONPATH', `${process.env.PYTHONPATH}:${join(root, 'e2e/gymnasium')}`);
    expect(errorOf(() => make('gymnasium:environments:Hoard-v0', { wrappers: [name] }))).toMatch(
      /^gymnasium:environments:Hoard-v0: (got the wrapper \S+, expected one of AddRender|there is no wrapper )[^\n]*$/,
    );
  });

  test('infos: arrays, numbers of numpy’s, what is not finite, keys that are not text', () => {
    const env = make<object, Int32Array>('gymnasium:environments:Hoard-v0');
    expect(String(env.observationSpace)).toBe('Dict(kind: Discrete(3), near: Box(-Infinity, Infinity, [2], float64))');
    env.reset({ seed: 1 });
    const [, reward, , , info] = env.step(Int32Array.of(1, 0));
    const numbers = { chance: expect.any(Number), list: [0, 1], half: 0.5, long: 0.25, none: null };
    expect(info).toEqual({ ...numbers, '(1, 2)': 'Phase.REST' });
    expect(reward).toBe(Math.fround(info.chance as number));
    env.close();
  });

  test('what an environment prints goes to stderr', async () => {
    const program = `
      import { make } from '${root}/envs/index.ts';
      const env = make('gymnasium:environments:Misbehaving-v0', { wrong: 'print' });
      env.reset();
      env.step(Float32Array.of(0));
      env.close();
    `;
    const child = startProgram(program);
    const [stdout, stderr] = [child.stdout!, child.stderr!].map((stream) => {
      const chunks: string[] = [];
      stream.on('data', (data) => chunks.push(String(data)));
      return chunks;
    });
    await new Promise((ended) => child.on('close', ended));
    expect(stdout!.join('')).toBe('');
    expect(stderr!.join('')).toMatch(
      /hello from the environment.*hello from C|hello from C.*hello from the environment/s,
    );
  });
});

interface RealStep {
  readonly observations: number[];
  readonly rewards: number[];
  readonly terminations: boolean[];
  readonly truncations: boolean[];
  readonly finals: (number[] | null)[];
}

/** Python's own vector env: what it gives for the same actions. */
const SYNC_VECTOR_ENV = `
import json, sys
import gymnasium, numpy as np
asked = json.loads(sys.argv[1])
envs = gymnasium.make_vec(asked["id"], num_envs=len(asked["seeds"]), vectorization_mode="sync", max_episode_steps=20,
    vector_kwargs={"autoreset_mode": gymnasium.vector.AutoresetMode(asked["mode"])})
rows = [envs.reset(seed=asked["seeds"])[0].astype(np.float32).ravel().tolist()]
for actions in asked["actions"]:
    actions = np.array(actions, envs.action_space.dtype).reshape(envs.action_space.shape)
    observations, rewards, terminations, truncations, infos = envs.step(actions)
    finals = [None if x is None else x.astype(np.float32).tolist() for x in infos.get("final_obs", [None] * len(rewards))]
    ended = terminations | truncations
    if asked["mode"] == "Disabled" and ended.any():
        observations, _ = envs.reset(options={"reset_mask": ended})
    rows.append({"observations": observations.astype(np.float32).ravel().tolist(), "rewards": rewards.tolist(),
        "terminations": terminations.tolist(), "truncations": truncations.tolist(), "finals": finals})
print(json.dumps(rows))
`;

describe.each(autoresetModes)('%s', (autoresetMode) => {
  test.each(['CartPole-v1', 'Hopper-v5'])('%s: the same as Gymnasium’s SyncVectorEnv', (id) => {
    const numEnvs = 3;
    const env = makeVec(`gymnasium:${id}`, { numEnvs, autoresetMode, maxEpisodeSteps: 20 });
    const rng = new Rng(id);
    const actions = Array.from({ length: 60 }, () => drawActions(env, rng));
    const stream = new Rng(7).split('vectorEnv');
    const seeds = Array.from({ length: numEnvs }, (_, i) => seedFor(stream.split(i).seed));
    const mode = `${autoresetMode[0]!.toUpperCase()}${autoresetMode.slice(1)}`;
    const asked = JSON.stringify({ id, mode, seeds, actions: actions.map((row) => [...row]) });
    const printed = execFileSync(python, ['-c', SYNC_VECTOR_ENV, asked], { encoding: 'utf8' });
    const [start, ...steps] = JSON.parse(printed) as [number[], ...RealStep[]];
    expect([...env.reset({ seed: 7 })[0]]).toEqual(start);
    let ends = 0;
    for (const [t, real] of steps.entries()) {
      const step = env.step(actions[t]!);
      const ended = step.terminations.map((flag, i) => flag | step.truncations[i]!);
      const finals = Array.from(ended, (flag, i) => (flag ? rowOf(step.finalObservations, i, numEnvs) : null));
      const { rewards, terminations, truncations } = step;
      expect({ rewards, terminations, truncations }).toEqual({
        rewards: Float64Array.from(real.rewards),
        terminations: Uint8Array.from(real.terminations, Number),
        truncations: Uint8Array.from(real.truncations, Number),
      });
      // Gymnasium keeps them apart in this mode only.
      if (autoresetMode === 'sameStep') expect(finals).toEqual(real.finals);
      if (autoresetMode === 'disabled' && ended.includes(1)) env.reset({ mask: ended });
      expect([...step.observations]).toEqual(real.observations);
      ends += ended.filter(Boolean).length;
    }
    expect(ends).toBeGreaterThan(5);
    env.close();
  });

  test('the same as its envs one by one, infos too', () => {
    const options = { maxEpisodeSteps: 20 };
    const together = makeVec('gymnasium:Hopper-v5', { numEnvs: 3, autoresetMode, ...options });
    const makers = Array.from({ length: 3 }, () => () => make('gymnasium:Hopper-v5', options));
    const apart = new SyncVectorEnv(makers, { autoresetMode });
    const rng = new Rng(autoresetMode);
    expect(together.reset({ seed: 'a' })).toEqual(apart.reset({ seed: 'a' }));
    for (let t = 0; t < 50; t++) {
      const actions = drawActions(together, rng);
      const [a, b] = [together.step(actions), apart.step(actions)];
      expect([a.observations, a.infos, a.finalInfos, a.resets]).toEqual([
        b.observations,
        b.infos,
        b.finalInfos,
        b.resets,
      ]);
      const ended = a.terminations.map((flag, i) => flag | a.truncations[i]!);
      if (!ended.includes(1)) continue;
      // Where those that ended reset themselves, the others may be reset beside them.
      const mask = autoresetMode === 'disabled' ? ended : ended.map((flag) => 1 - flag);
      expect(together.reset({ mask })).toEqual(apart.reset({ mask }));
    }
    together.close();
    apart.close();
  });
});

describe('resuming', () => {
  test('Ppo on Pendulum: a training goes on in another Python with new episodes, the same each time', async () => {
    const half = await train(2);
    const [one, other] = [await train(2, half), await train(2, half)];
    expect(one).toEqual(other);
    expect(one).not.toEqual(half);
  });
});

describe('errors say what to do, on one line', () => {
  test('no Python; no Gymnasium; an old one; a package that an environment needs', () => {
    const bare = join(folder.path, 'bare');
    mkdirSync(bare);
    const without = pythonWith(bare, []);
    expect(errorOf(() => make('gymnasium:CartPole-v1', { python: '/no/python' }))).toBe(
      'gymnasium:CartPole-v1: cannot start /no/python; name a Python that has gymnasium by the option python or in OXBOW_PYTHON',
    );
    expect(errorOf(() => make('gymnasium:CartPole-v1', { python: without }))).toBe(
      `gymnasium:CartPole-v1: ${without} has no gymnasium; install it with "${without} -m pip install --upgrade gymnasium"`,
    );
    writeModule('old', 'gymnasium', '__version__ = "0.29.1"');
    expect(errorOf(() => make('gymnasium:CartPole-v1'))).toMatch(
      /^gymnasium:CartPole-v1: Gymnasium 0\.29\.1 is too old, 1\.0 is needed; install it with "\S+ -m pip install --upgrade gymnasium"$/,
    );
    writeModule('unmujoco', 'mujoco', 'raise ImportError("no mujoco")');
    expect(errorOf(() => make('gymnasium:Hopper-v5'))).toMatch(
      /^gymnasium:Hopper-v5: MuJoCo is not installed.*pip install .?gymnasium\[mujoco\]/i,
    );
  });

  test.each([
    ['Hoper-v5', {}, /^gymnasium:Hoper-v5: Environment `Hoper` doesn't exist\. Did you mean: `Hopper`\?$/],
    ['Nowhere/Env-v0', {}, /Namespace Nowhere not found.* put the module to import in front: gymnasium:MODULE:Nowhere/],
    ['CartPole-v9', {}, /Environment version `v9` .* doesn't exist/],
    ['nowhere:Env-v0', {}, /No module named 'nowhere'/],
    ['Hopper-v5', { weight: 3 }, /gymnasium\.make\(\) raised TypeError: .*'weight'/],
    [MISBEHAVING, { wrong: 'made' }, /make\(\) raised FileNotFoundError: no map/],
    [MISBEHAVING, { wrong: 'action space' }, /its action space is Text\(/],
    ['environments:Kinds-v0', { kind: 'far' }, /its action space: Discrete: got the integers from/],
    [MISBEHAVING, { wrong: 'observation space' }, /its observation space is Graph\(/],
  ])('made: %s %o', (id, options, message) => {
    expect(errorOf(() => make(`gymnasium:${id}`, options))).toMatch(message);
  });

  test.each([
    ['raise', 'reset', /reset\(\) of environment 0 raised ValueError: the motor is hot/],
    ['mute', 'step', /step\(\) of environment 0 raised Mute/],
    ['raise', 'step', /step\(\) of environment 0 raised ValueError: the motor is hot/],
    ['raise', 'close', /close\(\) of environment 0 raised ValueError: the motor is hot/],
    ['shape', '', /gave an observation of the shape \[1\]/],
    ['text', '', /gave the observation far off/],
    ['fractions', '', /its observation space has whole numbers of uint8/],
    ['beyond', '', /its observation space has whole numbers of int32/],
    ['complex', '', /expected numbers that are not complex/],
    ['complex part', '', /expected numbers that are not complex/],
    ['complex reward', '', /gave the reward \(1\+2j\)/],
    ['circle', '', /its infos hold themselves, or are nested too deep/],
    ['escapes', '', /its infos have more than 67108864 bytes/],
    ['flag', '', /gave no as truncated/],
    ['info', '', /gave the info None/],
    ['reward', '', /gave the reward None/],
    ['four', '', /raised ValueError: not enough values to unpack/],
    ['exit', 'step', /its Python ended with exit code 3 during step/],
    ['killed', 'step', /its Python was killed by SIGKILL/],
    ['segfault', 'reset', /its Python was killed by SIGSEGV/],
  ])('%s at %s', (wrong, when, message) => {
    const env = makeVec(`gymnasium:${MISBEHAVING}`, { wrong, when });
    const error = errorOf(() => {
      env.reset();
      env.step(Float32Array.of(0));
      env.close();
    });
    expect(error).toMatch(message);
    expect(error).toMatch(/^gymnasium:environments:Misbehaving-v0: /);
    env.close();
    env.close();
  });

  test.each(['300 MB of text', '300 MB of texts', '300 MB of arrays', '40 million booleans'])(
    'infos that are too large are refused before they are encoded: %s',
    (wrong) => {
      const env = make(`gymnasium:${MISBEHAVING}`, { wrong });
      env.reset();
      expect(errorOf(() => env.step(Float32Array.of(0)))).toBe(
        `gymnasium:${MISBEHAVING}: its infos have more than ${2 ** 26} bytes, expected at most as many in a step`,
      );
      expect(env.reset()[0]).toEqual(new Float32Array(2));
      env.close();
    },
  );

  test('an exception of 100 KB is a line of 1000 characters, and its traceback has two ends', () => {
    const env = make(`gymnasium:${MISBEHAVING}`, { wrong: 'long' });
    env.reset();
    let raised: Error | undefined;
    try {
      env.step(Float32Array.of(0));
    } catch (error) {
      raised = error as Error;
    }
    expect(raised!.message).toMatch(
      /: step\(\) of environment 0 raised ValueError: the motor is hot [^\n]{980,990}… \(\d+ characters\) \(\S+:\d+, in act\)$/,
    );
    expect(raised!.cause).toMatch(/^Traceback.*\n…\n.*is hot\s*$/s);
    expect((raised!.cause as string).length).toBeLessThan(20_010);
    env.close();
  });
});

describe('no Python outlives its parent', () => {
  test.each([
    ['SIGKILL', 'process.kill(process.pid, "SIGKILL")', 1000],
    ['SIGTERM', 'process.kill(process.pid, "SIGTERM"); setTimeout(() => {}, 9e3)', 1000],
    ['an error', 'throw new Error("over")', 1000],
    ['its end, with nothing closed', '', 1000],
  ])('%s', async (_, end, patience) => {
    const child = startProgram(`
      import { make } from '${root}/envs/index.ts';
      const env = make('gymnasium:${MISBEHAVING}');
      console.log(env.reset()[1].pid);
      ${end}
    `);
    const ended = new Promise((done) => child.once('exit', done));
    const pid = Number(await new Promise<string>((got) => child.stdout!.once('data', (data) => got(String(data)))));
    await ended;
    expect(await isGone(pid, patience)).toBe(true);
  });

  describe.each(['hang', 'lock'])('while its environment does not come back: %s', (wrong) => {
    test.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const)('%s', async (signal) => {
      const child = startProgram(`
        import { make } from '${root}/envs/index.ts';
        const env = make('gymnasium:${MISBEHAVING}', { wrong: '${wrong}' });
        console.log(env.reset()[1].pid);
        env.step(Float32Array.of(0));
      `);
      const ended = new Promise((done) => child.once('exit', done));
      const pid = Number(await new Promise<string>((got) => child.stdout!.once('data', (data) => got(String(data)))));
      const guard = parentOf(pid);
      // It prints before it steps.
      await delay(500);
      child.kill(signal);
      await ended;
      expect(await isGone(pid, 1000)).toBe(true);
      expect(await isGone(guard, 1000)).toBe(true);
    });
  });

  test('its guard killed: the environment that does not come back goes too, and the one who asks hears of it', async () => {
    const env = make<Float32Array, Float32Array>(`gymnasium:${MISBEHAVING}`, { wrong: 'lock' });
    const pid = env.reset()[1].pid as number;
    const killer = spawn('sh', ['-c', `sleep 0.3; kill -9 ${parentOf(pid)}`]);
    expect(() => env.step(Float32Array.of(0))).toThrow('its Python was killed by SIGKILL');
    expect(await isGone(pid, 1000)).toBe(true);
    killer.unref();
    env.close();
  });

  test.each([
    ['fork', 'was killed by SIGKILL'],
    ['fork by a library', 'was killed by SIGKILL'],
    ['fork by a library, exit', 'ended with exit code 0'],
  ])('a child that keeps the pipes keeps nobody waiting: %s', (wrong, how) => {
    const env = make<Float32Array, Float32Array>(`gymnasium:${MISBEHAVING}`, { wrong });
    env.reset();
    expect(() => env.step(Float32Array.of(0))).toThrow(`its Python ${how}`);
    env.close();
  });

  test('Ctrl-C is the parent’s: Python goes on, for a last checkpoint', async () => {
    const env = make<Float32Array, Float32Array>(`gymnasium:${MISBEHAVING}`);
    const pid = env.reset()[1].pid as number;
    process.kill(pid, 'SIGINT');
    await delay(100);
    expect(env.step(Float32Array.of(0))[1]).toBe(0);
    env.close();
  });
});
