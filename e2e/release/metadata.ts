import type { PackageJson } from './packageJson.ts';

/** The title of the licence's text, by its SPDX name. */
const TITLES: Readonly<Record<string, string>> = { MIT: 'MIT License' };

/** What is missing of what a registry shows. @param licence the text of LICENSE, undefined where there is none */
export function metadataProblems(packageJson: PackageJson, licence: string | undefined): string[] {
  const problems: string[] = [];
  if (packageJson.private) problems.push('package.json: private is true, expected a package that may be published');
  if (!packageJson.description) problems.push('package.json: no description');
  if (!packageJson.keywords?.length) problems.push('package.json: no keywords');
  if (!packageJson.engines?.node) problems.push('package.json: no engines.node');
  const title = TITLES[packageJson.license ?? ''];
  if (title === undefined) {
    const known = Object.keys(TITLES).join(', ');
    problems.push(`package.json: license is ${packageJson.license ?? 'missing'}, expected one of ${known}`);
  }
  if (licence === undefined) problems.push('LICENSE: missing');
  else if (title !== undefined && !licence.startsWith(title)) {
    problems.push(`LICENSE: begins with '${licence.split('\n', 1)[0]}', expected '${title}'`);
  }
  return problems;
}
