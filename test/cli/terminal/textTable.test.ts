import fc from 'fast-check';
import { expect, test } from 'vitest';
import { textTable } from '../../../cli/report/table.ts';
import { cell, label, numbersIn, text, width } from './texts.ts';

const table = {
  title: 'Cloning, LakeStride-v0',
  columns: ['policy', 'seeds', 'drowned', 'banks off by', 'at the start, nats above the entropy'],
  rows: [
    ['gaussian', '3', '39.5\u00a0% [37.6, 40.8]', '2.3\u00a0% [1.5, 2.7]', '1.202 [1.200, 1.203]'],
    ['spline', '2 of 3', '2.1\u00a0% [1.0, 2.6]', '–', '-0.058 [-0.071, 0.048]'],
  ],
};

test('what fits is as it is', () => {
  expect(textTable(table, 100)).toBe(textTable(table));
  expect(textTable(table).split('\n')).toHaveLength(5);
});

test('a line end in a name does not split its row', () => {
  expect(textTable({ ...table, rows: [['a\nb', '1', '2', '3', '4']] }).split('\n')).toHaveLength(4);
});

test('heads go on below themselves, and columns that do not fit stand below with the labels of their rows', () => {
  expect(textTable(table, 60)).toBe(
    [
      'Cloning, LakeStride-v0',
      'policy     seeds              drowned      banks off by',
      '────────  ──────  ───────────────────  ────────────────',
      'gaussian       3  39.5 % [37.6, 40.8]  2.3 % [1.5, 2.7]',
      'spline    2 of 3     2.1 % [1.0, 2.6]                 –',
      '',
      'policy        at the start, nats',
      '               above the entropy',
      '────────  ──────────────────────',
      'gaussian    1.202 [1.200, 1.203]',
      'spline    −0.058 [−0.071, 0.048]',
    ].join('\n'),
  );
});

test('one column that is too wide is broken at spaces, not within an interval', () => {
  const wide = {
    title: 'Steps',
    columns: ['a policy with a long name', 'steps to that, of seeds that did'],
    rows: [['the only one', '7680 [7168, 8192] (2\u00a0seeds)']],
  };
  expect(textTable(wide, 40).split('\n')).toEqual([
    'Steps',
    'a policy with a        steps to that, of',
    'long name                 seeds that did',
    '────────────────  ──────────────────────',
    'the only one           7680 [7168, 8192]',
    '                               (2 seeds)',
  ]);
});

test('lines fit a terminal, no number is cut, and nothing is lost', () => {
  const tables = fc.integer({ min: 1, max: 7 }).chain((columns) =>
    fc.record({
      title: text,
      columns: fc.array(label, { minLength: columns, maxLength: columns }),
      rows: fc.array(
        fc
          .tuple(label, fc.array(cell, { minLength: columns - 1, maxLength: columns - 1 }))
          .map(([name, cells]) => [name, ...cells]),
        { maxLength: 6 },
      ),
    }),
  );
  fc.assert(
    fc.property(tables, width, (given, columns) => {
      const printed = textTable(given, columns);
      for (const line of printed.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
      const found = numbersIn(printed).sort();
      for (const row of given.rows) {
        for (const number of row.slice(1).flatMap(numbersIn)) expect(found).toContain(number);
      }
      for (const one of found) expect(numbersIn(Object.values(given).flat(2).join(' '))).toContain(one);
    }),
  );
});
