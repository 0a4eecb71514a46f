import { expect, test } from 'vitest';
import { lakeSchema } from '../../../../experiments/lake/config.ts';
import { lake } from '../../../../experiments/lake/lake.ts';
import { conditionLabel } from '../../../../experiments/lake/shared/conditionLabel.ts';

test.each([
  ['tau-0.15', 'τ = 0.15'],
  ['tau-0.02-penalty', 'τ = 0.02, penalty 1'],
  ['tau-0.05-annealed', 'τ = 0.05, annealed'],
  ['stride-1.3-tau-0.1', 'stride 1.3, τ = 0.1'],
  ['sac-stride-1.3-tau-0.1', 'SAC, stride 1.3, τ = 0.1'],
  ['share-90', '90/10'],
  ['share-100', '100/0'],
  ['right-angles', 'right angles'],
  ['width-0.3', 's = 0.3'],
  ['scale-1e-7', 'σ = 1e-7'],
  ['learned', 'σ learned'],
  ['cloned', 'cloned'],
  ['few-draws', 'cloned, few draws'],
  ['soft', 'soft return'],
])('%s reads %s', (key, label) => {
  expect(conditionLabel(key)).toBe(label);
});

test('jobs have keys, part of their ids, and no two conditions of a study read alike', () => {
  const jobs = lake.jobs(lakeSchema.parse({ ...lake.presets.full, seeds: [0] })).filter(({ condition }) => condition);
  const conditions = [...new Set(jobs.map(({ study, condition }) => `${study} ${condition}`))];
  expect(conditions.length).toBeGreaterThan(30);
  for (const { id, condition } of jobs) {
    expect(condition).toMatch(/^[a-z][a-z\d.-]*$/);
    expect(id.split('/')).toContain(condition);
  }
  const labels = conditions.map((each) => {
    const [study, condition] = each.split(' ') as [string, string];
    return `${study} ${conditionLabel(condition)}`;
  });
  expect(new Set(labels).size).toBe(conditions.length);
});
