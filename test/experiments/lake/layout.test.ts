import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const lake = 'experiments/lake';

/** Source files below a folder of the repository, by their paths from its root. */
function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return ['node_modules', 'dist'].includes(entry.name) ? [] : sources(path);
    return /\.(ts|vue)$/.test(entry.name) ? [path] : [];
  });
}

/** The files of the repository that a file imports, at run time or for a type. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, path]) =>
    relative(root, join(root, dirname(file), path!)),
  );
}

/** The study in whose folder a file is; undefined of tasks, and of what all studies share. */
function studyOf(file: string): string | undefined {
  return file.match(`^${lake}/studies/([^/]+)/`)?.[1];
}

function imports(files: readonly string[], isWrong: (file: string, imported: string) => boolean): string[] {
  return files.flatMap((file) =>
    importsOf(file)
      .filter((imported) => isWrong(file, imported))
      .map((imported) => `${file} imports ${imported}`),
  );
}

const files = sources(lake);

test('the eight studies are seen, and what they import', () => {
  expect(new Set(files.map(studyOf).filter((study) => study !== undefined)).size).toBe(8);
  const some = importsOf(`${lake}/studies/blocked/blocked.ts`);
  expect(some).toContain(`${lake}/headings/headingPolicies.ts`);
  expect(some).toContain(`${lake}/studies/blocked/blockBank.ts`);
});

test('no study imports from another one', () => {
  const studies = files.filter((file) => studyOf(file) !== undefined);
  const isOfAnother = (file: string, imported: string) =>
    studyOf(imported) !== undefined && studyOf(imported) !== studyOf(file);
  expect(imports(studies, isOfAnother)).toEqual([]);
});

test('tasks, and what all studies share, import from no study', () => {
  const below = ['bandit', 'headings', 'walks', 'shared', 'study'].flatMap((folder) => sources(`${lake}/${folder}`));
  expect(imports(below, (_, imported) => imported.startsWith(`${lake}/studies/`))).toEqual([]);
});

test('tasks do not know the settings of a run', () => {
  const tasks = ['bandit', 'headings', 'walks', 'shared'].flatMap((task) => sources(`${lake}/${task}`));
  expect(imports(tasks, (_, imported) => dirname(imported) === lake)).toEqual([]);
});

test('outside of the lake tasks are imported, and no study', () => {
  const others = ['experiments', 'web', 'bench', 'check', 'envs', 'agents', 'src'].flatMap(sources);
  const outside = others.filter((file) => !file.startsWith(`${lake}/`));
  expect(imports(outside, (_, imported) => imported.startsWith(`${lake}/studies/`))).toEqual([]);
});

test('no two files of the lake have one name', () => {
  const names = files.map((file) => basename(file));
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});
