import { describe, expect, test } from 'vitest';
import type { SummaryRow } from '../../../cli/index.ts';
import { answerOf } from '../../../experiments/offline/answer.ts';
import { modesRemark } from '../../../experiments/offline/modesRemark.ts';
import { whenNotNeeded } from '../../../experiments/offline/whenNotNeeded.ts';

const LAKE = 'LakeStride-v0';

function row(
  [study, condition, policy, metric]: readonly [string, string, string, string],
  level: number,
  { spread = 0.004, seeds = 10 } = {},
): SummaryRow {
  const perSeed = Array.from({ length: seeds }, (_, i) => level + spread * ((i % 5) - 2));
  return {
    ...{ study, env: LAKE, condition, policy, metric, iqm: level, perSeed },
    ...(seeds === 1 ? { low: null, high: null } : { low: level - spread, high: level + spread }),
  };
}

/** The better way of each method, and its greedy actions where they are another. */
function scores(
  study: string,
  condition: string,
  of: Readonly<Record<string, readonly [score: number, greedy?: number]>>,
) {
  return Object.entries(of).flatMap(([policy, [score, greedy]]) => [
    row([study, condition, policy, 'score'], score),
    ...(greedy === undefined ? [] : [row([study, condition, policy, 'greedy'], greedy)]),
  ]);
}

const twoExperts = scores('cloning', 'two-experts', {
  gaussian: [0.4, 0.2],
  regression: [-0.2, -0.2],
  mixture: [0.93, 0.93],
  spline: [0.95, 0.95],
  'flow-matching': [0.94],
});
const uneven = scores('offline', 'uneven', {
  'iql-gaussian': [0.98, 0.98],
  'iql-spline': [1, 1],
  'td3-bc': [0.1, 0.1],
});

describe('the answer', () => {
  test('says first what a Gaussian and a mixture do as well, then where a flow is ahead of both, or of one', () => {
    const { text, chart } = answerOf([...twoExperts, ...uneven])!;
    const furthest =
      ' A Gaussian is furthest behind on cloning two experts, LakeStride-v0: cloned spline flow 95.0 % [94.6, 95.4], ' +
      'cloned mixture of four 93.0 % [92.6, 93.4], cloned Gaussian 40.0 % [39.6, 40.4] (0 % is random, 100 % the expert).';
    expect(text.replaceAll('\u00a0', ' ')).toBe(
      `A Gaussian surely does as well as the best flow on 1 of 2 datasets (uneven banks, LakeStride-v0), a mixture on 1 of 1 dataset.${furthest}`,
    );
    expect(chart!.caption).toMatch(/cloning two experts, LakeStride-v0$/);
    const mixed = uneven.map((own) => ({ ...own, condition: 'mixed' }));
    expect(answerOf([...twoExperts, ...uneven, ...mixed])!.text.replaceAll('\u00a0', ' ')).toBe(
      `A Gaussian surely does as well as the best flow on 2 of 3 datasets (all but cloning two experts, LakeStride-v0), a mixture on 1 of 1 dataset.${furthest}`,
    );
    const worse = twoExperts.map((own) =>
      own.policy === 'mixture' ? row(['cloning', 'two-experts', 'mixture', own.metric], 0.7) : own,
    );
    expect(answerOf([...worse, ...uneven])!.text.replaceAll('\u00a0', ' ')).toBe(
      'A Gaussian surely does as well as the best flow on 1 of 2 datasets (uneven banks, LakeStride-v0), a mixture on 0 of 1 dataset. ' +
        'A flow is furthest ahead on cloning two experts, LakeStride-v0: cloned spline flow 95.0 % [94.6, 95.4], ' +
        'cloned mixture of four 70.0 % [69.6, 70.4], cloned Gaussian 40.0 % [39.6, 40.4] (0 % is random, 100 % the expert).',
    );
  });

  test('claims nothing of nine seeds, nor of a lead that is not sure', () => {
    const of = (seeds: number, spread = 0.004) =>
      [...twoExperts, ...uneven].map((own) =>
        row([own.study, own.condition!, own.policy, own.metric], own.iqm!, { seeds, spread }),
      );
    const nine = answerOf(of(9))!;
    expect(nine.text.replaceAll('\u00a0', ' ')).toBe(
      'Too few seeds to tell where a Gaussian or a mixture does as well as the best flow: 9, and 10 decide. ' +
        'So far, on uneven banks, LakeStride-v0: IQL with a spline flow 100.0 % [99.6, 100.4], ' +
        'IQL with a Gaussian 98.0 % [97.6, 98.4] (0 % is random, 100 % the expert).',
    );
    expect(nine.chart!.bars).toHaveLength(3);
    expect(answerOf(of(10))!.text).toMatch(/^A Gaussian surely does as well .* on 1 of 2 datasets/);
    // Ten seeds that are far apart, of a class that is far behind or not surely behind at all.
    for (const [level, spread] of [
      [0.9, 0.2],
      [0.97, 0.05],
    ] as const) {
      const open = [
        row(['offline', 'mixed', 'iql-gaussian', 'score'], level, { spread }),
        row(['offline', 'mixed', 'fql', 'score'], 1),
      ];
      expect(answerOf(open)!.text).toBe('A Gaussian surely does as well as the best flow on 0 of 1 dataset.');
    }
  });

  test('has the bars of the dataset that it tells of', () => {
    const { bars, caption } = answerOf(uneven)!.chart!;
    expect(caption).toBe('normalized score, sampled or greedy, uneven banks, LakeStride-v0');
    expect(bars.map(({ label, value }) => [label, value])).toEqual([
      ['IQL with a Gaussian', 0.98],
      ['IQL with a spline flow', 1],
      ['TD3+BC', 0.1],
    ]);
  });

  test('is none of a run without a flow, or without anything beside it', () => {
    expect(answerOf(scores('cloning', 'expert', { gaussian: [0.9, 0.9] }))).toBeUndefined();
    expect(answerOf(scores('cloning', 'expert', { spline: [0.9] }))).toBeUndefined();
  });
});

