import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const src = resolve(import.meta.dirname, '../../src');

/** The files that a file imports at run time, itself first. */
function imported(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, path] of readFileSync(file, 'utf8').matchAll(/^(?:import|export|\}) (?!type).*from '(\.[^']+)';$/gm)) {
    imported(join(dirname(file), path!), seen);
  }
  return seen;
}

test('oxbow/engine loads nothing of bijectors, distributions, flows and policies', () => {
  const foldersOf = (entry: string) =>
    new Set([...imported(join(src, entry))].map((file) => relative(src, file).split('/')[0]));
  expect(foldersOf('index.ts')).toContain('policies');
  const folders = foldersOf('engine/index.ts');
  expect(folders).toContain('engine');
  for (const folder of ['bijectors', 'distributions', 'flows', 'nn', 'policies']) expect(folders).not.toContain(folder);
});
