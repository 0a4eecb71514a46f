import { expect, test } from 'vitest';
import { drownTable } from '../../../../experiments/lake/walks/walkTables.ts';

test('a row a seed, with the Wilson interval over its walks', () => {
  const row = { study: 's', env: 'e', policy: 'p', metric: 'drownRate', iqm: 0.05, low: 0, high: 0.1 };
  const columns = [{ heading: 'spline', row: { ...row, perSeed: [0, 0.1, null] } }];
  const table = drownTable('Drowned', columns, { seeds: [3, 4, 5], evaluationEpisodes: 50 });
  expect(table.columns).toEqual(['seed', 'spline']);
  // Of 0 of 50 z² / (n + z²); of 5 of 50 Newcombe's formula in other figures.
  expect(table.rows).toEqual([
    ['3', '0.0\u00a0[0.0,\u00a07.1]'],
    ['4', '10.0\u00a0[4.3,\u00a021.4]'],
    ['5', '–'],
  ]);
});
