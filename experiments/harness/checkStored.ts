import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from './inputError.ts';

/**
 * That what lies at these names of a folder, and below them, are files and folders alone. A link would lead what reads or writes there
 * out of the folder, and a pipe would never end.
 * @throws InputError that names what is something else
 */
export function checkStored(folder: string, names: readonly string[]): void {
  for (const name of names) {
    const path = join(folder, name);
    const other = firstOther(path);
    if (other === undefined) continue;
    throw new InputError(`${other} is a link or no file, expected files and folders alone: copy what it leads to`);
  }
}

/** The path itself, or the first one below it, that is neither a file nor a folder. */
function firstOther(path: string): string | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isFile()) return undefined;
  if (!found.isDirectory()) return path;
  const other = readdirSync(path, { recursive: true, withFileTypes: true }).find(
    (entry) => !entry.isFile() && !entry.isDirectory(),
  );
  return other && join(other.parentPath, other.name);
}
