import { isDeepStrictEqual } from 'node:util';
import type { PackageJson } from './packageJson.ts';

/** A package-lock.json. */
export interface Lockfile {
  readonly version: string;
  readonly packages: { readonly '': PackageJson };
}

const SEMANTIC = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;
const RANGES = ['dependencies', 'optionalDependencies', 'peerDependencies', 'devDependencies'] as const;

/** Where package.json, package-lock.json and CHANGELOG.md do not tell of one version. */
export function versionProblems(packageJson: PackageJson, lock: Lockfile, changelog: string): string[] {
  const { version } = packageJson;
  const problems: string[] = [];
  if (!SEMANTIC.test(version)) problems.push(`package.json: version is ${version}, expected one like 1.2.3`);
  const root = lock.packages[''];
  for (const [where, locked] of [
    ['version', lock.version],
    ["packages[''].version", root.version],
  ]) {
    if (locked !== version)
      problems.push(`package-lock.json: ${where} is ${locked}, expected package.json's ${version}`);
  }
  for (const kind of RANGES) {
    if (!isDeepStrictEqual(root[kind] ?? {}, packageJson[kind] ?? {})) {
      problems.push(`package-lock.json: its ${kind} are not those of package.json: npm install`);
    }
  }
  return [...problems, ...changelogProblems(changelog, version)];
}

function changelogProblems(changelog: string, version: string): string[] {
  const sections = changelog.split(/^## /m).slice(1);
  const [heading, ...lines] = sections.find((section) => section.startsWith(`[${version}]`))?.split('\n') ?? [];
  if (heading === undefined) return [`CHANGELOG.md: no section ## [${version}] - YYYY-MM-DD`];
  const problems: string[] = [];
  if (!/\] - \d{4}-\d{2}-\d{2}$/.test(heading)) {
    problems.push(`CHANGELOG.md: got ## ${heading}, expected ## [${version}] - YYYY-MM-DD`);
  }
  if (lines.join('').trim() === '') problems.push(`CHANGELOG.md: the section ## [${version}] is empty`);
  const unreleased = sections.find((section) => section.startsWith('[Unreleased]')) ?? '';
  if (unreleased.includes('\n-')) {
    problems.push(`CHANGELOG.md: ## [Unreleased] has entries, expected them under ## [${version}]`);
  }
  return problems;
}
