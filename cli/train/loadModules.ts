import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { noteLoaded } from '../../envs/core/registry.ts';
import { toErrorData } from '../experiment/errorData.ts';
import { firstLine } from '../experiment/firstLine.ts';
import { InputError } from '../experiment/inputError.ts';

/** Milliseconds after which a module that is still awaited is told of. */
const LONG = 5000;

/**
 * Imports a user's own modules, which register environments and policies. Importing one again does nothing.
 * @returns their absolute paths
 * @throws InputError that names the module, if it is not there, throws, or awaits what cannot come
 */
export async function loadModules(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const file = resolve(path);
    if (!existsSync(file)) throw new InputError(`--load: got ${path}, expected a module's file; there is none`);
    try {
      await settled(path, import(pathToFileURL(file).href));
    } catch (error) {
      if (error instanceof InputError) throw error;
      const { code, message } = toErrorData(error);
      const hint =
        code === 'ERR_UNKNOWN_FILE_EXTENSION' ? "; NODE_OPTIONS='--import tsx' makes Node read TypeScript" : '';
      throw new InputError(`--load: ${path}: ${firstLine(message)}${hint}`);
    }
    noteLoaded(pathToFileURL(file).href);
    files.push(file);
  }
  return files;
}

/**
 * Waits for a module. Node would end without a word where its top-level await waits for nothing that can still happen; where it waits
 * long for what can, a line says so.
 */
async function settled(path: string, module: Promise<unknown>): Promise<void> {
  let onIdle: (() => void) | undefined;
  const timer = setTimeout(
    () => process.stderr.write(`Still waiting for ${path}: its top-level await has not settled. Ctrl-C ends it.\n`),
    LONG,
  );
  timer.unref();
  try {
    const stuck = new Promise<never>((_, reject) => {
      onIdle = () =>
        reject(new InputError(`--load: ${path}: its top-level await never settles: nothing is left to wait for`));
      process.once('beforeExit', onIdle);
    });
    await Promise.race([module, stuck]);
  } finally {
    clearTimeout(timer);
    process.off('beforeExit', onIdle!);
  }
}
