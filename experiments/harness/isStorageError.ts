/** Errors after which nothing more can be stored. */
const STORAGE_ERRORS = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO']);

/** Whether a disk is full, or takes nothing for another reason. */
export function isStorageError(error: unknown): boolean {
  return STORAGE_ERRORS.has((error as NodeJS.ErrnoException).code ?? '');
}
