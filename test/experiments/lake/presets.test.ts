import { describe, expect, test } from 'vitest';
import { resolveConfig } from '../../../cli/experiment/config.ts';
import type { Job } from '../../../cli/experiment/experiment.ts';
import type { LakeConfig } from '../../../experiments/lake/config.ts';
import { lake } from '../../../experiments/lake/lake.ts';

const usual = resolveConfig(lake, {}) as LakeConfig;
const quick = resolveConfig(lake, { preset: 'quick' }) as LakeConfig;
const seconds = (jobs: readonly Job[]) => jobs.reduce((sum, { weight }) => sum + weight, 0);

describe('npm start -- --quick', () => {
  test('has some of the jobs of npm start, with the same settings, so that its numbers are the same', () => {
    const all = new Map(lake.jobs(usual).map((job) => [job.id, job]));
    const jobs = lake.jobs(quick);
    for (const job of jobs) expect(job).toEqual(all.get(job.id));
    expect(jobs.length).toBeLessThan(all.size / 5);
    const { studies, environments, policies } = usual;
    const { cloning, soft } = quick;
    expect({
      ...quick,
      studies,
      environments,
      policies,
      cloning: { ...cloning, conditions: usual.cloning.conditions },
      soft: {
        ...soft,
        bandit: { ...soft.bandit, conditions: usual.soft.bandit.conditions },
        lake: { ...soft.lake, tasks: usual.soft.lake.tasks },
      },
    }).toEqual(usual);
  });

  test('asks E1 on the stride lake, E2 in one number, and E3', () => {
    const asked = new Set(
      lake.jobs(quick).map(({ study, env, condition }) => [study, env, condition].join(' ').trim()),
    );
    expect([...asked]).toEqual([
      'cloning SoftBandit-v0',
      'cloning LakeStride-v0',
      ...['tau-0.05', 'tau-0.15', 'tau-0.5'].map((condition) => `soft SoftBandit-v0 ${condition}`),
      'blocked LakeStride-v0',
    ]);
  });

  test('has work for a minute of two cores, with time to start and to write the report; npm start for six', () => {
    expect(seconds(lake.jobs(quick))).toBeLessThanOrEqual(90);
    expect(seconds(lake.jobs(usual))).toBeLessThanOrEqual(2 * 340);
  });
});

test('what is told first is what shows the point, and the rest follows in the order of the codes', () => {
  const codes = ['E1', 'E0', 'E2', 'E3', 'E4', 'E5', 'E6', 'E7'];
  expect(Object.keys(lake.conclusions!([], [], usual))).toEqual(codes);
  expect(Object.keys(lake.conclusions!([], [], quick))).toEqual(['E1', 'E2', 'E3']);
});
