import type { InstalledPackage } from './installedPackages.ts';

/** Licences that ask for no more than their own text, by their names in SPDX. */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Unlicense',
]);

/**
 * The packages whose licence is not among those that are allowed.
 * @param claims what the registry says of each package's licence, by its path; it must be what the lockfile says, where it is given
 */
export function licenceProblems(
  packages: readonly InstalledPackage[],
  claims: ReadonlyMap<string, string | undefined> = new Map(),
): string[] {
  return packages.flatMap(({ name, version, license, path }) => {
    const claim = claims.get(path);
    if (claim !== undefined && claim !== license) {
      return [`${name} ${version}: its licence is ${claim} as installed, ${license ?? 'missing'} in package-lock.json`];
    }
    if (license === undefined) return [`${name} ${version}: no licence`];
    return isAllowed(license)
      ? []
      : [`${name} ${version}: licence ${license}, expected one of ${[...ALLOWED].join(', ')}`];
  });
}

/** `MIT`, `(MIT OR GPL-3.0)`, `Apache-2.0 AND MIT`: AND binds more. */
function isAllowed(expression: string): boolean {
  const tokens = expression.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const either = (): boolean => {
    let allowed = all();
    while (tokens[at] === 'OR') {
      at++;
      // Both sides are read, whatever the first one is.
      allowed = all() || allowed;
    }
    return allowed;
  };
  const all = (): boolean => {
    let allowed = one();
    while (tokens[at] === 'AND') {
      at++;
      allowed = one() && allowed;
    }
    return allowed;
  };
  const one = (): boolean => {
    if (tokens[at] !== '(') return ALLOWED.has(tokens[at++] ?? '');
    at++;
    const allowed = either();
    return tokens[at++] === ')' && allowed;
  };
  return either() && at === tokens.length;
}
