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
 * @param instead what to do in a browser
 * @throws where there is no Node
 */
export function nodeBuiltin<Name extends keyof NodeBuiltins>(name: Name, instead?: string): NodeBuiltins[Name] {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: Name): NodeBuiltins[Name] | undefined } };
  const found = process?.getBuiltinModule?.(name);
  if (found !== undefined) return found;
  const uses = 'files, environments of Gymnasium, several workers and pages in three dimensions';
  throw new Error(`${uses} need Node 20.16 or later${instead === undefined ? '' : `; in a browser, ${instead}`}`);
}
