import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { entryProblems } from '../../e2e/release/entries.ts';
import type { PackageJson } from '../../e2e/release/packageJson.ts';

const ONE: PackageJson = {
  name: 'one',
  version: '1.2.3',
  exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' }, './package.json': './package.json' },
  bin: { one: 'dist/cli.js' },
  dependencies: { zod: '^4.0.0' },
};

const folder = mkdtempSync(join(tmpdir(), 'oxbow-entries-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FILES = {
  'package.json': JSON.stringify({ ...ONE, type: 'module' }),
  'dist/index.js': "export { z } from 'zod';\nexport const one = 1;\n",
  'dist/index.d.ts': "export { z } from 'zod';\nexport declare const one: number;\n",
  'dist/cli.js': "#!/usr/bin/env node\nconsole.log('1.2.3');\n",
};

const problems = (name: string, changed: Readonly<Record<string, string | undefined>>) => {
  const project = join(folder, name);
  for (const [path, text] of Object.entries({ ...FILES, ...changed })) {
    const file = join(project, 'node_modules/one', path);
    mkdirSync(dirname(file), { recursive: true });
    if (text !== undefined) writeFileSync(file, text);
  }
  return entryProblems(project, 'one', resolve('node_modules'));
};

test('a package that is whole', () => {
  expect(problems('whole', {})).toEqual([]);
});

test('a file that is not there', () => {
  expect(problems('no types', { 'dist/index.d.ts': undefined })).toEqual([
    "'.' (types) is ./dist/index.d.ts, which is not there",
  ]);
});

test('an entry without types', () => {
  const exports = { '.': { default: './dist/index.js' } };
  expect(problems('no condition', { 'package.json': JSON.stringify({ ...ONE, type: 'module', exports }) })).toEqual([
    "exports['.'] has no 'types'",
  ]);
});

test('declarations that a strict project refuses, as Node and as bundlers find them', () => {
  const found = problems('wrong types', { 'dist/index.d.ts': "export { one } from './other';\n" });
  expect(found).toEqual([
    expect.stringMatching(/^types, as node16 finds them: node_modules\/one\/dist\/index\.d\.ts\(1,\d+\): error TS/),
    expect.stringMatching(/^types, as bundler finds them: node_modules\/one\/dist\/index\.d\.ts\(1,\d+\): error TS/),
  ]);
});

test('a package that happens to be there, and commands that cannot be started or are of another version', () => {
  const bin = { one: 'dist/cli.js', two: 'dist/two.js' };
  const files = {
    'package.json': JSON.stringify({ ...ONE, type: 'module', bin }),
    'dist/index.js': "export * from 'commander';\n",
    'dist/cli.js': "console.log('1.2.3');\n",
    'dist/two.js': "#!/usr/bin/env node\nconsole.log('1.2.2');\n",
  };
  expect(problems('at run time', files)).toEqual([
    expect.stringMatching(/^import 'one': Error.*Cannot find package 'commander'/),
    'one: its file does not begin with #!/usr/bin/env node',
    "two --version: says '1.2.2', expected 1.2.3",
  ]);
});
