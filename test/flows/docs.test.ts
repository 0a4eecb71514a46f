import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as oxbow from '../../src/index.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/flows.md'), 'utf8');

/** The cells of the table whose heading begins so. */
function table(heading: string): string[][] {
  const lines = page.slice(page.indexOf(`| ${heading} |`)).split('\n');
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const families: [string, oxbow.FlowDefinition][] = Object.entries(oxbow.builtinFlows);

test('the table of families is the registry', () => {
  expect(table('family')).toEqual(
    families.map(([name, { description, sequential }]) => [`\`${name}\``, description, sequential ?? '–']),
  );
});
