import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { memory } from '../../experiments/memory.ts';
import { policyFromJson } from '../../src/index.ts';
import { runStudy } from './runStudy.ts';

test('oxbow run memory: both are of one size, and one remembers', async () => {
  const small = ['demonstrations=130', 'evaluationEpisodes=60', 'memoryUnits=8', 'steps=200'];
  const argv = ['--seeds', '1', '--policies', 'gaussian,gaussian-memory', '--env', 'LakeStride-v0'];
  const { out, value, summary } = await runStudy('memory', argv, small);
  const [plain, remembering] = ['gaussian', 'gaussian-memory'].map((name) => {
    const file = join(out, 'jobs/memory/LakeStride-v0', name, 'seed-1800/policy.json');
    const { policy } = policyFromJson(readFileSync(file, 'utf8'));
    const about = { units: policy.memory?.units, parameters: policy.parameterCount() };
    policy.dispose();
    return about;
  });
  expect([plain!.units, remembering!.units]).toEqual([undefined, 8]);
  expect(remembering!.parameters / plain!.parameters).toBeCloseTo(1, 1);
  for (const policy of ['gaussian', 'gaussian-memory']) {
    expect(value({ policy, metric: 'drownedAtOnce' })!).toBeLessThanOrEqual(1);
    expect(value({ policy, metric: 'startKl' })!).toBeGreaterThan(1);
  }
  expect(summary.experiments.E7b.answer).toMatch(/Gaussian with a memory \d+\.\d/);
});

test('noise once a walk is trained on the stride lake alone', () => {
  const jobs = memory.jobs(memory.schema.parse({ seeds: [1] }));
  expect(jobs).toHaveLength(11);
  expect(jobs.filter(({ policy }) => policy === 'episode-noise').map(({ env }) => env)).toEqual(['LakeStride-v0']);
});
