import { expect, test } from 'vitest';
import type { SummaryRow } from '../../../cli/experiment/experiment.ts';
import { trainSettings } from '../../../cli/train/trainConfig.ts';
import { trainExperiment } from '../../../cli/train/trainExperiment.ts';

const row = (metric: string, iqm: number): SummaryRow => ({
  ...{ study: 'ppo', env: 'Pendulum-v1', policy: 'spline', metric, iqm, low: iqm - 0.01, high: iqm + 0.02 },
  perSeed: [iqm, iqm],
});
const returns = [row('return', -180), row('greedyReturn', -170), row('length', 200)];

test('tables and report show the negentropy where there is one', async () => {
  const config = trainSettings({ study: 'ppo', env: 'Pendulum-v1', policy: 'spline' }, {});
  const experiment = trainExperiment({ studies: ['ppo'], policies: ['spline'], environments: ['Pendulum-v1'] });
  const shown = async (summary: SummaryRow[]) => {
    const [table] = experiment.tables(summary, config);
    const sections = await experiment.report([], summary, config, {});
    return { table: table!, section: sections.find(({ title }) => title === 'How far from a Gaussian') };
  };
  const { table, section } = await shown([...returns, row('negentropy', 0.1234), row('largestNegentropy', 0.5)]);
  expect(table.columns.at(-1)).toBe('negentropy, nats');
  expect(table.rows[0]!.at(-1)).toBe('0.123 [0.113,\u00a00.143]');
  expect(section!.paragraphs!.join()).toMatch(
    /with 0\.1 nats and more it uses its shape.* 512 draws at each of at most 64 steps/,
  );
  expect(section!.tables![0]!.rows[0]!.slice(2)).toEqual(['0.123 [0.113,\u00a00.143]', '0.500 [0.490,\u00a00.520]']);

  const without = await shown(returns);
  expect(without.table.columns).not.toContain('negentropy, nats');
  expect(without.section).toBeUndefined();
});
