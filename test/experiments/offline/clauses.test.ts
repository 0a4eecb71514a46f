import { describe, expect, test } from 'vitest';
import type { SummaryRow } from '../../../cli/index.ts';
import { clausesOf } from '../../../experiments/offline/clauses.ts';

const LAKE = 'LakeStride-v0';
const PENDULUM = 'Pendulum-v1';

/** Scores around a level, a little apart from seed to seed. */
function row(
  [study, condition, policy, metric]: readonly [string, string, string, string],
  level: number,
  { env = LAKE, spread = 0.004, seeds = 10 } = {},
): SummaryRow {
  const perSeed = Array.from({ length: seeds }, (_, i) => level + spread * ((i % 5) - 2));
  return { study, env, condition, policy, metric, iqm: level, low: level - spread, high: level + spread, perSeed };
}

const cloned = (condition: string, scores: Readonly<Record<string, number>>): SummaryRow[] =>
  Object.entries(scores).map(([policy, score]) =>
    row(['cloning', condition, policy, policy === 'regression' ? 'greedy' : 'sampled'], score),
  );

function judged(rows: readonly SummaryRow[]): Record<string, boolean | undefined> {
  const told = clausesOf(rows).flatMap((clause) => (clause === undefined ? [] : [clause]));
  return Object.fromEntries(told.map(({ text, holds }) => [text.split(/[:;]/, 1)[0]!, holds]));
}

describe('one expert', () => {
  test('all classes are to be within 5 % of the sampled Gaussian, regression by its mean', () => {
    const scores = {
      gaussian: 0.9,
      mixture: 0.92,
      realnvp: 0.88,
      spline: 0.9,
      'flow-matching': 0.93,
      regression: 0.91,
    };
    expect(Object.values(judged(cloned('expert', scores)))).toEqual([true, true, true, true, true]);
    expect(judged(cloned('expert', { ...scores, spline: 1 }))).toMatchObject({
      'one expert, LakeStride-v0, cloned spline flow − cloned Gaussian': false,
      'one expert, LakeStride-v0, cloned mixture of four − cloned Gaussian': true,
    });
  });

  test('is not decided where seeds are far apart', () => {
    const [gaussian, spline] = ['gaussian', 'spline'].map((policy) =>
      row(['cloning', 'expert', policy, 'sampled'], 0.9, { spread: policy === 'spline' ? 0.2 : 0.01 }),
    );
    expect(judged([gaussian!, spline!])).toEqual({
      'one expert, LakeStride-v0, cloned spline flow − cloned Gaussian': undefined,
    });
  });
});

describe('two experts', () => {
  const scores = { gaussian: 0.4, spline: 0.9, realnvp: 0.89, 'flow-matching': 0.91 };

  test('the sampled Gaussian is to lose 15 % to the spline, and flows of both kinds are to be equal', () => {
    expect(judged(cloned('two-experts', scores))).toEqual({
      'two experts, LakeStride-v0, cloned spline flow − cloned Gaussian': true,
      'two experts, LakeStride-v0, cloned spline flow − cloned flow matching': true,
      'two experts, LakeStride-v0, cloned RealNVP − cloned flow matching': true,
    });
  });

  test('a smaller loss does not do, nor does a lead of the Gaussian', () => {
    for (const gaussian of [0.8, 1]) {
      expect(judged(cloned('two-experts', { ...scores, gaussian }))).toMatchObject({
        'two experts, LakeStride-v0, cloned spline flow − cloned Gaussian': false,
      });
    }
  });

  test('one flow that is 10 % ahead of flow matching, or behind it, is not its equal', () => {
    for (const realnvp of [0.81, 1.01]) {
      expect(judged(cloned('two-experts', { ...scores, realnvp }))).toMatchObject({
        'two experts, LakeStride-v0, cloned spline flow − cloned flow matching': true,
        'two experts, LakeStride-v0, cloned RealNVP − cloned flow matching': false,
      });
    }
  });

  test('a training that diverged decides nothing, however well the others do', () => {
    const [gaussian, spline] = cloned('two-experts', { gaussian: 0.4, spline: 0.9 });
    const diverged = { ...spline!, perSeed: spline!.perSeed.map((score, i) => (i === 3 ? null : score)) };
    expect(judged([gaussian!, diverged])).toEqual({
      'two experts, LakeStride-v0, cloned spline flow − cloned Gaussian': undefined,
    });
  });

  test('greedy scores are not asked', () => {
    const greedy = cloned('two-experts', { gaussian: 0.1 }).map((own) => ({ ...own, metric: 'greedy' }));
    expect(judged([...greedy, ...cloned('two-experts', { spline: 0.9 })])).toEqual({});
  });
});

