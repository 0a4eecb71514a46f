import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { forge, temporaryFolder } from '../fixture/files.ts';
import { jobsHere } from '../fixture/jobsHere.ts';
import { oxbow, refusal } from '../fixture/oxbow.ts';

const out = join(temporaryFolder('verify-test'), 'run');
const LEFT = 'plain/Line-v0/left/seed-0';

describe('oxbow verify', () => {
  beforeAll(async () => {
    jobsHere();
    const argv = ['--study', 'plain', '--policies', 'left,right', '--seeds', '2', '--set', 'fault=throw'];
    expect((await oxbow('run', 'drift', ...argv, '--out', out)).code).toBe(1);
    vi.restoreAllMocks();
  });

  it('says that finished jobs give the same bytes again, and only reads the run', async () => {
    const before = readdirSync(out, { recursive: true });
    const { code, stdout, stderr } = await oxbow('verify', out, '--workers', '1');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`${LEFT}: the same bytes`);
    expect(stdout).toMatch(/^3 of 3 jobs gave the same bytes again$/m);
    expect(readdirSync(out, { recursive: true })).toEqual(before);
  });

  it('takes a share of them, drawn each time', async () => {
    jobsHere();
    const { code, stdout } = await oxbow('verify', out, '--sample', '0.4', '--workers', '1');
    expect(code).toBe(0);
    expect(stdout.match(/: the same bytes$/gm)).toHaveLength(2);
    expect(stdout).toMatch(/^2 of 2 jobs gave the same bytes again$/m);
  });

  it('names what is not the same', async () => {
    jobsHere();
    const path = join(out, 'jobs', LEFT, 'result.json');
    const stored = readFileSync(path, 'utf8');
    forge(path, ({ metrics, ...result }) => ({ ...result, metrics: { ...metrics, position: 7 } }));
    const { code, stdout, stderr } = await oxbow('verify', out, '--job', LEFT, '--workers', '1');
    writeFileSync(path, stored);
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toMatch(/left\/seed-0: other bytes \(position 7, now −?\d/);
    expect(stdout).toMatch(/^0 of 1 job gave the same bytes again$/m);
  });

  it.each([
    [['verify', out, '--job', 'plain/Line-v0/left/seed-7'], /--job: got plain\S+seed-7, expected one of/],
    [['verify', out, '--job', 'plain/Line-v0/right/seed-1'], /--job: plain\S+ has not finished/],
    [['verify', tmpdir()], /holds no run/],
    [['verify', out, '--sample', '0'], /--sample: got 0/],
  ])('%j is bad input', async (argv, line) => {
    expect(await refusal(...argv)).toMatch(line);
  });

  it('refuses a run of another version', async () => {
    const path = join(out, 'config.json');
    const stored = readFileSync(path, 'utf8');
    forge(path, ({ versions, ...run }) => ({ ...run, versions: { ...versions, oxbow: '0.0.1' } }));
    const line = await refusal('verify', out);
    writeFileSync(path, stored);
    expect(line).toMatch(/^oxbow: \S+ was made with the version of oxbow 0\.0\.1, here is \d+\.\d+\.\d+\n$/);
  });
});
