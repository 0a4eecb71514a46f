import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { githubSlug, rootPages } from '../web/.vitepress/markdown.ts';

const root = resolve(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const below = (folder: string): string[] =>
  (readdirSync(join(root, folder), { recursive: true }) as string[])
    // options.md is written by the site's build.
    .filter((path) => path.endsWith('.md') && path !== 'options.md' && !/(^|\/)(node_modules|api)\//.test(path))
    .map((path) => `${folder}/${path}`);

const PAGES = [...Object.keys(rootPages), ...below('docs'), ...below('web')];
const PAGES_FOR_CONTRIBUTORS = PAGES.filter((page) =>
  /^(CONTRIBUTING|CHANGELOG|SECURITY|docs\/(architecture|security|decisions\/.*))\.md$/.test(page),
);
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

/** What begins so in backticks is a path in the repository, unless it has a `<…>` or `*` to be filled in. */
const PATH = /`((?:src|envs|agents|experiments|examples|test|check|bench|web|docs|\.ci)\/[^`\s]*?)`/g;

const withoutBlocks = (text: string): string => text.replace(/^ *```.*?^ *```$/gms, '');

/** Where a page's links and pictures lead, in Markdown, in HTML and in the head of a page of the site. */
function linksOf(page: string): string[] {
  const text = withoutBlocks(read(page)).replace(/`[^`]*`/g, '');
  const found = text.matchAll(/\]\(([^)\s]+)\)|\b(?:href|src|srcset)="([^"]*)"|^\s+link: (\S+)$/gm);
  return [...found].map((match) => (match[1] ?? match[2] ?? match[3])!);
}

/** The anchors of a page's headings, equal ones numbered as GitHub and the site do: `options`, `options-1`. */
function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading] of withoutBlocks(read(page)).matchAll(/^#{1,6} (.+)$/gm)) {
    const slug = githubSlug(heading!.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1'));
    let anchor = slug;
    for (let i = 1; anchors.has(anchor); i++) anchor = `${slug}-${i}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** The page that the site has at `/start`. */
function pageAt(address: string): string | undefined {
  const name = `${address.slice(1)}.md`;
  const [rootPage] = Object.entries(rootPages).find(([, renamed]) => renamed === name) ?? [];
  return rootPage ?? PAGES.find((page) => page === `docs/${name}` || page === `web/${name}`);
}

/** What is wrong with a link; undefined where it leads somewhere. A folder is its `index.md`, as on the site. */
function problemOf(page: string, link: string): string | undefined {
  const [path, anchor] = link.split('#') as [string, string?];
  const target = path === '' ? page : path.startsWith('/') ? pageAt(path) : normalize(join(dirname(page), path));
  if (target === undefined || !existsSync(join(root, target))) return `${link}: there is no such file`;
  const file = statSync(join(root, target)).isDirectory() ? join(target, 'index.md') : target;
  if (file.endsWith('.md') && !PAGES.includes(file)) return `${link}: ${file} is no page`;
  if (anchor !== undefined && !anchorsOf(file).has(anchor)) return `${link}: ${file} has no such heading`;
  return undefined;
}

describe.each(PAGES)('%s', (page) => {
  test('every link leads to a file, and to a heading of it', () => {
    const own = linksOf(page).filter((link) => !/^(https?|data):/.test(link));
    expect(own.flatMap((link) => problemOf(page, link) ?? [])).toEqual([]);
  });

  test('every script that it names is one of package.json', () => {
    const names = [...read(page).matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1]!);
    expect(names.filter((name) => !(name in scripts))).toEqual([]);
  });
});

describe('every page of docs and of results is reached', () => {
  const pages = PAGES.filter((page) => /^docs\/(results\/)?[\w-]+\.md$/.test(page) && page !== 'docs/README.md');

  test('from docs/README.md', () => {
    const links = new Set(linksOf('docs/README.md').map((link) => normalize(join('docs', link))));
    expect(pages.length).toBeGreaterThan(20);
    expect(pages.filter((page) => !links.has(page))).toEqual([]);
  });

  test("from the site's sidebar", () => {
    const links = read('web/.vitepress/config.ts').matchAll(/link: '(\/[\w/-]+)'/g);
    const reached = new Set([...links].map(([, address]) => pageAt(address!)));
    expect(pages.filter((page) => !reached.has(page))).toEqual([]);
  });
});

test.each(PAGES_FOR_CONTRIBUTORS)('%s: every path that it names is there', (page) => {
  const paths = [...read(page).matchAll(PATH)].map((match) => match[1]!).filter((path) => !/[<*…]/.test(path));
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
