import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const FOLDERS = ['src', 'envs', 'datasets', 'agents', 'cli', 'common', 'experiments'];

/** What each folder of the table in docs/architecture.md may import. */
const rows = new Map(
  [
    ...readFileSync(join(root, 'docs/architecture.md'), 'utf8').matchAll(/^\| `([^`|]+)` \| [^|]* \| ([^|]*) \|$/gm),
  ].map(([, folder, allowed]) => [folder!, [...allowed!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)]),
);

/** The row that a file belongs to: of the folder that it lies in, `src/*.ts` directly in one, or `experiments/*` in any other. */
function rowOf(path: string): string | undefined {
  const [first, second, ...rest] = path.split('/');
  const candidates = rest.length === 0 ? [`${first}/*.ts`, first] : [`${first}/${second}`, `${first}/*`, first];
  return candidates.find((candidate) => rows.has(candidate!));
}

const modules = FOLDERS.flatMap((folder) =>
  (readdirSync(join(root, folder), { recursive: true }) as string[])
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name)),
);
/** The doors of the package, the command and its registry see everything behind them. */
const DOORS = ['src/index.ts', ...modules.filter((path) => /^(cli|experiments)\/\w+\.ts$/.test(path))];

test('every folder imports only what the table in architecture.md allows', () => {
  const found = modules.flatMap((path) =>
    [...readFileSync(join(root, path), 'utf8').matchAll(/\b(?:from|import\(?) ?'(\.[^']+)'/g)].flatMap(
      ([, specifier]) => {
        const target = relative(root, resolve(root, dirname(path), specifier!));
        const [from, to] = [rowOf(path), rowOf(target)];
        const isAllowed =
          DOORS.includes(path) ||
          (from === to && from !== undefined) ||
          rows.get(from!)?.some((name) => name === to || target.startsWith(`${name}/`));
        return isAllowed ? [] : [`${path} imports ${target}`];
      },
    ),
  );
  expect(found).toEqual([]);
});

test('the table has every folder, and names none that is not there', () => {
  const folders = new Set(modules.map(rowOf));
  expect([...rows.keys()].filter((row) => !folders.has(row))).toEqual([]);
  expect(modules.filter((path) => rowOf(path) === undefined && !DOORS.includes(path))).toEqual([]);
  expect(rows.size).toBeGreaterThan(10);
});

test('the command starts without the engine, which is loaded by what computes', () => {
  const loaded = new Set<string>(['cli/start.ts', 'cli/commands/main.ts']);
  // What is added on the way is visited, too.
  for (const path of loaded) {
    for (const [, specifier] of readFileSync(join(root, path), 'utf8').matchAll(
      /^(?:import|export) (?!type )[^;]*? from '(\.[^']+)'/gm,
    )) {
      loaded.add(relative(root, resolve(root, dirname(path), specifier!)));
    }
  }
  expect(loaded).toContain('cli/commands/options.ts');
  const NAMES = ['src/engine/runtime/engineNames.ts'];
  expect([...loaded].filter((path) => path.startsWith('src/engine/') && !NAMES.includes(path))).toEqual([]);
});
