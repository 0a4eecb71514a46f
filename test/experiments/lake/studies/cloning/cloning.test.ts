import { describe, expect, test } from 'vitest';
import { lakeSchema } from '../../../../../experiments/lake/config.ts';
import { banditDataDensity } from '../../../../../experiments/lake/studies/cloning/cloneBandit.ts';
import { cloning } from '../../../../../experiments/lake/studies/cloning/cloning.ts';
import { cloningLakes } from '../../../../../experiments/lake/studies/cloning/cloningLakes.ts';
import { divergence } from '../../../../../experiments/lake/studies/cloning/divergence.ts';

test('the bandit’s data: the figures that the study is judged by', () => {
  const width = 0.001;
  const actions = Float64Array.from({ length: 8000 }, (_, i) => -4 + (i + 0.5) * width);
  const masses = actions.map((action) => banditDataDensity(action) * width);
  const moment = (of: (action: number) => number) => masses.reduce((sum, mass, i) => sum + mass * of(actions[i]!), 0);
  expect(moment(() => 1)).toBeCloseTo(1, 10);
  expect(moment((action) => action)).toBeCloseTo(0, 10);
  expect(moment((action) => action * action)).toBeCloseTo(1.04, 8);
  expect(moment((action) => (Math.abs(action) < 0.5 ? 1 : 0))).toBeCloseTo(0.0062, 4);
  const logQ = actions.map((action) => -0.5 * (Math.log(2 * Math.PI * 1.04) + (action * action) / 1.04));
  const logP = actions.map((action) => Math.log(banditDataDensity(action)));
  expect(divergence(masses, logP, logQ)).toBeCloseTo(0.936, 3);
});

describe('what did not run', () => {
  const config = lakeSchema.parse({ studies: ['cloning'] });

  test('has no table', () => {
    const at = { study: 'cloning', env: 'LakeStride-v0', policy: 'spline', metric: 'drownRate' };
    const tables = cloning.tables([{ ...at, iqm: 0, low: null, high: null, perSeed: [0] }], config);
    expect(tables.map(({ title, rows }) => [title, rows.length])).toEqual([['Cloning, LakeStride-v0', 1]]);
    expect(cloning.tables([], config)).toEqual([]);
  });

  test.each(['nice', 'spline'])('is not spoken of: only %s ran', (policy) => {
    // Under a condition, of which there is nothing to draw here.
    const job = {
      id: policy,
      study: 'cloning',
      env: 'Lake-v0',
      condition: 'share-100',
      policy,
      seed: 0,
      weight: 1,
    } as const;
    const outcome = { job, result: { metrics: {} }, rows: [], directory: '', fingerprint: '' };
    const { paragraphs } = cloningLakes.section({ outcomes: [outcome] as never, rows: [] }, config);
    expect(paragraphs!.some((text) => text.includes('NICE'))).toBe(policy === 'nice');
  });
});
