interface NodeBuiltins {
  readonly 'node:child_process': typeof import('node:child_process');
  readonly 'node:crypto': typeof import('node:crypto');
  readonly 'node:fs': typeof import('node:fs');
  readonly 'node:module': typeof import('node:module');
  readonly 'node:os': typeof import('node:os');
  readonly 'node:path': typeof import('node:path');
  readonly 'node:url': typeof import('node:url');
  readonly 'node:worker_threads': typeof import('node:worker_threads');
  readonly 'node:zlib': typeof import('node:zlib');
}

/**
 * A module of Node's own, looked up when it is needed: this package loads in a browser too.
 * @throws where there is no Node
 */
export function nodeBuiltin<Name extends keyof NodeBuiltins>(name: Name): NodeBuiltins[Name] {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: Name): NodeBuiltins[Name] | undefined } };
  const found = process?.getBuiltinModule?.(name);
  if (found !== undefined) return found;
  throw new Error(
    'environments of Gymnasium, several workers, pages in three dimensions and datasets in files need Node 20.16 or later',
  );
}
