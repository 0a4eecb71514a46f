import { closeSync, openSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { guardFiles } from '../../src/files.ts';

/**
 * The right of a process to write into a folder: a file in it, the *token*, with a name that no other command has. Whoever takes the
 * folder over removes the token, and a process that has stood still meanwhile finds it gone. A fence keeps out who comes late where a
 * lock alone cannot: who is stopped between a look at its lock and a write knows nothing of the time in between.
 *
 * What makes that airtight:
 * - A whole file is written under a temporary name, and takes its own after a look at the token. The next owner removes the token first
 *   and temporary files then. One that was there by then is gone, and cannot be renamed; one that came later finds no token.
 * - A log is written by a descriptor that stays open, after a look at the token. The next owner replaces the file by another: who
 *   writes late into the one that was there writes into a file without a name.
 */
export class Fence {
  /** Its full path. */
  readonly token: string;
  readonly #folder: string;

  constructor(token: string) {
    this.token = resolve(token);
    this.#folder = dirname(this.token) + sep;
  }

  /** Whether the folder is still held. */
  get holds(): boolean {
    try {
      // Opened, since a file system of another machine remembers for seconds that a name was there.
      closeSync(openSync(this.token, 'r'));
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return code !== 'ENOENT' && code !== 'ENOTDIR';
    }
  }

  /** Lets no file below the folder take its name in this process when it is no longer held. @returns ends that */
  guard(): () => void {
    return guardFiles((path) => {
      if (resolve(path).startsWith(this.#folder) && !this.holds) throw lostLock();
    });
  }
}

/** The code of the error of who writes late. */
export const LOST_LOCK = 'ECOMPROMISED';

/** What is thrown by who writes late. */
export function lostLock(): Error {
  return Object.assign(new Error('the directory was removed, or taken by another command'), { code: LOST_LOCK });
}

/** Whether an error is that of {@link lostLock}, as it is or as another process has told it. */
export function isLostLock(error: Error): boolean {
  return (error as NodeJS.ErrnoException).code === LOST_LOCK;
}
