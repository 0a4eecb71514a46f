import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const PAGES = [
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'docs/architecture.md',
  ...readdirSync(join(root, 'docs/decisions')).map((name) => `docs/decisions/${name}`),
];
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

/** What begins so in backticks is a path in the repository, unless it has a `<…>` or `*` to be filled in. */
const PATH = /`((?:src|envs|agents|experiments|examples|test|check|bench|web|docs|\.ci)\/[^`\s]*?)`/g;

describe.each(PAGES)('%s', (page) => {
  const text = readFileSync(join(root, page), 'utf8');

  test('every path that it names is there', () => {
    const paths = [...text.matchAll(PATH)].map((match) => match[1]!).filter((path) => !/[<*…]/.test(path));
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test('every page that it links to is there', () => {
    const links = [...text.matchAll(/\]\(([^)#]+?)(?:#[^)]*)?\)/g)].map((match) => match[1]!);
    const own = links.filter((link) => !/^https?:/.test(link));
    expect(own.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
  });

  test('every script that it names is one of package.json', () => {
    const names = [...text.matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1]!);
    expect(names.filter((name) => !(name in scripts))).toEqual([]);
  });
});

test('architecture.md: every step of a walk is in the file that it is said to be in', () => {
  const text = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
  const steps = [...text.matchAll(/`([\w/]+\.ts)` `([\w.#]+)`/g)].map(([, path, name]) => ({
    path: path!,
    name: name!,
  }));
  expect(steps.length).toBeGreaterThan(30);
  const missing = steps.filter(({ path, name }) => {
    const code = readFileSync(join(root, path), 'utf8');
    return !name.split('.').every((part) => new RegExp(`(?<!\\w)${part}\\b`).test(code));
  });
  expect(missing).toEqual([]);
});
