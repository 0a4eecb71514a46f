import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { train } from '../../../agents/index.ts';
import { loadEnv, makeVec } from '../../../envs/index.ts';
import { jobsHere } from '../fixture/jobsHere.ts';
import { type Ended, oxbow } from '../fixture/oxbow.ts';

const ID = 'mujoco/Hopper-v5';
const folder = mkdtempSync(join(tmpdir(), 'oxbow-mujoco-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A training of a second. */
const SMALL = [
  ...['--agent', 'ppo', '--steps', '256', '--envs', '2', '--workers', '1'],
  ...['agent.horizon=64', 'policy.hidden=8', 'evaluationEpisodes=2'].flatMap((setting) => ['--set', setting]),
];

// The first that loads anything: what comes before knows no robot.
test('a robot whose name is almost right gets the near one', async () => {
  for (const [id, argv] of [
    ['mujoco/Hoper-v5', ['train', 'mujoco/Hoper-v5', ...SMALL]],
    ['mujco/Hopper-v5', ['list', 'envs', 'mujco/Hopper-v5']],
    ['mujoco/hopper', ['list', 'envs', 'mujoco/hopper']],
    ['mujoco/Hopper-v4', ['tune', 'train', 'mujoco/Hopper-v4', '--agent', 'ppo']],
  ] as const) {
    const { code, stdout, stderr } = await oxbow(...argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^oxbow: [^\n]*\n$/);
    expect(stderr).toContain(`got ${id}, expected one of `);
    expect(stderr).toContain(`(did you mean ${ID}?)`);
  }
});

describe('the command', () => {
  test('lists robots, and what one of them takes', async () => {
    const { code, stdout, stderr } = await oxbow('list', 'envs');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^mujoco\/Hopper-v5 +Box\(-Infinity, /m);
    expect(stdout).not.toContain('npm install');
    const options = await oxbow('list', 'envs', ID);
    expect(options.stdout).toMatch(/^healthyZRange +list of 2 × .* 0\.7,1000000$/m);
  });

  test('trains one in threads, evaluates it, and does the same again', async () => {
    const out = join(folder, 'run');
    const trained = await oxbow('train', ID, ...SMALL, '--set', 'env.workers=2', '--out', out);
    expect([trained.code, trained.stderr]).toEqual([0, '']);
    expect(existsSync(join(out, 'jobs/ppo', ID, 'gaussian/seed-0/policy.json'))).toBe(true);
    const json = join(folder, 'eval.json');
    for (const more of [[], ['--env', ID]]) {
      expect(await oxbow('eval', out, '--episodes', '2', '--json', json, ...more)).toMatchObject({
        code: 0,
        stderr: '',
      });
      expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject([
        { env: ID, returns: [expect.any(Number), expect.any(Number)] },
      ]);
    }
    // What was done in a process of its own, in this one as well.
    jobsHere();
    const verified = await oxbow('verify', out, '--workers', '1');
    expect([verified.code, verified.stderr]).toEqual([0, '']);
    expect(verified.stdout).toContain('1 of 1 job gave the same bytes again');
  });

  test('searches for the settings of its training', async () => {
    jobsHere();
    const out = join(folder, 'tuning');
    const tuned = await oxbow('tune', 'train', ID, ...SMALL, '--trials', '1', '--seeds', '1', '--out', out);
    expect([tuned.code, tuned.stderr]).toEqual([0, '']);
    expect(existsSync(join(out, 'tuned.json'))).toBe(true);
  });

  test('says which option does not fit, before anything is written', async () => {
    const out = join(folder, 'none');
    for (const [value, problem] of [
      ['0.8', 'got 0.8, expected a list of 2 entries: in which the height of the torso is healthy, m'],
      ['[2,1]', 'got [2,1], expected two numbers, the lower one first'],
    ]) {
      const { code, stderr } = await oxbow('train', ID, ...SMALL, '--set', `env.healthyZRange=${value}`, '--out', out);
      expect([code, stderr]).toEqual([2, `oxbow: --set env.healthyZRange: ${problem}\n`]);
    }
    expect(existsSync(out)).toBe(false);
  });
});

describe('without the package', () => {
  const root = resolve(import.meta.dirname, '../../..');
  const without = pathToFileURL(fileURLToPath(new URL('../fixture/withoutMujoco.mjs', import.meta.url))).href;
  const INSTALL = 'mujoco: the package @mujoco/mujoco cannot be loaded: npm install @mujoco/mujoco@3.14.0';

  const out = join(folder, 'bare');
  let [training, list, options]: Ended[] = [];

  // All of them in one process, whose start takes longer.
  beforeAll(() => {
    const commands = [
      ['train', ID, ...SMALL, '--out', out],
      ['list', 'envs'],
      ['list', 'envs', ID],
    ];
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [...['--import', 'tsx', '--import', without], ...['test/cli/fixture/commandsInOne.ts', JSON.stringify(commands)]],
      { cwd: root, encoding: 'utf8', env: { ...process.env, COLUMNS: '200' } },
    );
    expect(stderr).toBe('');
    [training, list, options] = JSON.parse(stdout) as Ended[];
  }, 120_000);

  test('what needs it says in one line what to install, and writes nothing', () => {
    expect(training).toEqual({ code: 2, stdout: '', stderr: `oxbow: ${INSTALL}\n` });
    expect(existsSync(out)).toBe(false);
  });

  test('the list has the others and that line, and still tells the options of a robot', () => {
    const { code, stdout, stderr } = list!;
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`\n${INSTALL}\n`);
    expect(stdout).toMatch(/^Pendulum-v1 /m);
    expect(stdout).not.toContain(ID);
    expect(options!.stdout).toMatch(/^healthyZRange: list of 2 /m);
  });
});

test('train() loads what the environment needs', async () => {
  const { policy, steps } = await train({
    ...{ env: ID, agent: 'ppo', steps: 64, numEnvs: 2, policyOptions: { hidden: [8] }, agentOptions: { horizon: 32 } },
    evaluateEvery: 64,
    evaluateEpisodes: 1,
  });
  expect(steps).toBe(64);
  policy.dispose();
});

test('robots in threads do what they do in one', async () => {
  await loadEnv(ID);
  const [one, two] = [1, 2].map((workers) => makeVec(ID, { numEnvs: 3, workers }));
  const rows = [one!, two!].map((env) => {
    const [observations] = env.reset({ seed: 5 });
    const seen = [...observations];
    for (let step = 0; step < 40; step++) {
      const actions = Float32Array.from({ length: 9 }, (_, i) => Math.sin(step + i));
      const { observations, rewards } = env.step(actions);
      seen.push(...observations, ...rewards);
    }
    env.close();
    return seen;
  });
  expect(rows[1]).toEqual(rows[0]);
});
