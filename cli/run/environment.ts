import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Why the package does not run on this version of Node, undefined if it does. Old syntax: an old Node has to get so far. */
export function nodeProblem(version: string = process.versions.node): string | undefined {
  const { engines } = createRequire(import.meta.url)('oxbow/package.json') as { engines: { node: string } };
  const isEnough = version.localeCompare(engines.node.replace('>=', ''), 'en', { numeric: true }) >= 0;
  return isEnough ? undefined : `Node ${version} is too old, expected ${engines.node}`;
}

/** What to do about a limit that is too low. */
export const RAISE = 'raise the limit of open files, as by `ulimit -n 4096`';

/** Whether an error says that a limit of open files is reached, this process's or the system's. */
export function isDescriptorError(error: unknown): boolean {
  return ['EMFILE', 'ENFILE'].includes((error as NodeJS.ErrnoException | undefined)?.code ?? '');
}

/** Errors after which nothing more can be stored: of the disk, of limits of files, of a directory that another command has taken. */
const STORAGE_ERRORS = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS', 'EIO', 'EMFILE', 'ENFILE', 'ECOMPROMISED']);

/** What says that a disk is full, or that nothing can be stored for another reason: the first cause of an error that does, or the error itself. */
export function storageErrorOf(error: unknown): Error | undefined {
  if (!(error instanceof Error)) return undefined;
  const own = STORAGE_ERRORS.has((error as NodeJS.ErrnoException).code ?? '') ? error : undefined;
  return storageErrorOf(error.cause) ?? own;
}

/** The file that runs this code decides: TypeScript in the repository, JavaScript in the package. */
export const extension = extname(fileURLToPath(import.meta.url));

/** Arguments of Node, and what another process of ours needs to read TypeScript, where this one reads it. */
export function withTypeScript(execArgv: readonly string[]): string[] {
  const lacks = extension === '.ts' && !execArgv.some((argument) => argument.includes('tsx'));
  // By its full address: a bare name would be looked up in the folder of the caller.
  return lacks ? [...execArgv, '--import', import.meta.resolve('tsx')] : [...execArgv];
}

/** The codes with which the command exits. */
export const EXIT = { ok: 0, failed: 1, badInput: 2, interrupted: 130 } as const;

/** The version of this package. */
export function version(): string {
  return (createRequire(import.meta.url)('oxbow/package.json') as { version: string }).version;
}
