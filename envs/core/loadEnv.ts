import { checkArgument } from '../../src/options/parse.ts';

const loaders = new Map<string, () => Promise<unknown>>();
const loaded = new Set<string>();

/** Says how the envs of a namespace, `namespace/Name-v0`, are loaded: `load` registers them, and waits for what they need. */
export function registerLoader(namespace: string, load: () => Promise<unknown>): void {
  loaders.set(namespace, load);
}

/** The namespaces whose envs must be loaded before they can be made, in the order of their registration. */
export function loadableNamespaces(): string[] {
  return [...loaders.keys()];
}

/** Whether the env has a namespace that {@link loadEnv} knows, and has not loaded. */
export function isUnloaded(id: string): boolean {
  const namespace = namespaceOf(id);
  return loaders.has(namespace) && !loaded.has(namespace);
}

/**
 * Loads what an env needs before {@link make} can make it: the physics of `mujoco/…`. Other envs need nothing. What is loaded stays so.
 *
 * @throws one line, if a package that it needs is not installed
 */
export async function loadEnv(id: string): Promise<void> {
  checkArgument('loadEnv', 'id', id, String);
  const namespace = namespaceOf(id);
  await loaders.get(namespace)?.();
  loaded.add(namespace);
}

/** `mujoco` of `mujoco/Hopper-v5`; empty where there is none. */
export function namespaceOf(id: string): string {
  const [namespace, ...rest] = String(id).split('/');
  return rest.length === 0 ? '' : namespace!;
}
