import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { commandLine } from '../../../cli/terminal/commandLine.ts';
import { readJson, temporaryFolder } from '../fixture/files.ts';
import { jobsHere } from '../fixture/jobsHere.ts';
import { type Ended, oxbow } from '../fixture/oxbow.ts';

const cli = fileURLToPath(new URL('../fixture/cli.ts', import.meta.url));
const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = temporaryFolder('run');

/** Starts the command as users do, in a process of its own. */
function start(...argv: string[]): { process: ChildProcess; stdout: () => string; ended: Promise<Ended> } {
  const child = spawn(process.execPath, ['--import', 'tsx', cli, ...argv], { cwd: root });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { process: child, stdout: () => stdout, ended };
}

const read = (...path: string[]) => readFileSync(join(...path), 'utf8');

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('until: not in 30 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The command with its standard output in a shell's hands. */
function piped(command: string): Ended {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', `${process.execPath} --import tsx ${cli} ${command}`], {
    cwd: root,
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}

/** Every file below a folder. */
function files(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(path, name)).isFile())
    .sort();
}

describe('oxbow run', () => {
  it('leaves a complete run directory, the same for the same seeds, and continues it', async () => {
    const [a, b] = [join(folder, 'a'), join(folder, 'deep', 'b')];
    const argv = ['run', 'drift', '--seeds', '4', '--seed', '3', '--set', 'noise.scale=2'];
    const first = await oxbow(...argv, '--out', a, '--workers', '2');
    expect(first.stderr).toBe('');
    expect(first.code).toBe(0);
    const jobs = ['plain', 'wide'].flatMap((study) =>
      ['left', 'right', 'still'].flatMap((policy) =>
        [3, 4, 5, 6].map((seed) => `${study}/Line-v0/${policy}/seed-${seed}`),
      ),
    );
    expect(files(a)).toEqual(
      [
        ...jobs.flatMap((id) => ['metrics.json', 'position.txt', 'result.json'].map((file) => `jobs/${id}/${file}`)),
        ...['config.json', 'metrics.csv', 'metrics.jsonl', 'report.html', 'run.json', 'summary.json'],
      ].sort(),
    );
    expect(readJson(a, 'config.json')).toMatchObject({
      experiment: 'drift',
      engine: 'none',
      backend: 'numbers',
      seeds: [3, 4, 5, 6],
      config: { seeds: [3, 4, 5, 6], steps: 20, noise: { scale: 2, label: 'noise' } },
      versions: { node: process.versions.node },
    });
    const summary = readJson(a, 'summary.json');
    expect(summary.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(first.stdout).toContain(`Fingerprint: ${summary.fingerprint}\n`);
    expect(read(a, 'report.html')).toContain(summary.fingerprint);
    expect(Object.keys(summary)).toEqual(['experiment', 'engine', 'backend', 'seeds', 'fingerprint', 'results']);
    expect(summary.results).toHaveLength(2 * 3 * 2);
    expect(summary.results[0]).toMatchObject({ study: 'plain', env: 'Line-v0', policy: 'left', metric: 'position' });
    expect(read(a, 'metrics.jsonl').trimEnd().split('\n')).toHaveLength(jobs.length * 20);
    expect(read(a, 'metrics.csv').trimEnd().split('\n')).toHaveLength(jobs.length * 20 + 1);
    expect(Object.keys(readJson(a, 'run.json').sessions[0].jobs).sort()).toEqual(jobs.toSorted());
    expect(read(a, 'report.html').match(/<svg/g)).toHaveLength(6);

    // Grown from fewer seeds and policies, in this process: the same results to the byte.
    jobsHere();
    const fewer = ['run', 'drift', '--seeds', '2', '--seed', '3', '--policies', 'right,left', '--set', 'noise.scale=2'];
    expect((await oxbow(...fewer, '--out', b, '--workers', '1')).code).toBe(0);
    const second = await oxbow(...argv, '--out', b, '--workers', '1');
    expect(second.code).toBe(0);
    expect(second.stdout).toContain(`Continuing ${b}: 8 of 24 jobs have finished before.`);
    for (const file of ['summary.json', 'metrics.csv', 'metrics.jsonl', 'report.html'])
      expect(read(b, file)).toBe(read(a, file));

    const again = await oxbow(...argv, '--out', a);
    expect(again.code).toBe(0);
    expect(again.stdout).toContain(`Continuing ${a}: 24 of 24 jobs have finished before.`);
    expect(read(a, 'summary.json')).toBe(read(b, 'summary.json'));

    const before = read(a, 'run.json');
    const other = await oxbow('run', 'drift', '--out', a);
    expect(other.code).toBe(2);
    expect(other.stdout).toBe('');
    expect(other.stderr).toBe(
      `oxbow: --out: ${a} holds a run with another config (noise), expected the same, or a new directory\n`,
    );
    expect(read(a, 'run.json')).toBe(before);

    const report = await oxbow('report', a);
    expect(report.code).toBe(0);
    expect(report.stdout).toContain(join(a, 'report.html'));
    expect(read(a, 'report.html')).toBe(read(b, 'report.html'));
  });

  it('draws a figure of the report as files', async () => {
    jobsHere();
    const a = join(folder, 'figures');
    expect((await oxbow('run', 'drift', '--seeds', '2', '--policies', 'left', '--out', a)).code).toBe(0);
    const figure = await oxbow('figure', a, 'plain-end', join(folder, 'end'));
    expect(figure.code).toBe(0);
    const [light, dark] = ['light', 'dark'].map((theme) => read(folder, `end-${theme}.svg`));
    for (const svg of [light, dark]) expect(svg).toMatch(/^<svg[^>]*>.*position.*<\/svg>\n$/s);
    expect(light).not.toBe(dark);
    const nowhere = await oxbow('figure', a, 'plain-end', join(folder, 'no', 'folder'));
    expect(nowhere.code).toBe(2);
    expect(nowhere.stderr).toMatch(/^oxbow: figure: cannot write .*no\/folder-light.svg: .*\n$/);
  });

  it.each([
    ['throw', 'fell off the line'],
    ['nan', 'position is NaN at step 3, expected a finite number'],
    ['exit', 'its process exited with code 7'],
  ])('goes on with the others when a job fails (%s)', async (fault, message) => {
    // One ends its process.
    if (fault !== 'exit') jobsHere();
    const out = join(folder, fault);
    const argv = ['run', 'drift', '--study', 'plain', '--workers', '1', '--set', `fault=${fault}`];
    const { code, stdout, stderr } = await oxbow(...argv, '--out', out);
    expect(code).toBe(1);
    expect(stderr).toBe(`oxbow: job plain/Line-v0/right/seed-1 failed: ${message}; see run.json\n`);
    const { partial, finished, jobs, results, fingerprint } = readJson(out, 'summary.json');
    expect(fingerprint).toBeUndefined();
    expect(stdout).not.toContain('Fingerprint');
    expect({ partial, finished, jobs }).toEqual({ partial: true, finished: 8, jobs: 9 });
    const right = results.find((row: { policy: string }) => row.policy === 'right');
    expect(right.perSeed).toEqual([expect.any(Number), null, expect.any(Number)]);
    const report = read(out, 'report.html');
    expect(report).toContain('Partial: 8 of 9 jobs');
    expect(report).toContain('<li>plain, Line-v0: right (seed 1)</li>');
    expect(report).toContain('<th scope="row">right</th><td class="number">2 of 3</td>');
    expect(readJson(out, 'run.json').sessions[0].failures['plain/Line-v0/right/seed-1']).toContain(message);
  });

  it('stops cleanly on Ctrl-C and goes on later', async () => {
    const out = join(folder, 'stopped');
    const argv = ['run', 'drift', '--study', 'plain', '--set', 'pause=25', '--out', out, '--workers', '2'];
    const run = start(...argv);
    await until(() => existsSync(join(out, 'jobs/plain/Line-v0/left/seed-1/result.json')));
    run.process.kill('SIGINT');
    const { code, stdout, stderr } = await run.ended;
    expect(code).toBe(130);
    expect(stderr).toBe('');
    expect(stdout).toContain('Stopping: what has finished is kept.');
    expect(stdout).toContain(`To continue:\n  ${commandLine(...argv.slice(0, -4), '--workers', '2', '--out', out)}\n`);
    const { partial, finished } = readJson(out, 'summary.json');
    expect(partial).toBe(true);
    expect(finished).toBeGreaterThanOrEqual(1);
    expect(finished).toBeLessThan(9);
    expect(read(out, 'metrics.csv').trimEnd().split('\n')).toHaveLength(finished * 20 + 1);
    expect(read(out, 'report.html')).toContain(`Partial: ${finished} of 9 jobs`);
    expect(files(out).filter((name) => name.endsWith('.tmp'))).toEqual([]);

    const rest = await oxbow(...argv);
    expect(rest.code).toBe(0);
    expect(rest.stdout).toContain(`Continuing ${out}: ${finished} of 9 jobs have finished before.`);
    expect(readJson(out, 'summary.json').partial).toBeUndefined();
    expect(readJson(out, 'run.json').sessions.map(({ interrupted }: { interrupted: boolean }) => interrupted)).toEqual([
      true,
      false,
    ]);
  });

  it('stops when the disk is full, keeps what has finished, and goes on later', async () => {
    const fault = 'wrapped';
    const out = join(folder, fault);
    const argv = ['run', 'drift', '--study', 'plain', '--policies', 'right', '--out', out, '--workers', '1'];
    const more = ['--seeds', '1,0,2', '--set', `fault=${fault}`];
    const { code, stderr } = await oxbow(...argv, ...more);
    expect(stderr).toBe(
      `oxbow: cannot write ${out}: ENOSPC: no space left on device, write; 0 of 3 jobs have finished and are kept. ` +
        `To continue: ${commandLine(...argv.slice(0, -4), '--workers', '1', ...more, '--out', out)}\n`,
    );
    expect(code).toBe(1);
    expect(readdirSync(join(out, 'jobs/plain/Line-v0/right'))).toEqual([]);
    const resumed = await oxbow('resume', out, '--workers', '1');
    expect(resumed.stderr).toMatch(/^oxbow: cannot write .*\n$/);
    expect(resumed.stderr).toContain(` To continue: ${commandLine('resume', out, '--workers', '1')}\n`);
  });

  it('stops a job that is in a step of an hour', async () => {
    const out = join(folder, 'long');
    const run = start('run', 'drift', '--set', 'pause=3600000', '--out', out, '--workers', '1');
    await until(() => existsSync(join(out, 'jobs')));
    run.process.kill('SIGHUP');
    const { code, stderr } = await run.ended;
    expect(stderr).toBe('');
    expect(code).toBe(130);
    expect(read(out, 'report.html')).toContain('Partial: 0 of 18 jobs');
  });
});

describe('a run directory that is taken away', () => {
  it('ends the run with a line, and is not made again', async () => {
    const out = join(folder, 'away');
    const argv = ['run', 'drift', '--study', 'plain', '--policies', 'left', '--workers', '1', '--set', 'pause=50'];
    const run = oxbow(...argv, '--seeds', '3', '--out', out);
    await until(() => existsSync(join(out, 'jobs/plain/Line-v0/left/seed-1')));
    renameSync(out, `${out}-elsewhere`);
    const { code, stderr } = await run;
    expect(stderr).toBe(
      `oxbow: cannot write ${out}: the directory was removed, or taken by another command; 1 of 3 jobs had finished\n`,
    );
    expect(code).toBe(1);
    expect(existsSync(out)).toBe(false);
    // Where it is now, the run goes on.
    const { stdout } = await oxbow('resume', `${out}-elsewhere`);
    expect(stdout).toContain('1 of 3 jobs have finished before');
  });
});

describe('standard output', () => {
  it('may be full', () => {
    expect(piped('list > /dev/full')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'oxbow: cannot write standard output: ENOSPC: no space left on device, write\n',
    });
  });
});
