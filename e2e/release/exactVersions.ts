import type { PackageJson } from './packageJson.ts';

/** A version, and no range of them. */
const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

/** Whose objects users pass to oxbow, so that one copy for both is better than one that is known. */
const SHARED = new Set(['zod']);

/** The dependencies that a user would get in a version that was never tested: `docs/decisions/exact-versions.md`. */
export function exactVersionProblems({ dependencies, optionalDependencies }: PackageJson): string[] {
  return Object.entries({ ...dependencies, ...optionalDependencies })
    .filter(([name, version]) => !SHARED.has(name) && !EXACT.test(version))
    .map(([name, version]) => `package.json: ${name} is ${version}, expected one version as 1.2.3`);
}
