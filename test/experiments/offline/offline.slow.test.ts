import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../../agents/index.ts';
import { methodNames, methods } from '../../../experiments/offline/config.ts';
import { offline } from '../../../experiments/offline/offline.ts';
import { listedDatasets } from '../../../experiments/offline/recipes.ts';
import { registry } from '../../../experiments/registry.ts';
import { type BestOfPolicy, loadPolicy, Rng } from '../../../src/index.ts';
import { oxbowOn } from '../../cli/fixture/oxbow.ts';
import { runInto, runStudy } from '../runStudy.ts';

describe('the jobs', () => {
  const of = (given: object) => offline.jobs(offline.schema.parse(given));

  test('by default: two environments, the data of each study, every method, ten seeds that nothing was chosen by', () => {
    const jobs = of({});
    expect(new Set(jobs.map(({ seed }) => seed))).toEqual(new Set(Array.from({ length: 10 }, (_, i) => 1200 + i)));
    const datasets = new Set(jobs.map(({ study, env, condition }) => [study, env, condition].join(' ')));
    expect([...datasets]).toEqual([
      'cloning LakeStride-v0 expert',
      'cloning LakeStride-v0 two-experts',
      'cloning Pendulum-v1 expert',
      'cloning Pendulum-v1 two-experts',
      'offline LakeStride-v0 uneven',
      'offline LakeStride-v0 medium',
      'offline Pendulum-v1 mixed',
      'offline Pendulum-v1 medium',
    ]);
    expect(jobs).toHaveLength(10 * 4 * (Object.keys(methods.cloning).length + Object.keys(methods.offline).length));
    // An hour or two on two cores.
    expect(jobs.reduce((sum, { weight }) => sum + weight, 0)).toBeLessThan(2 * 7200);
  });

  test('have settings for every method on every environment, the robots too', () => {
    const { environments } = offline.choices;
    const jobs = of({ environments, data: ['expert', 'two-experts', 'mixed', 'uneven', 'medium', 'medium-replay'] });
    expect(new Set(jobs.map(({ policy }) => policy))).toEqual(new Set(methodNames));
    expect(new Set(jobs.map(({ env }) => env)).size).toBe(environments.length);
    for (const { weight } of jobs) expect(weight).toBeGreaterThan(0);
  });
});

test('oxbow run offline: learns from data, grows, and a job gives the same bytes again', async () => {
  const few = (policies: string) => ['--env', 'LakeStride-v0', '--seeds', '1', '--policies', policies];
  const small = ['steps=60', 'evaluationEpisodes=40', 'parameters=4000', 'criticHidden=[16]', 'batchSize=64'];
  const settings = [...small, 'data=["two-experts","uneven"]'];
  const { out } = await runStudy('offline', few('gaussian,regression'), settings);
  const grown = await runInto(out, 'offline', few('gaussian,regression,fql,best-of-gaussian'), settings);
  expect(grown.stdout).toContain(': 2 of 4 jobs have finished before.');
  expect(grown.summary.experiments.E10.answer).toBeTypeOf('string');
  const of = (policy: string, metric: string) => grown.value({ policy, metric });
  // Samples alone, greedy actions alone, or both.
  expect([of('fql', 'greedy'), of('regression', 'sampled')]).toEqual([null, null]);
  for (const policy of ['gaussian', 'regression', 'fql', 'best-of-gaussian']) {
    expect(of(policy, 'score')).toBe(Math.max(of(policy, 'sampled') ?? -9, of(policy, 'greedy') ?? -9));
    expect(of(policy, 'diverged')).toBe(0);
  }
  expect(of('regression', 'heldOutLoss')).toBeGreaterThan(Math.log(2 * Math.PI));
  const job = 'offline/LakeStride-v0/uneven/best-of-gaussian/seed-1200';
  const { data: kept } = JSON.parse(readFileSync(join(out, 'jobs', job, 'result.json'), 'utf8'));
  expect(kept.dataset).toBe(listedDatasets()['lake-stride-uneven']!.hash);
  const { policy } = loadPolicy(join(out, 'jobs', job, 'policy.json'));
  expect((policy as BestOfPolicy).samples).toBe(32);

  // On the lake that it has learned for, where the upper bank pays more.
  const json = join(dirname(out), 'evaluated.json');
  expect((await oxbowOn(registry, 'eval', out, '--episodes', '30', '--json', json)).code).toBe(0);
  const evaluations = JSON.parse(readFileSync(json, 'utf8')) as { job: string; returns: number[] }[];
  const uneven = evaluations.filter((one) => one.job.includes('/uneven/'));
  const playedOn = (envOptions: object) =>
    uneven.map((one) => {
      const { policy } = loadPolicy(join(out, 'jobs', one.job, 'policy.json'));
      const rng = new Rng(0).split('eval');
      const { episodes } = evaluate({ policy, env: 'LakeStride-v0', envOptions, episodes: 30, rng });
      return episodes.map((episode) => episode.return);
    });
  expect(uneven.map(({ returns }) => returns)).toEqual(playedOn({ upperBonus: 0.5 }));
  expect(uneven.map(({ returns }) => returns)).not.toEqual(playedOn({}));

  const verified = await oxbowOn(registry, 'verify', out, '--job', job, '--workers', '1');
  expect([verified.code, verified.stderr]).toEqual([0, '']);
});
