import { describe, expect, test } from 'vitest';
import * as agents from '../../agents/index.ts';
import { inventory } from '../../scripts/optionsInventory.ts';
import { listOptions } from '../../src/options/list.ts';

const all = await inventory();

test('no agent is left out', () => {
  const classes = Object.entries(agents).filter(
    ([, value]) => 'train' in ((value as { prototype?: object }).prototype ?? {}),
  );
  expect(all.agents.map(({ name }) => name).sort()).toEqual(classes.map(([name]) => name).sort());
});

describe.each(Object.entries(all))('of %s', (_, owners) => {
  test.each(owners.map(({ name, schema }) => [name, schema] as const))(
    '%s: every option says what it means',
    (_, schema) => {
      const rows = listOptions(schema);
      expect(rows.filter(({ meaning }) => meaning === '').map(({ name }) => name)).toEqual([]);
      // One style: a fragment that begins small unless a symbol or a name begins it, and that has no full stop.
      for (const { meaning } of rows) {
        expect(meaning).not.toMatch(/^[A-Z][a-z]|\.$|^\s|\n/);
        expect(meaning).toMatch(/^.{4,}$/u);
      }
    },
  );
});
