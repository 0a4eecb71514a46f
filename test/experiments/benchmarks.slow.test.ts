import { describe, expect, it, test } from 'vitest';
import { trainSettings } from '../../cli/train/trainConfig.ts';
import { classic, classicCells, robotCells, robots } from '../../experiments/benchmarks.ts';
import { runStudy } from './runStudy.ts';

describe('oxbow run classic', () => {
  it('has a job for every cell, policy and seed, with settings that its agent takes', () => {
    const jobs = classic.jobs(classic.schema.parse({}));
    expect(jobs).toHaveLength(5 * classicCells.reduce((sum, { policies }) => sum + policies.length, 0));
    for (const job of jobs) expect(trainSettings(job, {}).envs).toBeGreaterThan(0);
    const quick = classic.schema.parse(classic.presets.quick);
    expect(new Set(classic.jobs(quick).map(({ env }) => env))).toEqual(new Set(['CartPole-v1', 'Pendulum-v1']));
  });

  it('trains, evaluates, and prints scores and speeds', async () => {
    const few = ['--env', 'Pendulum-v1', '--study', 'ppo', '--steps', '4096', '--seeds', '1'];
    const { results } = await runStudy('classic', few, ['evaluationEpisodes=3']);
    expect(results.map(({ env, study, policy, metric }) => [env, study, policy, metric].join(' '))).toEqual(
      ['gaussian', 'mixture', 'realnvp', 'spline'].flatMap((policy) =>
        ['return', 'greedyReturn', 'length', 'negentropy', 'largestNegentropy', 'outcome/timeout'].map(
          (metric) => `Pendulum-v1 ppo ${policy} ${metric}`,
        ),
      ),
    );
  });
});

test('by default the three robots of the question, with a preset for every training', () => {
  const config = robots.schema.parse({});
  const jobs = robots.jobs(config);
  // Ten seeds of PPO, five of SAC, four classes, three robots.
  expect(jobs).toHaveLength(3 * 4 * (10 + 5));
  expect(new Set(jobs.map(({ env }) => env)).size).toBe(3);
  for (const { env, study, policies } of robotCells) {
    for (const policy of policies) {
      const { agent, envs } = trainSettings({ study, env, policy }, {});
      expect([env, study, envs]).toEqual([env, study, study === 'ppo' ? 4 : 1]);
      expect(agent.learningRate).not.toBe(undefined);
    }
  }
});

test('trains and measures', async () => {
  const few = ['--env', 'mujoco/InvertedDoublePendulum-v5,mujoco/Reacher-v5', '--study', 'ppo'];
  few.push('--policies', 'gaussian', '--steps', '2048', '--seeds', '1');
  const { results, summary } = await runStudy('robots', few, ['evaluationEpisodes=2']);
  const scores = results.filter(({ metric }) => metric === 'greedyReturn');
  expect(scores.map(({ policy }) => policy)).toEqual(['gaussian', 'gaussian']);
  // What was expected is of trainings of another length.
  expect(summary.experiments).toEqual({});
});
