import { describe, expect, test } from 'vitest';
import type { SummaryRow } from '../../../../../cli/experiment/experiment.ts';
import { tuningExperiment } from '../../../../../cli/tuning/tuningExperiment.ts';
import { lakeSchema } from '../../../../../experiments/lake/config.ts';
import { lake } from '../../../../../experiments/lake/lake.ts';
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

describe('criteria', () => {
  const config = lakeSchema.parse({ studies: ['cloning'] });
  const row = (policy: string, share: number, env: string, condition?: string): SummaryRow => ({
    study: 'cloning',
    env,
    policy,
    metric: 'drownRate',
    ...(condition !== undefined && { condition }),
    iqm: share,
    low: share - 0.01,
    high: share + 0.01,
    // Seeds that differ alike for all policies: they are paired.
    perSeed: Array.from({ length: 10 }, (_, seed) => share + 0.001 * seed),
  });
  const criteria = (...rows: SummaryRow[]) => cloning.criteria({ outcomes: [], rows }, config);

  test('on the stride lake by bounds, NICE by none', () => {
    const at = (policy: string, share: number) => row(policy, share, 'LakeStride-v0');
    const found = criteria(at('gaussian', 0.4), at('gaussian-full', 0.1), at('spline', 0.03), at('nice', 0.5));
    expect(found.flatMap((each) => (each === undefined ? [] : [each.holds]))).toEqual([true, false, true]);
  });

  test('flow matching by that of all with several modes, which it joined later', () => {
    const claims = (share: number, env = 'LakeStride-v0') =>
      criteria(row('flow-matching', share, env)).filter((each) => each !== undefined);
    expect(claims(0.03)).toMatchObject([{ holds: true, note: expect.stringContaining('not among the claims') }]);
    expect(claims(0.3)).toMatchObject([{ holds: false }]);
    // Robots were asked after it had come.
    expect(claims(0.03, 'mujoco/PointLakeStride-v0')[0]).not.toHaveProperty('note');
  });

  test('on the fine lake, and where nine in ten agree, by pairs', () => {
    const at = (policy: string, share: number) => row(policy, share, 'Lake-v0');
    const [expected, ...found] = criteria(
      at('gaussian', 0.08),
      at('mixture-2', 0.09),
      at('spline', 0.02),
      row('gaussian', 0.3, 'LakeStride-v0', 'share-90'),
      row('spline', 0.02, 'LakeStride-v0', 'share-90'),
    );
    // What was expected of the Gaussian on this lake, too: 25 to 50 %.
    expect(expected).toMatchObject({ holds: false, note: expect.stringContaining('not among the claims') });
    expect(found.map((each) => [/(mixture-2|spline) drowns less/.exec(each!.text)?.[1], each!.holds])).toEqual([
      ['spline', true],
      ['mixture-2', false],
      ['spline', true],
    ]);
  });

  test('where all agree, by equivalence', () => {
    const found = criteria(
      row('gaussian', 0.01, 'LakeStride-v0', 'share-100'),
      row('spline', 0.02, 'LakeStride-v0', 'share-100'),
      row('gaussian', 0.1, 'Lake-v0', 'right-angles'),
      row('spline', 0.01, 'Lake-v0', 'right-angles'),
    );
    expect(found.flatMap((each) => (each === undefined ? [] : [each.holds]))).toEqual([true, false]);
  });
});

test('the search for settings has neither the conditions nor the bandit, which have none of their own', () => {
  const tuning = tuningExperiment(lake as never);
  const jobs = tuning.jobs(tuning.schema.parse({ studies: ['cloning'], trials: 1, seeds: [1000] }) as never);
  expect(new Set(jobs.map(({ env }) => env))).toEqual(new Set(['Lake-v0', 'LakeStride-v0']));
  expect(jobs).toHaveLength(2 * 7 * 2);
});
