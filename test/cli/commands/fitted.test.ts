import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { fittedTable, hanging } from '../../../cli/commands/list.ts';
import { listSettings } from '../../../cli/experiment/config.ts';

const table = {
  title: 'Settings',
  columns: ['setting', 'type', 'default', 'meaning'],
  rows: [
    ['steps', 'integer > 0, ≤ 1000000', '10', 'length of a training, over all environments of it'],
    ['widths', 'list of integer > 0', 'relu or tanh', 'neurons'],
  ],
};

describe('fittedTable', () => {
  test('is in one line a row where there is room', () => {
    expect(fittedTable(table, 200).split('\n')).toEqual([
      'Settings',
      'setting  type                    default       meaning',
      `${'─'.repeat(7)}  ${'─'.repeat(22)}  ${'─'.repeat(12)}  ${'─'.repeat(49)}`,
      'steps    integer > 0, ≤ 1000000  10            length of a training, over all environments of it',
      'widths   list of integer > 0     relu or tanh  neurons',
    ]);
  });

  test('goes on under its columns, and parts no comparison', () => {
    expect(fittedTable(table, 73).split('\n').slice(3)).toEqual([
      'steps    integer > 0,      10            length of a training, over all',
      '         ≤ 1000000                       environments of it',
      'widths   list of integer   relu or tanh  neurons',
      '         > 0',
    ]);
  });

  test('has meanings below where there is no room beside', () => {
    expect(fittedTable(table, 50).split('\n')).toEqual([
      'Settings',
      'setting  type                    default',
      `${'─'.repeat(7)}  ${'─'.repeat(22)}  ${'─'.repeat(12)}`,
      'steps    integer > 0, ≤ 1000000  10',
      '    length of a training, over all environments of',
      '    it',
      'widths   list of integer > 0     relu or tanh',
      '    neurons',
    ]);
  });

  test('numbers stand to the right', () => {
    const numbers = { title: 'N', columns: ['id', 'count'], rows: [['a', '5']] };
    expect(fittedTable(numbers, 80).split('\n').at(-1)).toBe('a       5');
  });
});

test('hanging text goes on behind its label', () => {
  expect(hanging('  ppo: ', 'proximal policy optimization, 2017', 39)).toBe(
    '  ppo: proximal policy optimization,\n       2017',
  );
});

test('a list of many names is said below the table', () => {
  const names = ['left', 'right', 'still', 'backwards', 'forwards'];
  const list = (usual: string[]) => z.array(z.enum(names).meta({ codes: { left: 'L' } })).default(usual);
  const schema = z.strictObject({ all: list(names), some: list(['left']), few: z.array(z.enum(['a', 'b'])) });
  const { rows, names: below } = listSettings('Settings', schema);
  expect(rows).toEqual([
    ['all', 'list of names', 'all'],
    ['some', 'list of names', 'left'],
    ['few', 'list of a | b', ''],
  ]);
  const said = ['left (L)', ...names.slice(1)];
  expect([...below]).toEqual([
    ['all', said],
    ['some', said],
  ]);
});
