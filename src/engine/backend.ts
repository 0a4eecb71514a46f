import './registerTfjs.ts';
import * as tf from '@tensorflow/tfjs-core';

/** Which tfjs backend runs, and why. */
export interface BackendReport {
  /** As tfjs names it: 'tensorflow' for both tfjs-node packages, 'cpu' for plain JavaScript. */
  readonly name: string;
  /** One line for people. */
  readonly line: string;
}

/** The packages of the optional backends, in the order in which they are tried. */
const PACKAGES = { 'node-gpu': '@tensorflow/tfjs-node-gpu', node: '@tensorflow/tfjs-node' } as const;
type PackagedBackend = keyof typeof PACKAGES;

/** Imports a package, which registers its backend with tfjs. */
export type BackendLoader = (packageName: string) => Promise<unknown>;

// A variable name, so that bundlers do not look for packages that are not installed.
const importPackage: BackendLoader = (packageName) => import(/* @vite-ignore */ packageName);

/** The process, where there is one; a browser has none. */
const env = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env;

function isMissing(error: unknown, packageName: string): boolean {
  const { code, message } = error as { code?: string; message?: string };
  const notFound =
    code === 'ERR_MODULE_NOT_FOUND' ||
    code === 'MODULE_NOT_FOUND' ||
    /Failed to (load|resolve)|Could not resolve/.test(message ?? '');
  return notFound && (message ?? '').includes(packageName);
}

function reason(error: unknown, packageName: string): string {
  if (isMissing(error, packageName)) return 'not installed';
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}

async function load(which: PackagedBackend, loader: BackendLoader): Promise<BackendReport> {
  await loader(PACKAGES[which]);
  if (!(await tf.setBackend('tensorflow'))) throw new Error("its backend 'tensorflow' could not start");
  return { name: 'tensorflow', line: `tfjs backend: tensorflow (${PACKAGES[which]})` };
}

/**
 * Chooses the tfjs backend: libtensorflow on the GPU (`node-gpu`), on the CPU (`node`), or plain JavaScript (`cpu`).
 *
 * @param request 'node-gpu', 'node', 'cpu', or 'auto' for the first of these that is installed; by default the environment
 *   variable `OXBOW_BACKEND`
 * @throws if the request is unknown, or the requested backend cannot be loaded
 */
export async function selectBackend(
  request: string | undefined = env?.OXBOW_BACKEND,
  loader: BackendLoader = importPackage,
): Promise<BackendReport> {
  const wanted = request === undefined || request === '' ? 'auto' : request;
  if (wanted === 'node-gpu' || wanted === 'node') {
    try {
      return await load(wanted, loader);
    } catch (error) {
      const name = PACKAGES[wanted];
      throw new Error(
        `the tfjs backend '${wanted}' cannot be loaded (${reason(error, name)}); install it with: npm install ${name}@${tf.version_core}`,
      );
    }
  }
  if (wanted !== 'cpu' && wanted !== 'auto') {
    throw new Error(`OXBOW_BACKEND: wanted node-gpu, node, cpu or auto, got '${wanted}'`);
  }
  const failures: string[] = [];
  // A browser has no tfjs-node.
  if (wanted === 'auto' && env !== undefined) {
    for (const which of Object.keys(PACKAGES) as PackagedBackend[]) {
      try {
        return await load(which, loader);
      } catch (error) {
        // Most have none of them, and need none.
        if (!isMissing(error, PACKAGES[which])) failures.push(`${PACKAGES[which]}: ${reason(error, PACKAGES[which])}`);
      }
    }
  }
  await tf.setBackend('cpu');
  return { name: 'cpu', line: `tfjs backend: cpu${failures.length > 0 ? ` (${failures.join('; ')})` : ''}` };
}
