import { randomUUID } from 'node:crypto';
import fs, { closeSync, openSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { lock } from 'proper-lockfile';
import { removeTemporaries } from '../../src/files.ts';
import { InputError } from '../experiment/errors.ts';
import { Fence, lostLock } from './fence.ts';

/** Milliseconds after which a lock that is not renewed counts as left behind, and between renewals. */
const [STALE, UPDATE] = [5000, 1000];

// proper-lockfile lets this signal end the process, which Node ignores: a write beyond the largest size of a file is the error EFBIG.
process.on('SIGXFSZ', () => {});

/** The lock's name in the folder; that of its token begins with it. */
const LOCK = '.lock';
const TOKEN = `${LOCK}-`;

/** A folder that is held. */
export interface Lock {
  readonly fence: Fence;
  /** Gives it back. Whether it is lost is not told any more. */
  release(): Promise<void>;
}

/** Whether a name in a folder is one of {@link lockFolder}. */
export function isOfLock(name: string): boolean {
  return name === LOCK || name.startsWith(TOKEN);
}

/**
 * Takes the lock of a folder, so that one command at a time works on it. A lock that a dead process has left is waited for until
 * it is stale. If the lock is lost later, since this process stood still for long, no file below the folder is written by it any more:
 * see {@link Fence}. Files with temporary names that others have left are removed.
 *
 * @param wait told when the folder is locked and it is not yet known by whom
 * @param lost called if the lock is lost later: the folder was removed, or this process stood still for long
 * @throws InputError if another command holds it
 */
export async function lockFolder(
  path: string,
  { wait, lost }: { wait: (line: string) => void; lost: (error: Error) => void },
): Promise<Lock> {
  const fence = new Fence(join(path, `${TOKEN}${randomUUID()}`));
  let isReleased = false;
  const take = (retries: number) =>
    lock(path, {
      lockfilePath: join(path, LOCK),
      stale: STALE,
      update: UPDATE,
      retries: { retries, factor: 1, minTimeout: UPDATE },
      // A lock that was lost is looked at once more after its holder has ended.
      onCompromised: () => {
        if (!isReleased) lost(lostLock());
      },
      // At the end of the process: what is another's by then stays.
      fs: { ...fs, rmdirSync: (folder: string) => giveBack(() => rmdirSync(folder)) },
    });
  const giveBack = <T>(remove: () => T): T | undefined => {
    if (!fence.holds) return undefined;
    rmSync(fence.token, { force: true });
    return remove();
  };
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
  try {
    takeOver(path, fence);
  } catch (error) {
    await release();
    throw error;
  }
  const unguard = fence.guard();
  return {
    fence,
    async release() {
      isReleased = true;
      unguard();
      await giveBack(release)?.catch(() => {});
    },
  };
}

/** Makes the token, then removes those of others, and last what their writes have left: this order is part of the fence. */
function takeOver(path: string, { token }: Fence): void {
  closeSync(openSync(token, 'wx'));
  for (const name of readdirSync(path)) {
    if (name.startsWith(TOKEN) && name !== basename(token)) rmSync(join(path, name), { force: true });
  }
  removeTemporaries(path);
}
