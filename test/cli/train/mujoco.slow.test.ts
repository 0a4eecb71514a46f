import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { train } from '../../../agents/index.ts';
import { temporaryFolder } from '../fixture/files.ts';
import { jobsHere } from '../fixture/jobsHere.ts';
import { type Ended, oxbow } from '../fixture/oxbow.ts';

const ID = 'mujoco/Hopper-v5';
const folder = temporaryFolder('mujoco');

/** A training of a second. */
const SMALL = [
  ...['--agent', 'ppo', '--steps', '256', '--envs', '2', '--workers', '1'],
  ...['agent.horizon=64', 'policy.hidden=8', 'evaluationEpisodes=2'].flatMap((setting) => ['--set', setting]),
];

// The first that loads anything: what comes before knows no robot.
test('a robot whose name is almost right gets the near one', async () => {
  for (const [id, argv] of [
    ['mujoco/Hoper-v5', ['train', 'mujoco/Hoper-v5', ...SMALL]],
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
  test('trains one in threads, evaluates it, and does the same again', async () => {
    jobsHere();
    const out = join(folder, 'run');
    const trained = await oxbow('train', ID, ...SMALL, '--set', 'env.workers=2', '--out', out);
    expect([trained.code, trained.stderr]).toEqual([0, '']);
    expect(existsSync(join(out, 'jobs/ppo', ID, 'gaussian/seed-0/policy.json'))).toBe(true);
    const json = join(folder, 'eval.json');
    expect(await oxbow('eval', out, '--episodes', '2', '--json', json)).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject([
      { env: ID, returns: [expect.any(Number), expect.any(Number)] },
    ]);
    const verified = await oxbow('verify', out, '--workers', '1');
    expect([verified.code, verified.stderr]).toEqual([0, '']);
    expect(verified.stdout).toContain('1 of 1 job gave the same bytes again');
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
