/**
 * What each entry of the package exports, types too: `tsx scripts/frozen/publicNames.ts` compares with publicNames.txt, `--write` writes it.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const stored = join(import.meta.dirname, 'publicNames.txt');

/** The names that a module exports, as its text says. */
function exportsOf(path: string): string[] {
  const code = readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const names: string[] = [];
  for (const [, alias, from] of code.matchAll(/^export \* (?:as (\w+) )?from '([^']+)'/gm)) {
    names.push(...(alias === undefined ? exportsOf(resolve(dirname(path), from!)) : [alias]));
  }
  for (const [, list] of code.matchAll(/^export (?:type )?\{([^}]*)\}/gm)) {
    for (const entry of list!.split(',')) {
      const name = entry
        .replace(/^\s*type\b/, '')
        .split(/\bas\b/)
        .at(-1)!
        .trim();
      if (name !== '') names.push(name);
    }
  }
  const declared =
    /^export (?:declare |async |abstract )*(?:class|const|enum|function\*?|interface|let|type) (\w+)|^export const \{ ([^}]+) \}/gm;
  for (const [, name, several] of code.matchAll(declared)) {
    names.push(...(name === undefined ? several!.split(',').map((each) => each.trim()) : [name]));
  }
  return names;
}

const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const found = Object.entries<{ default?: string }>(exports).flatMap(([entry, target]) => {
  const file = target.default?.replace('./dist/', '').replace(/\.js$/, '.ts');
  const names = file === undefined ? [] : exportsOf(join(root, file));
  return [...new Set(names)].sort().map((each) => `${name}${entry.slice(1)} ${each}`);
});
if (process.argv.includes('--write')) writeFileSync(stored, `${found.join('\n')}\n`);
const before = existsSync(stored) ? readFileSync(stored, 'utf8').trim().split('\n') : [];
for (const line of before) if (!found.includes(line)) console.log(`gone: ${line}`);
for (const line of found) if (!before.includes(line)) console.log(`new: ${line}`);
if (before.join() !== found.join()) process.exitCode = 1;
