import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * How many more files than now a command may open at a time: Node reads modules all at once. With a limit of 256 some commands ended
 * halfway, with 400 none did.
 */
const NEEDED = 400;

/** What to do about a limit that is too low. */
export const RAISE = 'raise the limit of open files, as by `ulimit -n 4096`';

/** Why this process cannot load its modules, undefined if it can: a limit of open files would end it halfway, wherever that is. */
export function descriptorProblem(needed: number = NEEDED): string | undefined {
  const path = fileURLToPath(import.meta.url);
  const open: number[] = [];
  try {
    while (open.length < needed) open.push(openSync(path, 'r'));
    return undefined;
  } catch (error) {
    if (!isDescriptorError(error)) throw error;
    return `there is room for ${open.length} more open files, expected ${needed} or more: ${RAISE}`;
  } finally {
    for (const descriptor of open) closeSync(descriptor);
  }
}

/** Whether an error says that a limit of open files is reached, this process's or the system's. */
export function isDescriptorError(error: unknown): boolean {
  return ['EMFILE', 'ENFILE'].includes((error as NodeJS.ErrnoException | undefined)?.code ?? '');
}
