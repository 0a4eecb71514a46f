/** Errors after which nothing more can be stored. */
const STORAGE_ERRORS = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO']);

/** What says that a disk is full, or takes nothing for another reason: the first cause of an error that does, or the error itself. */
export function storageErrorOf(error: unknown): Error | undefined {
  if (!(error instanceof Error)) return undefined;
  const own = STORAGE_ERRORS.has((error as NodeJS.ErrnoException).code ?? '') ? error : undefined;
  return storageErrorOf(error.cause) ?? own;
}
