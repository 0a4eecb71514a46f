import { isBuiltin } from 'node:module';
import type { PackageJson } from './packageJson.ts';

/** What a line imports: first at once, then lazily; as the compiler writes it. */
const IMPORTS = /^(?:import|(?:import|export|\}).*? from) ['"]([^'"]+)['"]|\bimport\(['"]([^'"]+)['"]/gm;

/**
 * Where package.json and the compiled files disagree on what is needed: a package that is imported and not declared, one that loading
 * a module needs and that may be absent, one that is declared and named nowhere.
 * @param files the compiled files' text by path
 */
export function dependencyProblems(packageJson: PackageJson, files: ReadonlyMap<string, string>): string[] {
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = packageJson;
  const declared = { ...dependencies, ...optionalDependencies, ...peerDependencies };
  const problems = new Set<string>();
  for (const [path, text] of files) {
    const isCode = path.endsWith('.js');
    for (const [, early, lazy] of text.matchAll(IMPORTS)) {
      const specifier = early ?? lazy!;
      if (specifier.startsWith('.') || isBuiltin(specifier)) continue;
      const name = packageOf(specifier);
      if (!(name in declared)) problems.add(`${path} imports ${name}, which package.json does not name`);
      else if (isCode && early !== undefined && !(name in dependencies)) {
        problems.add(`${path} needs ${name} as soon as it is loaded, expected it among the dependencies`);
      }
    }
  }
  const code = [...files].flatMap(([path, text]) => (path.endsWith('.js') ? [text] : [])).join('\n');
  for (const name of Object.keys(declared)) {
    if (!new RegExp(`['"]${name.replaceAll('.', '\\.')}['"/]`).test(code)) {
      problems.add(`package.json names ${name}, which no module of the package does`);
    }
  }
  return [...problems];
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
