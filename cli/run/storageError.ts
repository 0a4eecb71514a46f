import { LOST_LOCK } from './fence.ts';

/** Errors after which nothing more can be stored: of the disk, of limits of files, of a directory that another command has taken. */
const STORAGE_ERRORS = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS', 'EIO', 'EMFILE', 'ENFILE', LOST_LOCK]);

/** What says that a disk is full, or that nothing can be stored for another reason: the first cause of an error that does, or the error itself. */
export function storageErrorOf(error: unknown): Error | undefined {
  if (!(error instanceof Error)) return undefined;
  const own = STORAGE_ERRORS.has((error as NodeJS.ErrnoException).code ?? '') ? error : undefined;
  return storageErrorOf(error.cause) ?? own;
}
