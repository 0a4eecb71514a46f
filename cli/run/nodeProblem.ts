import { createRequire } from 'node:module';

/** Why the package does not run on this version of Node, undefined if it does. Old syntax: an old Node has to get so far. */
export function nodeProblem(version: string = process.versions.node): string | undefined {
  const { engines } = createRequire(import.meta.url)('oxbow/package.json') as { engines: { node: string } };
  const numbers = (text: string) => (text.match(/\d+/g) || []).map(Number);
  const [major = 0, minor = 0] = numbers(version);
  const [wantedMajor = 0, wantedMinor = 0] = numbers(engines.node);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return undefined;
  return `Node ${version} is too old, expected ${engines.node}`;
}
