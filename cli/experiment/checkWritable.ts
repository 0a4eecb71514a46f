import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkWritableFile, makeFolder } from '../../src/files.ts';
import { InputError } from './inputError.ts';

/**
 * That a file can be written, or files into a folder, which need not be there: said before the work, not after it. Leaves nothing
 * behind.
 * @param option that named it
 * @throws InputError if not
 */
export function checkWritable(option: string, what: 'file' | 'folder', path: string): void {
  if (path.trim() === '') throw new InputError(`${option}: got "", expected a ${what}`);
  try {
    if (what === 'file') checkWritableFile(path);
    else checkFolder(path);
  } catch (error) {
    throw new InputError(
      `${option}: cannot write ${what === 'file' ? '' : 'into '}${path}: ${(error as Error).message}`,
    );
  }
}

function checkFolder(path: string): void {
  const made = makeFolder(path);
  try {
    checkWritableFile(join(path, 'a-file'));
  } finally {
    if (made !== undefined) rmSync(made, { recursive: true, force: true });
  }
}
