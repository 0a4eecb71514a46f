import type { PackageJson } from './packageJson.ts';

/** Where CITATION.cff or the README's BibTeX cites another name, version or licence than package.json's. */
export function citationProblems(packageJson: PackageJson, citation: string | undefined, readme: string): string[] {
  if (citation === undefined) return ['CITATION.cff: missing'];
  const wanted = { title: packageJson.name, version: packageJson.version, license: packageJson.license };
  const problems = Object.entries(wanted).flatMap(([key, value]) => {
    const [, got = 'missing'] = new RegExp(`^${key}: (.*)$`, 'm').exec(citation) ?? [];
    return got === value ? [] : [`CITATION.cff: ${key} is ${got}, expected package.json's ${value}`];
  });
  const [, version = 'missing'] = /^ *version *= *\{(.*)\}/m.exec(readme) ?? [];
  if (version === packageJson.version) return problems;
  return [
    ...problems,
    `README.md: the version of its BibTeX is ${version}, expected package.json's ${packageJson.version}`,
  ];
}
