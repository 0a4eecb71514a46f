/**
 * Whether what is here can be released: the working tree is clean, all files tell of one version, and the tarball that npm would
 * publish is complete and can be used. Offline, but for what `npm pack` does. The tests are `.ci/run`'s.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pack, packageJson, root, run, temporaryFolder } from './project.ts';
import { contentProblems, type PackedFile, sizeProblems } from './release/content.ts';
import { dependencyProblems } from './release/dependencies.ts';
import { entryProblems } from './release/entries.ts';
import { metadataProblems } from './release/metadata.ts';
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
    git('ls-files', 'src', 'envs', 'agents', 'experiments', 'examples', 'docs/*.md', 'docs/*.svg'),
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

process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
