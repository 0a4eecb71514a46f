/**
 * Whether what is here can be released: `npm run check:release`. publint, Are The Types Wrong and a licence checker judge the tarball that npm
 * would publish; what only this repository knows stands here. The tests are `.ci/run`'s, and `check:install` imports every entry.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pack, packageJson, root, run, temporaryFolder } from './project.ts';

/** Licences that ask for no more than their own text. */
const LICENCES = '0BSD;Apache-2.0;BlueOak-1.0.0;BSD-2-Clause;BSD-3-Clause;CC0-1.0;ISC;MIT;Unlicense';
/** Bytes of the whole package, unpacked: somewhat more than it has, so that what does not belong there is seen. */
const MAX_SIZE = 9_000_000;

const read = (path: string) => readFileSync(join(root, path), 'utf8');
const git = (...args: string[]) => run(root, 'git', args).split('\n').filter(Boolean);
const tool = (name: string, ...args: string[]) => run(root, 'npx', ['--no-install', name, ...args]);

describe('the repository', () => {
  const { version } = packageJson;

  test('the working tree is clean', () => expect(git('status', '--porcelain')).toEqual([]));

  test('one version, and its changes', () => {
    const lock = JSON.parse(read('package-lock.json'));
    expect([lock.version, lock.packages[''].version]).toEqual([version, version]);
    expect(read('CITATION.cff')).toContain(`\nversion: ${version}\n`);
    expect(read('README.md')).toMatch(new RegExp(`version *= *\\{${version}\\}`));
    const [, changes = ''] = read('CHANGELOG.md')
      .split(/^## \[/m)
      .filter((section) => !section.startsWith('Unreleased'));
    expect(changes.split('\n')[0]).toMatch(new RegExp(`^${version}\\] - \\d{4}-\\d{2}-\\d{2}$`));
    expect(read('CHANGELOG.md')).not.toMatch(/^## \[Unreleased\][^#]*^-/m);
  });

  test('every dependency is of one version, but for zod, whose objects users pass', () => {
    const versions = Object.entries(packageJson.dependencies);
    const ranges = versions.filter(
      ([name, range]) => name !== 'zod' && !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(String(range)),
    );
    expect(ranges).toEqual([]);
  });

  test('every package that a user gets has a licence that asks for no more than its text', () => {
    tool(
      'license-checker-rseidelsohn',
      '--production',
      '--nopeer',
      '--excludePrivatePackages',
      '--onlyAllow',
      LICENCES,
    );
  });

  // A registry that does not answer is no pass.
  test('no known advisory is of a package that a user gets', () => {
    run(root, 'npm', ['audit', '--omit=dev']);
  });
});

describe('the tarball', () => {
  const folder = temporaryFolder('release');
  let tarball: string;
  let files: { readonly path: string; readonly bytes: number }[];
  beforeAll(() => {
    tarball = pack(folder.path);
    run(folder.path, 'tar', ['-xzf', tarball]);
    const installed = join(folder.path, 'package');
    files = readdirSync(installed, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => ({ path: path.slice(installed.length + 1), bytes: statSync(path).size }));
  });
  afterAll(() => folder[Symbol.dispose]());

  test('publint', () => void tool('publint', 'run', tarball, '--strict'));

  test('are the types wrong', () => void tool('attw', tarball, '--profile', 'esm-only'));

  test('it has what the library and its command are made of, and nothing else', () => {
    const sources = git('ls-files', 'src', 'envs', 'datasets', 'agents', 'cli').flatMap((path) =>
      path.endsWith('.ts') ? [path.replace(/ts$/, 'js'), path.replace(/ts$/, 'd.ts')] : [path],
    );
    // What the compiler does not write: addons, and files for pages.
    const compiled = files.map(({ path }) => path).filter((path) => /^dist\/(?!native\/|page\/)/.test(path));
    expect(compiled.sort()).toEqual(sources.map((path) => `dist/${path}`).sort());
    for (const path of [
      'dist/page/oxbow.js',
      'dist/page/player.js',
      ...git('ls-files', 'native/prebuilt').map((name) => `dist/${name}`),
    ]) {
      expect(
        files.some((file) => file.path === path),
        path,
      ).toBe(true);
    }
    expect(files.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(MAX_SIZE);
    expect(files.filter(({ bytes }) => bytes === 0)).toEqual([]);
  });

  test('pages of the README are there', () => {
    const links = [...read('README.md').matchAll(/\]\(((?:docs|examples)\/[^)#]*\.\w+)/g)].map(([, path]) => path!);
    expect(links.length).toBeGreaterThan(10);
    const packed = new Set(files.map(({ path }) => path));
    expect(links.filter((path) => !packed.has(path) && existsSync(join(root, path)))).toEqual([]);
  });
});
