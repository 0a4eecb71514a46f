import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InputError } from '../harness/inputError.ts';

/**
 * Imports a user's own modules, which register environments and policies. Importing one again does nothing.
 * @returns their absolute paths
 * @throws InputError that names the module, if it is not there or throws
 */
export async function loadModules(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const file = resolve(path);
    if (!existsSync(file)) throw new InputError(`--load: got ${path}, expected a module's file; there is none`);
    try {
      await import(pathToFileURL(file).href);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const hint =
        code === 'ERR_UNKNOWN_FILE_EXTENSION' ? "; NODE_OPTIONS='--import tsx' makes Node read TypeScript" : '';
      throw new InputError(`--load: ${path}: ${message.split('\n', 1)[0]}${hint}`);
    }
    files.push(file);
  }
  return files;
}
