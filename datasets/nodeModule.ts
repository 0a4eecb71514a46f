interface NodeModules {
  readonly 'node:crypto': typeof import('node:crypto');
  readonly 'node:fs': typeof import('node:fs');
  readonly 'node:path': typeof import('node:path');
}

/**
 * A module of Node's own, looked up when it is needed: episodes in memory need none, on a page.
 * @throws where there is no Node
 */
export function nodeModule<Name extends keyof NodeModules>(name: Name): NodeModules[Name] {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: Name): NodeModules[Name] | undefined } };
  const found = process?.getBuiltinModule?.(name);
  if (found === undefined) throw new Error('datasets in files are read and written in Node only, 20.16 or later');
  return found;
}
