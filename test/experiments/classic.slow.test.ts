import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SummaryRow } from '../../cli/index.ts';
import { trainSettings } from '../../cli/train/trainConfig.ts';
import { classic, classicCells } from '../../experiments/benchmarks.ts';
import { registry } from '../../experiments/registry.ts';
import { jobsHere } from '../cli/fixture/jobsHere.ts';
import { oxbowOn } from '../cli/fixture/oxbow.ts';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-classic-'));

describe('oxbow run classic', () => {
  it('has a job for every cell, policy and seed, with settings that its agent takes', () => {
    const jobs = classic.jobs(classic.schema.parse({}));
    expect(jobs).toHaveLength(5 * classicCells.reduce((sum, { policies }) => sum + policies.length, 0));
    for (const job of jobs) expect(trainSettings(job, {}).envs).toBeGreaterThan(0);
    const quick = classic.schema.parse(classic.presets.quick);
    expect(new Set(classic.jobs(quick).map(({ env }) => env))).toEqual(new Set(['CartPole-v1', 'Pendulum-v1']));
  });

  it('trains, evaluates, and prints scores and speeds', async () => {
    jobsHere();
    const out = join(folder, 'run');
    const few = ['--env', 'Pendulum-v1', '--study', 'ppo', '--steps', '4096', '--seeds', '1'];
    const argv = ['run', 'classic', '--workers', '1', ...few, '--set', 'evaluationEpisodes=3', '--out', out];
    expect((await oxbowOn(registry, ...argv)).code).toBe(0);
    const { results } = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'));
    expect(results.map(({ env, study, policy, metric }: SummaryRow) => [env, study, policy, metric].join(' '))).toEqual(
      ['gaussian', 'mixture', 'realnvp', 'spline'].flatMap((policy) =>
        ['return', 'greedyReturn', 'length', 'outcome/timeout'].map((metric) => `Pendulum-v1 ppo ${policy} ${metric}`),
      ),
    );
  });
});
