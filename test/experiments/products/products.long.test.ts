import { join } from 'node:path';
import { expect, test } from 'vitest';
import { registry } from '../../../experiments/registry.ts';
import { loadPolicy } from '../../../src/index.ts';
import { oxbowOn } from '../../cli/fixture/oxbow.ts';
import { runStudy } from '../runStudy.ts';

test('oxbow run products: the plain controls do what theory says, and a job gives the same bytes again', async () => {
  const small = ['steps=300', 'evaluationEpisodes=300', 'heldOut=600', 'lakes=[1,2]'];
  const few = ['--seeds', '2', '--policies', 'gaussian,mixture-4,regression,two-step-regression,autoregressive-bins'];
  const { out, summary, value } = await runStudy('products', few, small);
  const of = (policy: string, lakes: number, metric: string) => value({ policy, condition: `k-${lakes}`, metric });

  expect(summary.experiments.E8.answer).toContain(
    `a Gaussian in ${(100 * of('gaussian', 2, 'drownRate')!).toFixed(1)}`,
  );

  // The best Gaussian of one lake is 1.200 nats above the law at the start, and that of two is two of them.
  expect(Math.abs(of('gaussian', 1, 'startNats')! - 1.2)).toBeLessThan(0.1);
  expect(Math.abs(of('gaussian', 2, 'startNats')! - 2.4)).toBeLessThan(0.2);
  expect(of('gaussian', 1, 'drownRate')).toBeGreaterThan(0.25);
  expect(of('gaussian', 2, 'drownRate')).toBeGreaterThan(of('gaussian', 1, 'drownRate')!);
  expect(of('mixture-4', 1, 'startNats')).toBeLessThan(0.3);
  expect(of('mixture-4', 1, 'natsAbove')).toBeGreaterThan(0);
  expect(of('mixture-4', 1, 'drownRate')).toBeLessThan(0.2);
  expect(of('mixture-4', 1, 'ways')).toBe(2);
  // The mean of both banks leads into the water, and is no density.
  expect(of('regression', 1, 'drownRate')).toBeGreaterThan(0.9);
  for (const policy of ['regression', 'two-step-regression', 'autoregressive-bins']) {
    expect(of(policy, 1, 'natsAbove')).toBeNull();
  }

  const job = 'products/LakeStride-v0/k-2/mixture-4/seed-1';
  expect(loadPolicy(join(out, 'jobs', job, 'policy.json')).policy.actionDim).toBe(4);

  const verified = await oxbowOn(registry, 'verify', out, '--job', job, '--workers', '1');
  expect([verified.code, verified.stderr]).toEqual([0, '']);
  expect(verified.stdout).toMatch(/^1 of 1 job gave the same bytes again$/m);
});
