import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { writeCheckedJson } from '../../../cli/experiment/checkedJson.ts';
import type { CommonConfig } from '../../../cli/experiment/experiment.ts';
import { loadPolicies } from '../../../cli/index.ts';
import { version } from '../../../cli/run/environment.ts';
import { RunDirectory } from '../../../cli/run/runDirectory.ts';
import { trainSchema } from '../../../cli/train/trainConfig.ts';
import { makePolicy, Rng, savePolicy } from '../../../src/index.ts';
import { forge, temporaryFolder } from '../fixture/files.ts';
import { oxbow, refusal } from '../fixture/oxbow.ts';

const folder = temporaryFolder('reading');

/** What is written if code of others runs. */
const canary = join(folder, 'canary');
const module = join(folder, "their module's.mjs");
const program = join(folder, 'their-python');
/** A training that was made with the module, as by its author. */
const run = join(folder, 'run');
const JOB = ['ppo', 'Pendulum-v1', 'gaussian', 'seed-0'];

beforeAll(() => {
  writeFileSync(module, `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(canary)}, '');\n`);
  writeFileSync(program, `#!/bin/sh\ntouch '${canary}'\n`);
  chmodSync(program, 0o755);
  const cli = fileURLToPath(new URL('../fixture/cli.ts', import.meta.url));
  const settings = ['agent.horizon=64', 'policy.hidden=8', 'evaluationEpisodes=2', 'env.maxEpisodeSteps=20'];
  const argv = ['train', 'Pendulum-v1', '--agent', 'ppo', '--steps', '128', '--workers', '1', '--load', module];
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', cli, ...argv, ...settings.flatMap((setting) => ['--set', setting]), '--out', run],
    { encoding: 'utf8' },
  );
  expect([status, stderr]).toEqual([0, '']);
  expect(existsSync(canary)).toBe(true);
}, 120_000);
beforeEach(() => rmSync(canary, { force: true }));

/** The directory of a training that has not begun, with settings as somebody else may write them. */
function forged(name: string, settings: object): string {
  const out = join(folder, name);
  const plain = { studies: ['ppo'], policies: ['gaussian'], environments: ['Pendulum-v1'] };
  const config = { ...(trainSchema(plain).parse({ policy: { hidden: [8] } }) as CommonConfig), ...settings };
  mkdirSync(out, { recursive: true });
  const versions = { oxbow: version(), node: process.versions.node };
  const about = { experiment: 'train', config, seeds: config.seeds, engine: 'wasm', backend: 'cpu', versions };
  writeCheckedJson(join(out, 'config.json'), about);
  return out;
}

/** Leaves a trained policy in the folder of a job. */
function addPolicy(out: string, ...job: string[]): void {
  const observationSpace = { low: [-1, -1, -8], high: [1, 1, 8], shape: [3] };
  const actionSpace = { low: [-2], high: [2], shape: [1] };
  const policy = makePolicy('gaussian', { observationSpace, actionSpace, hidden: [4], rng: new Rng(0) });
  mkdirSync(join(out, 'jobs', ...job), { recursive: true });
  savePolicy(join(out, 'jobs', ...job, 'policy.json'), policy);
}

function refuses(message: string, line: string): void {
  expect(line).not.toContain('OXBOW_DEBUG');
  expect(line).toContain(message);
}