test('a plain class does as well within 5 %, and that must be sure', () => {
  const enough = (gaussian: number, options: { spread?: number; seeds?: number } = {}) => {
    const own = (policy: string, metric: string, level: number, more = {}) =>
      row(['offline', 'mixed', policy, metric], level, { ...options, ...more });
    const rows = [own('iql-gaussian', 'score', gaussian), own('fql', 'score', 1, { spread: 0.004 })];
    return whenNotNeeded(rows)[0]!.enough.includes('gaussian');
  };
  expect([0.94, 0.96, 1.1].map((level) => enough(level))).toEqual([false, true, true]);
  expect(enough(0.96, { spread: 0.1 })).toBe(false);
  expect([1, 9, 10].map((seeds) => enough(1, { seeds }))).toEqual([false, false, true]);
});

describe('a plain class', () => {
  const compared = (of: Parameters<typeof scores>[2]) => whenNotNeeded(scores('offline', 'mixed', of))[0]!;

  test('is judged by the better of its samples and greedy actions, as a flow is', () => {
    const { gaussian, enough } = compared({ 'iql-gaussian': [0.99, 0.5], 'iql-spline': [1] });
    expect([gaussian!.iqm, enough]).toEqual([0.99, ['gaussian']]);
  });

  test('may be the best of 32, as flow matching may', () => {
    const { needed, enough } = compared({
      'iql-gaussian': [0.5],
      'best-of-gaussian': [1],
      'best-of-flow-matching': [1],
    });
    expect([needed, enough]).toEqual([false, ['gaussian']]);
  });
});

test('a flow that diverged in a seed is not the best one', () => {
  const rows = scores('offline', 'mixed', { 'iql-gaussian': [0.99], 'iql-spline': [1], 'nf-rlbc-spline': [1.1] });
  const diverged = rows.map((own) =>
    own.policy === 'nf-rlbc-spline'
      ? { ...own, perSeed: own.perSeed.map((score, i) => (i === 3 ? null : score)) }
      : own,
  );
  const [{ flow, enough }] = whenNotNeeded(diverged) as [ReturnType<typeof whenNotNeeded>[number]];
  expect([flow.policy, enough]).toEqual(['iql-spline', ['gaussian']]);
});

test('RealNVP is no flow where an action is one number', () => {
  const rows = scores('offline', 'mixed', { 'iql-gaussian': [0.99], 'iql-spline': [0.98], 'iql-realnvp': [1] });
  const flowOn = (env: string) => whenNotNeeded(rows.map((own) => ({ ...own, env })))[0]!.flow.policy;
  expect([flowOn(LAKE), flowOn('Pendulum-v1')]).toEqual(['iql-realnvp', 'iql-spline']);
});

test('both banks are kept by those that use both and get home', () => {
  const of = (policy: string, modes: number, drowned: number) => [
    row(['offline', 'medium', policy, 'modes'], modes),
    row(['offline', 'medium', policy, 'drowned'], drowned),
  ];
  const rows = [
    ...of('iql-spline', 1.9, 0.05),
    ...of('fql', 1.95, 0.02),
    ...of('iql-gaussian', 1.9, 0.4),
    ...of('td3-bc', 1, 0),
  ];
  expect(modesRemark(rows)[0]!.answer).toBe('On medium, LakeStride-v0: IQL with a spline flow, FQL.');
  expect(modesRemark(of('td3-bc', 1, 0))[0]!.answer).toBe('On medium, LakeStride-v0: none.');
  expect(modesRemark(uneven)).toEqual([]);
  const few = of('td3-bc', 1, 0).map((own) => ({ ...own, perSeed: own.perSeed.slice(0, 9) }));
  expect(modesRemark(few)[0]!.answer).toBe(
    'Too few seeds to tell: 9, and 10 decide. So far, on medium, LakeStride-v0: none.',
  );
});
