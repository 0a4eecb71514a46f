import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { pages, withTables } from '../scripts/docsTables.ts';

const root = resolve(import.meta.dirname, '..');
const generated = pages().filter((page) => readFileSync(join(root, page), 'utf8').includes('<!-- generated:'));

test('pages have tables of stored runs', () => expect(generated.length).toBeGreaterThan(2));

test.each(generated)('%s: `npm run docs:tables` changes nothing', (page) => {
  const text = readFileSync(join(root, page), 'utf8');
  expect(withTables(text)).toBe(text);
});

test('a block of an unknown table, or one without an end, is refused', () => {
  expect(() => withTables('<!-- generated: nothing -->\n<!-- /generated -->')).toThrow(
    'generated: got nothing, expected',
  );
  expect(() => withTables('<!-- generated: products -->\n')).toThrow('got 1 blocks, 0 with an end');
});
