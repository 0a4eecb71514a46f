import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../fixture/files.ts';
import { jobsHere } from '../fixture/jobsHere.ts';
import { oxbow, refusal } from '../fixture/oxbow.ts';

const folder = temporaryFolder('shard');
const read = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8');

describe('oxbow run --shard', () => {
  beforeEach(jobsHere);

  it('directories that are put together are the whole training', async () => {
    const argv = ['train', 'SoftBandit-v0', '--agent', 'ppo', '--seeds', '3', '--steps', '64'];
    argv.push('--set', 'agent.horizon=64');
    const jobs = 3;
    const run = (part: string, ...more: string[]) => oxbow(...argv, '--out', join(folder, part), ...more);
    for (const i of [1, 2]) {
      const { code, stdout, stderr } = await run(`${i}`, '--shard', `${i}/2`);
      const own = i === 1 ? Math.ceil(jobs / 2) : Math.floor(jobs / 2);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toContain(`Shard ${i}/2 is done, ${own} of ${jobs} jobs have finished. Copy`);
      expect(JSON.parse(read(`${i}`, 'summary.json'))).toMatchObject({ partial: true, finished: own, jobs });
    }
    expect(read('1', 'config.json')).toBe(read('2', 'config.json'));
    cpSync(join(folder, '2', 'jobs'), join(folder, '1', 'jobs'), { recursive: true });
    const whole = await run('1');
    expect(whole.code).toBe(0);
    expect(whole.stdout).toContain(`${jobs} of ${jobs} jobs have finished before.`);
    // That of shares, whose machines may differ.
    expect((await run('alone')).code).toBe(0);
    expect(read('1', 'summary.json')).toBe(read('alone', 'summary.json'));
  });

  it.each(['', '0/2', '3/2', '1', '1/0', 'a/b', '1/2/3'])('refuses the share "%s"', async (share) => {
    const line = `oxbow: --shard: got ${share || '""'}, expected one of n shares: 1/n to n/n\n`;
    expect(await refusal('run', 'drift', '--shard', share, '--out', join(folder, 'none'))).toBe(line);
  });
});
