import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { main } from '../../cli/commands/main.ts';
import type { SummaryRow } from '../../cli/index.ts';
import { trainSettings } from '../../cli/train/trainConfig.ts';
import { classic, classicCells, scoreTable } from '../../experiments/benchmarks.ts';
import { registry } from '../../experiments/registry.ts';
import { jobsHere } from '../cli/fixture/jobsHere.ts';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-classic-'));

describe('oxbow run classic', () => {
  it('has a job for every cell, policy and seed, with settings that its agent takes', () => {
    const jobs = classic.jobs(classic.schema.parse({}));
    expect(jobs).toHaveLength(5 * classicCells.reduce((sum, { policies }) => sum + policies.length, 0));
    for (const [env, study, asked, steps] of [
      ['CartPole-v1', 'ppo', 475, 100_000],
      ['CartPole-v1', 'a2c', 475, 500_000],
      ['Pendulum-v1', 'ppo', -200, 100_000],
      ['Pendulum-v1', 'sac', -150, 10_000],
      ['MountainCarContinuous-v0', 'sac', 88, 20_000],
      ['MountainCarContinuous-v0', 'ppo', 88, 100_000],
      ['Acrobot-v1', 'ppo', -100, 500_000],
      ['CartPole-v1', 'dqn', 475, 50_000],
      ['Acrobot-v1', 'dqn', -100, 100_000],
      ['MountainCar-v0', 'dqn', -120, 120_000],
      ['CartPole-v1', 'qr-dqn', 475, 50_000],
      ['Acrobot-v1', 'qr-dqn', -100, 100_000],
      ['MountainCar-v0', 'qr-dqn', -120, 120_000],
    ]) {
      expect(classicCells).toContainEqual(expect.objectContaining({ env, study, asked, steps }));
    }
    for (const job of jobs) expect(trainSettings(job, {}).envs).toBeGreaterThan(0);
    const quick = classic.schema.parse(classic.presets.quick);
    expect(new Set(classic.jobs(quick).map(({ env }) => env))).toEqual(new Set(['CartPole-v1', 'Pendulum-v1']));
  });

  it('says what was reached by the greedy return', () => {
    const row = (policy: string, metric: string, iqm: number | null): SummaryRow => ({
      ...{ study: 'ppo', env: 'Pendulum-v1', policy, metric, iqm, low: iqm, high: iqm, perSeed: [iqm, iqm] },
    });
    const { columns, rows } = scoreTable(classicCells, [
      ...[row('gaussian', 'return', -250), row('gaussian', 'greedyReturn', -200)],
      ...[row('spline', 'return', -150), row('spline', 'greedyReturn', -200.5)],
    ]);
    const cell = (policy: string, column: string) =>
      rows.find((classicCells) => classicCells.includes(policy))![columns.indexOf(column)]!.replaceAll('\u00a0', ' ');
    expect(cell('gaussian', 'reached')).toBe('yes');
    expect(cell('spline', 'reached')).toBe('no');
    expect(cell('spline', 'asked')).toBe('−200');
    expect(cell('spline', 'sampled')).toBe('−150.0 [−150.0, −150.0]');
  });

  it('trains, evaluates, and prints scores and speeds', async () => {
    jobsHere();
    const out = join(folder, 'run');
    // Tables side by side, as in a wide terminal.
    vi.stubEnv('COLUMNS', '200');
    const written: string[] = [];
    const write = process.stdout.write;
    process.stdout.write = ((text: string) => written.push(text) > 0) as typeof write;
    const few = ['--env', 'Pendulum-v1', '--study', 'ppo', '--steps', '4096', '--seeds', '1'];
    try {
      const argv = ['run', 'classic', '--workers', '1', ...few, '--set', 'evaluationEpisodes=3', '--out', out];
      expect(await main(argv, registry)).toBe(0);
    } finally {
      process.stdout.write = write;
    }
    const { results } = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'));
    expect(results.map(({ env, study, policy, metric }: SummaryRow) => [env, study, policy, metric].join(' '))).toEqual(
      ['gaussian', 'mixture', 'realnvp', 'spline'].flatMap((policy) =>
        ['return', 'greedyReturn', 'length', 'outcome/timeout'].map((metric) => `Pendulum-v1 ppo ${policy} ${metric}`),
      ),
    );
    expect(written.join('')).toMatch(
      /^Pendulum-v1 +PPO +4,096 +gaussian +1 +−200 +no +−[\d,]+(\.\d)? \[–: one seed\]/m,
    );
    expect(written.join('')).toMatch(/^Pendulum-v1 +ppo +spline +\d+$/m);
  });
});