describe('offline', () => {
  const iql = (condition: string, gaussian: number, spline: number, env = LAKE): SummaryRow[] => [
    row(['offline', condition, 'iql-gaussian', 'greedy'], gaussian, { env }),
    row(['offline', condition, 'iql-spline', 'score'], spline, { env }),
  ];
  const claim = 'uneven banks, LakeStride-v0, IQL with a Gaussian (greedy) − IQL with a spline flow';

  test('IQL’s greedy Gaussian is to be behind no flow by more than 5 %, and may be ahead', () => {
    expect(judged(iql('uneven', 0.97, 1))[claim]).toBe(true);
    expect(judged(iql('uneven', 1, 0.5))[claim]).toBe(true);
    expect(judged(iql('uneven', 0.9, 1))[claim]).toBe(false);
    const wide = row(['offline', 'uneven', 'iql-gaussian', 'greedy'], 0.95, { spread: 0.05 });
    expect(judged([wide, iql('uneven', 0, 1)[1]!])[claim]).toBe(undefined);
  });

  test('any flow is each of the study, whatever agent it learns by', () => {
    const flows = ['iql-realnvp', 'iql-spline', 'fql', 'nf-rlbc-spline', 'best-of-flow-matching'];
    const rows = flows.map((policy) => row(['offline', 'uneven', policy, 'score'], policy.startsWith('iql') ? 0.9 : 1));
    const told = judged([row(['offline', 'uneven', 'iql-gaussian', 'greedy'], 0.9), ...rows]);
    expect(Object.values(told)).toEqual([true, true, false, false, false]);
  });

  test('that is asked of mixed data and of uneven banks alone', () => {
    expect(judged(iql('medium', 0, 1))).toEqual({});
    expect(judged(iql('mixed', 0, 1, PENDULUM))).toMatchObject({
      'good and bad episodes, Pendulum-v1, IQL with a Gaussian (greedy) − IQL with a spline flow': false,
    });
  });

  test('FQL is best on mixed data where it is ahead of every other', () => {
    const at = (policy: string, score: number, spread?: number) =>
      row(['offline', 'mixed', policy, 'score'], score, { env: PENDULUM, ...(spread !== undefined && { spread }) });
    const name = 'FQL is best on mixed data, Pendulum-v1';
    const others = [at('td3-bc', 0.3), at('nf-rlbc-gaussian', 0.9)];
    expect(judged([at('fql', 0.97), ...others])[name]).toBe(true);
    expect(judged([at('fql', 0.85), ...others])[name]).toBe(false);
    expect(judged([at('fql', 0.9), at('td3-bc', 0.3), at('nf-rlbc-gaussian', 0.9, 0.2)])[name]).toBe(undefined);
    const [clause] = clausesOf([at('fql', 0.85), ...others]).filter((one) => one !== undefined);
    expect(clause!.text).toMatch(
      /^FQL is best on mixed data, Pendulum-v1; FQL less the others: NF-RLBC with a Gaussian: −5\.0 % \[.+\] \(ahead of FQL\); TD3\+BC: 55\.0 % \[[^\]]+\]$/,
    );
  });
});
