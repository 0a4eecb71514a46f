import { join } from 'node:path';
import { expect, test } from 'vitest';
import { registry } from '../../../experiments/registry.ts';
import { loadPolicy } from '../../../src/index.ts';
import { oxbowOn } from '../../cli/fixture/oxbow.ts';
import { runStudy } from '../runStudy.ts';

test('oxbow run mazes: a mixture acts by its rules, reaches more than regression, and a job gives the same bytes again', async () => {
  const { out, summary, value } = await runStudy(
    'mazes',
    ['--quick', '--seeds', '1', '--policies', 'regression,mixture-8,gcivl-regression'],
    ['evaluationEpisodes=4'],
  );
  const of = (policy: string, metric: string) => value({ policy, metric });
  for (const policy of ['regression', 'mixture-8']) {
    const goals = [1, 2, 3, 4, 5].map((goal) => of(policy, `modeGoal${goal}`)!);
    expect(of(policy, 'mode')).toBeCloseTo(goals.reduce((sum, share) => sum + share, 0) / 5, 12);
  }
  expect(of('regression', 'sample')).toBeNull();
  expect(of('regression', 'heldOutNats')).toBeNull();
  expect(of('mixture-8', 'heldOutNats')).toBeLessThan(2);
  // The mean over goals that are some 100 steps away at most, of −1 a step.
  expect(of('gcivl-regression', 'value')).toBeLessThan(-1);
  expect(of('gcivl-regression', 'heldOutMatching')).toBeNull();
  expect(of('mixture-8', 'mode')).toBeGreaterThan(of('regression', 'mode')!);
  expect(summary.experiments.E13.answer).toContain(
    `a mixture of 8 by its mode ${(100 * of('mixture-8', 'mode')!).toFixed(1)}`,
  );

  const job = 'mazes/mujoco/OgbenchPointMazeMedium-v0/navigate/mixture-8/seed-0';
  expect(loadPolicy(join(out, 'jobs', job, 'policy.json')).policy.actionDim).toBe(2);
  const verified = await oxbowOn(registry, 'verify', out, '--job', job, '--workers', '1');
  expect([verified.code, verified.stderr]).toEqual([0, '']);
  expect(verified.stdout).toMatch(/^1 of 1 job gave the same bytes again$/m);
});
