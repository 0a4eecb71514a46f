import { mkdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from './inputError.ts';

/**
 * That files can be written into a folder, which need not be there: said before the work, not after it. Leaves nothing behind.
 * @param option that named the folder
 * @throws InputError if not
 */
export function checkWritable(option: string, folder: string): void {
  if (folder.trim() === '') throw new InputError(`${option}: got "", expected a folder`);
  const probe = join(folder, `.oxbow-${process.pid}`);
  try {
    const made = mkdirSync(probe, { recursive: true });
    rmdirSync(probe);
    if (made !== undefined && made !== probe) rmSync(made, { recursive: true });
  } catch (error) {
    throw new InputError(`${option}: cannot write into ${folder}: ${(error as Error).message}`);
  }
}
