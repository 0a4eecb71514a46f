/**
 * Whether what is here can be released: the working tree is clean, all files tell of one version, and the tarball that npm would
 * publish is complete and can be used. Offline, but for what `npm pack` does, and for the registry's advisories: where it does not
 * say what it knows, this is no pass, unless `--without-advisories` asks for that. The tests are `.ci/run`'s.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pack, packageJson, root, run, temporaryFolder } from './project.ts';
import { advisoryProblems, CannotAskError } from './release/advisories.ts';
import { citationProblems } from './release/citation.ts';
import { contentProblems, type PackedFile, sizeProblems } from './release/content.ts';
import { dependencyProblems } from './release/dependencies.ts';
import { entryProblems } from './release/entries.ts';
import { exactVersionProblems } from './release/exactVersions.ts';
import { installedPackages } from './release/installedPackages.ts';
import { licenceProblems } from './release/licences.ts';
import { metadataProblems } from './release/metadata.ts';
import type { PackageJson } from './release/packageJson.ts';
import { versionProblems } from './release/versions.ts';

/** Of one check, so that a mistake in the build does not fill the screen. */
const MOST_LINES = 12;

let [passed, failed] = [0, 0];
function check(what: string, problems: readonly string[]): void {
  if (problems.length === 0) passed++;
  else failed++;
  process.stdout.write(`${problems.length === 0 ? '✓' : '✗'} ${what}\n`);
  for (const problem of problems.slice(0, MOST_LINES)) process.stdout.write(`  ${problem}\n`);
  if (problems.length > MOST_LINES) process.stdout.write(`  and ${problems.length - MOST_LINES} more\n`);
}

const read = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined);
const git = (...args: string[]) =>
  execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean);

check(
  'the working tree is clean',
  git('status', '--porcelain').map((line) => `git status: ${line}`),
);
check('one version', versionProblems(packageJson, JSON.parse(read('package-lock.json')!), read('CHANGELOG.md') ?? ''));
check('what a registry shows, and the licence', metadataProblems(packageJson, read('LICENSE')));
check('how to cite it', citationProblems(packageJson, read('CITATION.cff'), read('README.md') ?? ''));

using folder = temporaryFolder('release');
const installed = join(folder.path, 'node_modules', packageJson.name);
mkdirSync(installed, { recursive: true });
run(folder.path, 'tar', ['-xzf', pack(folder.path), '-C', installed, '--strip-components=1']);
const packed = readdirSync(installed, { withFileTypes: true, recursive: true })
  .filter((entry) => entry.isFile())
  .map((entry): PackedFile & { readonly text: string } => {
    const path = join(entry.parentPath, entry.name);
    const text = readFileSync(path, 'utf8');
    return { path: path.slice(installed.length + 1), size: Buffer.byteLength(text), text };
  });

check(
  'the tarball has what it should have',
  contentProblems(
    packed,
    git('ls-files', 'src', 'envs', 'datasets', 'agents', 'experiments', 'examples', 'docs/*.md', 'docs/*.svg'),
  ),
);
check('it is not too large', sizeProblems(packed));
check(
  'every dependency is named and needed',
  dependencyProblems(
    packageJson,
    new Map(packed.filter(({ path }) => /\.(js|d\.ts)$/.test(path)).map(({ path, text }) => [path, text])),
  ),
);
check(
  'every entry can be imported and is typed, every command starts',
  entryProblems(folder.path, packageJson.name, join(root, 'node_modules')),
);

check('every dependency is of one version', exactVersionProblems(packageJson));

const packages = installedPackages(JSON.parse(read('package-lock.json')!));
check(
  'every package that a user gets has a licence that asks for no more than its text',
  licenceProblems(
    packages,
    new Map(
      packages.map(({ path }) => {
        const text = read(join(path, 'package.json'));
        return [path, text === undefined ? undefined : (JSON.parse(text) as PackageJson).license];
      }),
    ),
  ),
);

let unknown = 0;
if (process.argv.includes('--without-advisories')) process.stdout.write('– known advisories: left out\n');
else {
  try {
    const registry = run(root, 'npm', ['config', 'get', 'registry']).trim();
    check('no known advisory is of a package that a user gets', await advisoryProblems(packages, registry));
  } catch (error) {
    if (!(error instanceof CannotAskError)) throw error;
    unknown++;
    process.stdout.write(`? known advisories: cannot be asked here\n  ${error.message}\n`);
  }
}

process.stdout.write(`${passed} passed, ${failed} failed${unknown > 0 ? `, ${unknown} not known` : ''}\n`);
process.exitCode = failed + unknown === 0 ? 0 : 1;
