import { join } from 'node:path';
import { lock } from 'proper-lockfile';
import { InputError } from './inputError.ts';

/** Milliseconds after which a lock that is not renewed counts as left behind, and between renewals. */
const [STALE, UPDATE] = [5000, 1000];

/** The lock's name in the folder. */
export const LOCK = '.lock';

/**
 * Takes the lock of a folder, so that one command at a time works on it. A lock that a dead process has left is waited for until
 * it is stale.
 *
 * @param wait told when the folder is locked and it is not yet known by whom
 * @param lost called if the lock is lost later: the folder was removed, or this process stood still for long
 * @returns a function that gives it back
 * @throws InputError if another command holds it
 */
export async function lockFolder(
  path: string,
  { wait, lost }: { wait: (line: string) => void; lost: (error: Error) => void },
): Promise<() => Promise<void>> {
  const take = (retries: number) =>
    lock(path, {
      lockfilePath: join(path, LOCK),
      stale: STALE,
      update: UPDATE,
      retries: { retries, factor: 1, minTimeout: UPDATE },
      onCompromised: lost,
    });
  const isHeld = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ELOCKED';
  const release = await take(0)
    .catch((error) => {
      if (!isHeld(error)) throw error;
      wait(
        `${path} is in use by another command, or was by one that was killed: waiting ${STALE / 1000} s to see which.`,
      );
      return take(1 + STALE / UPDATE);
    })
    .catch((error) => {
      if (!isHeld(error)) throw error;
      throw new InputError(`${path} is in use by another command, expected one at a time`);
    });
  return () => release().catch(() => {});
}
