import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { loadPolicies } from '../../cli/index.ts';
import { measureWalks } from '../../common/lake.ts';
import { registry } from '../../experiments/registry.ts';
import { Rng } from '../../src/index.ts';
import { runStudy } from './runStudy.ts';

test('the policies of a run load by one call, with their jobs and metrics, and walk as they did', async () => {
  const few = ['--study', 'cloning', '--env', 'Lake-v0', '--policies', 'gaussian-full,realnvp', '--seeds', '1'];
  const small = ['cloning.steps=20', 'cloning.demonstrations=30', 'cloning.batchSize=64', 'evaluationEpisodes=50'];
  const { out: run } = await runStudy('lake', few, small);

  const loaded = await loadPolicies(run, { registry });
  expect(loaded.map(({ job }) => job)).toMatchObject(
    ['gaussian-full', 'realnvp'].map((policy) => ({ study: 'cloning', env: 'Lake-v0', policy, seed: 0 })),
  );
  for (const { job, policy, metrics, about } of loaded) {
    expect(policy.config!.name).toBe(job.policy);
    expect(about).toMatchObject({ env: 'Lake-v0', homeRate: metrics.homeRate });
    const again = measureWalks({
      env: 'Lake-v0',
      policy,
      episodes: 50,
      keep: 0,
      rng: new Rng(job.seed).split('evaluation'),
    });
    expect(metrics).toMatchObject(again.metrics);
  }
  const realNvp = await loadPolicies(run, { registry, filter: ({ policy }) => policy === 'realnvp' });
  expect(realNvp.map(({ job }) => job.policy)).toEqual(['realnvp']);

  const file = join(run, 'jobs', loaded[0]!.job.id, 'policy.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"squash": "none"', '"squash": "tanh"'));
  await expect(loadPolicies(run, { registry })).rejects.toThrow(`${file} is damaged or was edited`);
  rmSync(file);
  await expect(loadPolicies(run, { registry })).rejects.toThrow(`cannot read ${file}`);
  rmSync(join(run, 'jobs', loaded[0]!.job.id), { recursive: true });
  expect((await loadPolicies(run, { registry })).map(({ job }) => job.policy)).toEqual(['realnvp']);
  await expect(loadPolicies(dirname(run), { registry })).rejects.toThrow(/holds no run/);
});
