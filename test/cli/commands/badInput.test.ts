import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { builtinAgents } from '../../../agents/registry.ts';
import { drift } from '../fixture/drift.ts';
import { oxbow, oxbowOn } from '../fixture/oxbow.ts';
import { registry } from '../fixture/registry.ts';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-bad-'));
const out = join(folder, 'run');
const occupied = join(folder, 'occupied');
mkdirSync(occupied);
writeFileSync(join(occupied, 'thesis.txt'), 'years of work');
const wrongType = join(folder, 'wrong-type.json');
writeFileSync(wrongType, '{ "steps": "ten" }');
const invalid = join(folder, 'invalid.json');
writeFileSync(invalid, '{ "steps": ');

describe('bad input', () => {
  it.each<[string, string[], string]>([
    ['experiment', ['run', 'drfit'], 'experiment: got drfit, expected one of drift (did you mean drift?)'],
    ['training', ['run', 'train'], 'experiment: got train, a training is begun by "oxbow train"'],
    [
      'policy',
      ['run', 'drift', '--policies', 'left,stil'],
      '--policies: got "stil", expected one of left, right, still (did you mean still?)',
    ],
    [
      'study',
      ['run', 'drift', '--study', 'plane'],
      '--study: got "plane", expected one of plain, wide (did you mean plain?)',
    ],
    [
      'environment',
      ['run', 'drift', '--env', 'Line'],
      '--env: got "Line", expected one of Line-v0 (did you mean Line-v0?)',
    ],
    ['option', ['run', 'drift', '--polcies', 'left'], "unknown option '--polcies' (Did you mean --policies?)"],
    ['command', ['rnu', 'drift'], "unknown command 'rnu' (Did you mean run?)"],
    ['argument', ['run'], "missing required argument 'experiment'"],
    ['value', ['run', 'drift', '--steps'], "option '--steps <n>' argument missing"],
    ['steps', ['run', 'drift', '--steps', '-5'], '--steps: got -5, expected an integer > 0'],
    ['no steps', ['run', 'drift', '--steps', '0'], '--steps: got 0, expected an integer > 0'],
    [
      'address of a queue',
      ['run', 'drift', '--queue', ''],
      '--queue: got nothing, expected redis://host:port or rediss://host:port',
    ],
    [
      'one run twice',
      ['report', 'runs/base', './runs/base/'],
      'report: got ./runs/base/ twice, expected different runs',
    ],
    ['seeds', ['run', 'drift', '--seeds', '-1'], '--seeds: got -1, expected a number of seeds'],
    ['workers', ['run', 'drift', '--workers', 'all'], '--workers: got all, expected an integer from 1 to 1024'],
    ['threads', ['run', 'drift', '--threads', '65'], '--threads: got 65, expected an integer from 1 to 64'],
    ['base of the seeds', ['run', 'drift', '--seed', '1e400'], '--seed: got Infinity, expected an integer from 0 to'],
    ['prototype', ['run', 'drift', '--set', '__proto__.x=1'], '--set __proto__.x: unknown setting of drift, expected'],
    ['setting', ['run', 'drift', '--set', 'fault'], '--set: got fault, expected key=value'],
    [
      'file',
      ['run', 'drift', '--config', join(folder, 'none.json')],
      `--config: cannot read ${join(folder, 'none.json')}`,
    ],
    ['type in a file', ['run', 'drift', '--config', wrongType], `${wrongType}: steps: got "ten", expected a number`],
    ['JSON', ['run', 'drift', '--config', invalid], `--config: ${invalid} is not valid JSON`],
  ])('%s: one line, code 2, nothing written', async (_, argv, message) => {
    const { code, stdout, stderr } = await oxbow(
      ...argv,
      ...(argv[0] === 'run' && argv.length > 1 && argv.at(-1) !== '--steps' ? ['--out', out] : []),
    );
    expect(stderr).toContain(`oxbow: ${message}`);
    expect(stderr.trimEnd()).not.toContain('\n');
    expect(stdout).toBe('');
    expect(code).toBe(2);
    expect(existsSync(out)).toBe(false);
  });

  it('an empty name is no directory', async () => {
    const before = readdirSync('.');
    expect(await oxbow('run', 'drift', '--out', '')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'oxbow: --out: got "", expected a directory\n',
    });
    expect(await oxbow('report', '')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'oxbow: got "", expected a run directory\n',
    });
    expect(readdirSync('.')).toEqual(before);
  });

  it('--steps of studies that count different steps says how to choose', async () => {
    const steps = { plain: 'steps', wide: 'pause' };
    const two = { ...registry, experiments: { drift: async () => ({ ...drift, steps }) } };
    const { code, stdout, stderr } = await oxbowOn(two, 'run', 'drift', '--steps', '5', '--out', out);
    expect(stderr).toBe(
      'oxbow: --steps: the studies plain, wide count different steps, expected --study or --set steps=5 --set pause=5\n',
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    const one = await oxbowOn(two, 'run', 'drift', '--steps', '-5', '--study', 'wide', '--out', out);
    expect(one.stderr).toBe('oxbow: --steps: got -5, expected a number ≥ 0\n');
    expect(existsSync(out)).toBe(false);
  });

  it.each([
    ['a path below a file', join(wrongType, 'run')],
    ['a directory of the system', '/proc/oxbow/run'],
  ])('%s cannot be written', async (_, path) => {
    const { code, stdout, stderr } = await oxbow('run', 'drift', '--out', path);
    expect(stderr).toMatch(/^oxbow: --out: cannot write .*\n$/);
    expect(stderr).toContain(path);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('leaves a directory that is no run as it is', async () => {
    const { code, stderr } = await oxbow('run', 'drift', '--out', occupied);
    expect(stderr).toBe(
      `oxbow: --out: ${occupied} is not empty and holds no run, expected a new or empty directory or a run\n`,
    );
    expect(code).toBe(2);
    expect(readdirSync(occupied)).toEqual(['thesis.txt']);
    const report = await oxbow('report', occupied);
    expect(report.stderr).toBe(`oxbow: ${occupied} holds no run, expected a directory with the config.json of one\n`);
    expect(report.code).toBe(2);
  });
});

it.each(['train', 'tune train'])('oxbow %s without --agent lists the agents', async (command) => {
  const { code, stderr } = await oxbow(...command.split(' '), 'Pendulum-v1');
  const agents = Object.keys(builtinAgents).join(', ');
  expect([code, stderr]).toEqual([2, `oxbow: ${command}: --agent: got none, expected one of ${agents}\n`]);
});

it('an environment that nothing registers says that --load does', async () => {
  const { code, stderr } = await oxbow('train', 'MyEnv-v0', '--agent', 'ppo');
  expect([code, stderr.slice(stderr.lastIndexOf(';'))]).toEqual([
    2,
    '; one of your own needs --load <file>, which registers it\n',
  ]);
});

describe('information', () => {
  it('is printed with code 0', async () => {
    const help = await oxbow('run', '--help');
    expect(help.code).toBe(0);
    for (const option of [
      '--seeds',
      '--policies',
      '--study',
      '--env',
      '--steps',
      '--quick',
      '--config',
      '--set',
      '--out',
    ]) {
      expect(help.stdout).toContain(option);
    }
    const version = await oxbow('--version');
    expect(version).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: '' });
    const list = await oxbow('list');
    expect(list.code).toBe(0);
    vi.stubEnv('COLUMNS', '200');
    const settings = await oxbow('list', 'drift');
    expect(settings.code).toBe(0);
    expect(settings.stdout).toMatch(/^noise\.scale +number ≥ 0 +1 +spread of a step$/m);
    expect(settings.stdout).toMatch(/^fault +none \| throw.* +none/m);
    expect(settings.stdout).toMatch(/^seeds +list of integer ≥ 0 +0,1,2 +seeds; one run of each policy for each$/m);
    expect(settings.stdout).toMatch(/\nTo set one: npm run oxbow -- run drift --set steps=…\n$/);
    vi.stubEnv('COLUMNS', undefined);
    for (const argv of [['list'], ['list', 'drift'], ['list', 'envs']]) {
      const longest = Math.max(...(await oxbow(...argv)).stdout.split('\n').map((line) => line.length));
      expect(longest).toBeLessThanOrEqual(80);
    }
    expect((await oxbow('list', 'drfit')).stderr).toBe(
      'oxbow: list: got drfit, expected one of experiments, envs, agents, policies, settings, drift (did you mean drift?)\n',
    );
    for (const name of ['drift', 'plain', 'wide', 'left', 'right', 'still', 'Line-v0'])
      expect(list.stdout).toContain(name);
  });
});
