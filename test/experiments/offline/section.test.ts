import { describe, expect, test } from 'vitest';
import type { Outcome, SummaryRow } from '../../../cli/index.ts';
import { offlineSchema } from '../../../experiments/offline/config.ts';
import { methodLabel } from '../../../experiments/offline/methodLabel.ts';
import { methodNames, methodsOf, studies } from '../../../experiments/offline/methods.ts';
import { offline } from '../../../experiments/offline/offline.ts';
import { offlineSections, offlineTables } from '../../../experiments/offline/section.ts';

const METRICS = ['score', 'sampled', 'greedy', 'return', 'drowned', 'modes'];
const lossOf = (policy: string) => (policy === 'flow-matching' ? 'heldOutMatching' : 'heldOutLoss');
/** Every method of both studies on one dataset each, and the losses of those that clone. */
const rows = studies.flatMap((study) =>
  methodsOf(study).flatMap((policy, i) =>
    [...METRICS, ...(study === 'cloning' ? [lossOf(policy)] : [])].map((metric): SummaryRow => {
      const iqm = metric.startsWith('heldOut') ? i + 0.5 : 0.1 + 0.05 * i;
      const condition = study === 'cloning' ? 'two-experts' : 'uneven';
      const interval = { iqm, low: iqm - 0.01, high: iqm + 0.01, perSeed: [iqm - 0.01, iqm + 0.01] };
      return { study, env: 'LakeStride-v0', condition, policy, metric, ...interval };
    }),
  ),
);
const config = offlineSchema.parse({ seeds: [0, 1] });
const outcomes = offline
  .jobs(config)
  .filter(({ env, condition }) => rows.some((row) => row.env === env && row.condition === condition))
  .map((job): Outcome => {
    const data = { parameters: 1, dataset: 'a'.repeat(64), diverged: 'at step 3' };
    return { job, result: { metrics: {}, data }, rows: [], directory: '', fingerprint: '' };
  });

interface Section {
  readonly figures?: readonly object[];
  readonly sections?: readonly Section[];
}
const figuresOf = ({ figures = [], sections = [] }: Section): object[] => [...figures, ...sections.flatMap(figuresOf)];
const figures = offlineSections(outcomes, rows, config).flatMap(figuresOf) as {
  spec: { encoding: { color: { scale: { domain: string[]; range: string[] } } } };
}[];

describe('a method', () => {
  test('has one name wherever it is read: no key stands in a table, a figure or a clause', () => {
    expect(methodLabel('iql-spline')).toBe('IQL with a spline flow');
    expect(new Set(methodNames.map(methodLabel)).size).toBe(methodNames.length);
    expect(offline.policyLabel!('iql-spline')).toBe('IQL with a spline flow');
    const page = offlineSections(outcomes, rows, config);
    const { E10 } = offline.conclusions!([], rows, config);
    // What is drawn has no more of them: names of figures are for commands.
    const specs = figures.map(({ spec }) => spec);
    const read = JSON.stringify([page, specs, E10, offline.remarks!(rows, config)], (key, value) =>
      ['name', 'spec'].includes(key) ? undefined : value,
    );
    const seen = read + JSON.stringify(specs);
    for (const key of methodNames.filter((name) => name.includes('-') && name !== 'flow-matching')) {
      expect(seen).not.toContain(key);
    }
    const firstCells = offlineTables(rows).map((table) => table.rows.map(([name]) => name));
    expect(firstCells).toEqual(['cloning', 'cloning', 'offline'].map((study) => methodsOf(study).map(methodLabel)));
  });

  test('has a colour of its own in every figure, and a class the same in both studies', () => {
    expect(figures).toHaveLength(4);
    for (const { spec } of figures) {
      const { domain, range } = spec.encoding.color.scale;
      expect([6, 10]).toContain(domain.length);
      expect(new Set(range).size).toBe(range.length);
    }
    const [cloning, rewards] = figures.map(({ spec }) => spec.encoding.color.scale.range);
    const at = (study: string, name: string) =>
      (study === 'cloning' ? cloning : rewards)![methodsOf(study).indexOf(name)];
    for (const name of ['gaussian', 'mixture', 'realnvp', 'spline']) {
      expect(at('offline', `iql-${name}`)).toBe(at('cloning', name));
    }
  });
});

test('losses of densities are in nats a step, and that of flow matching stands by itself', () => {
  const [cloning, losses, rewards] = offlineTables(rows);
  expect(losses!.title).toBe('Cloning: two experts, LakeStride-v0: loss on episodes that were held out');
  expect(losses!.columns).toEqual(['policy', 'seeds', '−log π, nats a step', 'matching loss, squared error']);
  expect(losses!.rows.map((cells) => cells.slice(2).map((cell) => cell.split(' ')[0]))).toEqual([
    ['0.500', '–'],
    ['1.500', '–'],
    ['2.500', '–'],
    ['3.500', '–'],
    ['–', '4.500'],
    ['5.500', '–'],
  ]);
  for (const { columns } of [cloning!, rewards!]) expect(columns.join()).not.toContain('loss');
});

test('the report says of which actions banks and drowned walks are, where a score may be of others', () => {
  const text = JSON.stringify(offlineSections(outcomes, rows, config));
  expect(text).toContain('are of samples where a method has some, also where its score is that of greedy actions');
});
