import { join } from 'node:path';
import { storedProblem } from '../../src/files.ts';
import { InputError } from '../experiment/inputError.ts';

/**
 * That what lies at these names of a folder, and below them, are files and folders alone.
 * @throws InputError that names what is something else
 */
export function checkStored(folder: string, names: readonly string[]): void {
  for (const name of names) {
    const problem = storedProblem(join(folder, name));
    if (problem !== undefined) throw new InputError(problem);
  }
}