describe('a module that a run names', () => {
  const QUOTED = `--load '${module.replaceAll("'", "'\\''")}'`;

  test.each([
    ['report', []],
    ['figure', ['learning-curves', join(folder, 'curves')]],
    ['eval', ['--episodes', '1']],
  ])('is not imported by %s, which does without', async (command, more) => {
    const { code, stderr } = await oxbow(command, run, ...more);
    expect([code, stderr]).toEqual([0, '']);
    expect(existsSync(canary)).toBe(false);
  });

  test('is not imported by a comparison, by a listing, by loadPolicies', async () => {
    const copy = join(folder, 'copy');
    cpSync(run, copy, { recursive: true });
    expect((await oxbow('report', run, copy, '--out', join(folder, 'comparison.html'))).code).toBe(0);
    expect((await oxbow('list', 'policies')).code).toBe(0);
    expect(await loadPolicies(run)).toHaveLength(1);
    expect(existsSync(canary)).toBe(false);
  });

  test.each(['verify', 'resume'])('is not imported by %s, which says how to allow it', async (command) => {
    refuses(
      `the settings load ${module}, which is not imported unless you name it: ${QUOTED}`,
      await refusal(command, run),
    );
    expect(existsSync(canary)).toBe(false);
  });

  test('is not imported by a training whose file of settings names it', async () => {
    const file = join(folder, 'settings.json');
    writeFileSync(file, JSON.stringify({ load: [module] }));
    const out = join(folder, 'by-file');
    refuses(QUOTED, await refusal('train', 'Pendulum-v1', '--agent', 'ppo', '--config', file, '--out', out));
    expect(existsSync(out)).toBe(false);
    expect(existsSync(canary)).toBe(false);
  });

  test('is imported where the command line names it, by whatever path leads to it, and the run is verified', async () => {
    const { code, stdout } = await oxbow('verify', run, '--workers', '1', '--load', module);
    expect(stdout).toContain('1 of 1 job gave the same bytes again');
    expect(code).toBe(0);
    expect(existsSync(canary)).toBe(true);
  });

  test('that registers what is needed: eval and loadPolicies say so', async () => {
    const own = { load: ['/theirs/env.mjs'] };
    const env = forged('own-env', { ...own, environments: ['Theirs-v0'] });
    addPolicy(env, 'ppo', 'Theirs-v0', 'gaussian', 'seed-0');
    refuses(
      `${env}: the settings load /theirs/env.mjs, which is not imported unless you name it`,
      await refusal('eval', env),
    );
    const policy = forged('own-policy', { ...own, policies: ['theirs'] });
    addPolicy(policy, 'ppo', 'Pendulum-v1', 'theirs', 'seed-0');
    refuses('--load /theirs/env.mjs, if you trust it', await refusal('eval', policy));
    expect((await oxbow('report', policy)).code).toBe(0);
  });
});

describe('a Python that a run names', () => {
  let theirs: string;
  beforeAll(() => {
    theirs = forged('python', { environments: ['gymnasium:Pendulum-v1'], env: { python: program } });
    addPolicy(theirs, 'ppo', 'gymnasium-Pendulum-v1', 'gaussian', 'seed-0');
  });

  test.each(['eval', 'verify', 'resume'])('is not started by %s, which says how to allow it', async (command) => {
    refuses(`--python ${program}, if you trust it and the environment`, await refusal(command, theirs));
    expect(existsSync(canary)).toBe(false);
  });

  test('is not started by report and loadPolicies, which do without', async () => {
    expect((await oxbow('report', theirs)).code).toBe(0);
    expect(await loadPolicies(theirs)).toEqual([]);
    expect(existsSync(canary)).toBe(false);
  });

  test('is not started by a training whose file of settings names it', async () => {
    const file = join(folder, 'python.json');
    writeFileSync(file, JSON.stringify({ env: { python: program } }));
    const argv = ['train', 'gymnasium:Pendulum-v1', '--agent', 'ppo', '--policy', 'gaussian', '--config', file];
    refuses('env.python: got', await refusal(...argv, '--out', join(folder, 'never')));
    expect(existsSync(canary)).toBe(false);
  });

  test('does not import a module that an id names, unless the command line names that too', async () => {
    const id = 'gymnasium:theirs:Env-v0';
    const out = forged('python-module', { environments: [id], env: { python: program } });
    addPolicy(out, 'ppo', 'gymnasium-theirs-Env-v0', 'gaussian', 'seed-0');
    for (const command of ['eval', 'verify', 'resume']) {
      refuses(
        `imports theirs in Python, which is not done unless you name it: --env ${id}`,
        await refusal(command, out, '--python', program),
      );
      expect(existsSync(canary)).toBe(false);
      refuses('its Python', await refusal(command, out, '--python', program, '--env', id));
      expect(existsSync(canary)).toBe(true);
      rmSync(canary);
    }
  });

  test('is started where the command line names it', async () => {
    expect((await oxbow('eval', theirs, '--python', program)).code).toBe(2);
    expect(existsSync(canary)).toBe(true);
  });
});

