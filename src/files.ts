/** Node's file system. @throws in a browser, saying what to do `instead` */
function fileSystem(instead: string) {
  const files = globalThis.process?.getBuiltinModule?.('node:fs');
  if (files === undefined) throw new Error(`files are read and written in Node only; ${instead}`);
  return files;
}

/** Reads a text file. @throws if it cannot be read */
export function readTextFile(path: string, instead: string): string {
  return fileSystem(instead).readFileSync(path, 'utf8');
}

/** Reads a file's bytes. @throws if it cannot be read */
export function readFileBytes(path: string, instead: string): Uint8Array {
  return Uint8Array.from(fileSystem(instead).readFileSync(path));
}

/** Removes a file, if it is there. */
export function removeFile(path: string): void {
  fileSystem('').rmSync(path, { force: true });
}

/** How a file is written. */
export interface WriteOptions {
  /** What to do in a browser, where there are no files. */
  readonly instead?: string | undefined;
  /** Called immediately before the file takes its name. If it throws, the old file stays as it was, and the error is thrown on. */
  readonly check?: (() => void) | undefined;
}

/**
 * Writes under a temporary name and renames: a reader sees the old file or the new one, never a part.
 * @throws if it cannot be written; the old file is as it was then
 */
export function writeWholeFile(
  path: string,
  content: string | Uint8Array,
  { instead = '', check }: WriteOptions = {},
): void {
  const files = fileSystem(instead);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    files.writeFileSync(temporary, content);
    check?.();
    files.renameSync(temporary, path);
  } catch (error) {
    files.rmSync(temporary, { force: true });
    throw error;
  }
}