describe('nothing outside of a run directory is read or written', () => {
  const COMMANDS = [['report'], ['eval'], ['verify'], ['resume'], ['figure', 'x', join(folder, 'x')]] as const;
  const everyCommand = async (out: string, message: string) => {
    for (const [command, ...more] of COMMANDS) refuses(message, await refusal(command, out, ...more));
    await expect(loadPolicies(out)).rejects.toThrow(message);
  };

  test.each([
    ['an environment', { environments: ['../../../../outside'] }],
    ['a policy', { policies: ['../../../../outside'] }],
    ['an environment with an escape sequence', { environments: ['\u001b]0;title\u0007'] }],
  ])('%s that leads out of it', async (what, settings) => {
    const out = forged(`leads-out-${what}`, settings);
    for (const [command, ...more] of COMMANDS) {
      expect((await refusal(command, out, ...more)).trimEnd()).not.toMatch(/\p{Cc}|OXBOW_DEBUG/u);
    }
    await expect(loadPolicies(out)).rejects.toThrow(/expected names of letters/);
  });

  test('a link in it, and a pipe', async () => {
    const secret = join(folder, 'secret');
    writeFileSync(secret, 'theirs');
    const linked = forged('linked', {});
    symlinkSync(secret, join(linked, 'report.html'));
    await everyCommand(linked, 'report.html is a link or no file');
    expect(readFileSync(secret, 'utf8')).toBe('theirs');
    const below = forged('linked-below', {});
    mkdirSync(join(below, 'jobs'));
    symlinkSync(folder, join(below, 'jobs', 'ppo'));
    await everyCommand(below, 'jobs/ppo is a link or no file');
    const piped = forged('piped', {});
    mkdirSync(join(piped, 'logs'));
    spawnSync('mkfifo', [join(piped, 'logs', 'speed.json')]);
    await everyCommand(piped, 'speed.json is a link or no file');
  });

  test('a result that names files elsewhere', async () => {
    for (const name of ['../../../../../../secret', '/dev/zero', 'a//b', '..\\secret']) {
      const out = join(folder, 'elsewhere');
      cpSync(run, out, { recursive: true });
      forge(join(out, 'jobs', ...JOB, 'result.json'), ({ files, ...result }) => ({
        ...result,
        files: { ...files, [name]: '00' },
      }));
      refuses(`names ${name}, expected files of its own folder`, await refusal('report', out));
      rmSync(out, { recursive: true });
    }
  });
});

test('what a file says is text, in a page and on a terminal', async () => {
  const evil = '<script>alert(1)</script><img src=x onerror=alert(2)>';
  const red = '\u001b[31m\u202e';
  const names = [evil, red, "');alert(1)//", 'datum["x"]', "a.b['c']"];
  const paths = ['text', 'text-2'].map((name) => join(folder, name));
  for (const [i, out] of paths.entries()) {
    cpSync(run, out, { recursive: true });
    // Settings that a result is not of: the job has none then, and is written anew.
    forge(join(out, 'config.json'), ({ config, versions, ...about }) => ({
      ...about,
      config: { ...config, load: [...names, String(i)], env: { [evil]: evil } },
      versions: { ...versions, node: evil },
    }));
    const data = { parameters: evil, options: { [evil]: evil } };
    const metrics = Object.fromEntries(names.map((name, k) => [name, k + i]));
    const { settings } = RunDirectory.open(out);
    forge(join(out, 'jobs', ...JOB, 'result.json'), (result) => ({
      ...{ ...result, settings, data },
      metrics: { ...result.metrics, ...metrics },
    }));
  }
  const page = join(folder, 'text.html');
  const reported = await oxbow('report', paths[0]!);
  const compared = await oxbow('report', ...paths, '--out', page);
  for (const { code, stdout, stderr } of [reported, compared]) {
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\u202e/u);
  }
  expect(compared.stdout).toContain('\\x1b[31m\\u202e');
  for (const file of [join(paths[0]!, 'report.html'), page]) {
    const html = readFileSync(file, 'utf8');
    expect(html).toContain('&lt;script&gt;alert(1)');
    expect(html).not.toMatch(/<script|<img/);
  }
});

describe('a run that no command has made, with checksums that fit', () => {
  const figure = ['learning-curves', join(folder, 'none')];

  test('more seeds than a run may have', async () => {
    const out = forged('seeds', { seeds: Array.from({ length: 10_001 }, (_, seed) => seed) });
    refuses(`${join(out, 'config.json')}: seeds: got [0,1,2,`, await refusal('report', out));
    refuses('expected', await refusal('figure', out, ...figure));
  });

  test('results that its experiment does not leave: report and figure say where they lie', async () => {
    const out = join(folder, 'results');
    cpSync(run, out, { recursive: true });
    forge(join(out, 'jobs', ...JOB, 'result.json'), (result) => ({ ...result, data: null }));
    for (const argv of [
      ['report', out],
      ['figure', out, ...figure],
    ]) {
      const { code, stderr } = await oxbow(...argv);
      expect(stderr).toMatch(/^oxbow: [^\n]*\n$/);
      expect(stderr).toContain(`oxbow: ${join(out, 'jobs')}: no report can be made of the results there: `);
      expect(code).toBe(1);
    }
  });
});
