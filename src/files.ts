/** What a temporary file's name ends with. */
const TEMPORARY = '.tmp';

/** Bytes written at a time: Node takes no more than 2 GiB. */
const CHUNK = 2 ** 28;

/** What a system says that cannot flush a file or a folder, or does so by itself. Anything else is an error. */
const NO_SYNC = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EPERM', 'EACCES', 'EISDIR', 'EBADF']);

/** Node's file system. @throws in a browser, saying what to do `instead` */
function fileSystem(instead = '') {
  const files = globalThis.process?.getBuiltinModule?.('node:fs');
  if (files === undefined) throw new Error(`files are read and written in Node only; ${instead}`);
  return files;
}

const paths = () => process.getBuiltinModule('node:path');

/** Reads a text file. @throws if it cannot be read */
export function readTextFile(path: string, instead: string): string {
  return fileSystem(instead).readFileSync(path, 'utf8');
}

/** Reads the bytes of a file that another file names. @throws if it cannot be read, or is a pipe or a device, which may never end */
export function readFileBytes(path: string, instead: string): Uint8Array {
  const files = fileSystem(instead);
  if (!leadsToFile(path)) throw new Error(`${path} is no file`);
  return Uint8Array.from(files.readFileSync(path));
}

/** Whether a path leads to a file, by links too. To read a pipe or a device might never end. */
export function leadsToFile(path: string): boolean {
  return fileSystem().statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/**
 * What is wrong with what others may have stored at a path and below it; undefined if there are files and folders alone, or nothing. A
 * link would lead what reads or writes there elsewhere, and a pipe would never end.
 */
export function storedProblem(path: string): string | undefined {
  const { lstatSync, readdirSync } = fileSystem();
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isFile()) return undefined;
  const isOther = (entry: { isFile(): boolean; isDirectory(): boolean }) => !entry.isFile() && !entry.isDirectory();
  const below = isOther(found) ? undefined : readdirSync(path, { recursive: true, withFileTypes: true }).find(isOther);
  if (!isOther(found) && below === undefined) return undefined;
  const other = below === undefined ? path : paths().join(below.parentPath, below.name);
  return `${other} is a link or no file, expected files and folders alone: copy what it leads to`;
}

/** Removes a file, if it is there. */
export function removeFile(path: string): void {
  fileSystem().rmSync(path, { force: true });
}

/**
 * Writes a file whole or not at all, also over a power cut: under a temporary name beside it, which is flushed to the disk before it
 * takes the file's name. A reader sees the old file or the new one, never a part. A file that is replaced keeps its permissions, and a
 * link stays. A device, a pipe or a descriptor (`/dev/stdout`, `/dev/fd/3`) is written to as it is.
 *
 * @param content text, bytes, or parts that are written one after another
 * @param options.instead what to do in a browser, where there are no files
 * @throws the system's error, with its `code`; the old file is as it was then, and no temporary one stays
 */
export function writeWholeFile(
  path: string,
  content: string | Uint8Array | Iterable<Uint8Array>,
  { instead }: { readonly instead?: string | undefined } = {},
): void {
  const files = fileSystem(instead);
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const parts = bytes instanceof Uint8Array ? [bytes] : bytes;
  const descriptor = descriptorOf(path);
  const target = descriptor === undefined ? targetOf(path) : undefined;
  if (target === undefined) {
    const file = descriptor ?? files.openSync(path, 'a');
    for (const part of parts) writeAll(file, part);
    if (file !== descriptor) files.closeSync(file);
    return;
  }
  const temporary = temporaryBeside(target.path);
  try {
    const file = files.openSync(temporary, 'wx');
    try {
      if (target.mode !== undefined) files.fchmodSync(file, target.mode);
      for (const part of parts) writeAll(file, part);
      sync(file);
    } finally {
      files.closeSync(file);
    }
    files.renameSync(temporary, target.path);
  } catch (error) {
    files.rmSync(temporary, { force: true });
    throw named(error, temporary, path);
  }
  syncPath(paths().dirname(target.path));
}

/** That {@link writeWholeFile} can write a file, as far as it can be said before. Leaves everything as it was. @throws what it would */
export function checkWritableFile(path: string): void {
  const files = fileSystem();
  const descriptor = descriptorOf(path);
  if (descriptor !== undefined) return void files.fstatSync(descriptor);
  const target = targetOf(path);
  // Not opened: who reads a pipe would see its end.
  if (target === undefined) return void files.accessSync(path, files.constants.W_OK);
  const temporary = temporaryBeside(target.path);
  try {
    files.closeSync(files.openSync(temporary, 'wx'));
    files.rmSync(temporary);
  } catch (error) {
    throw named(error, temporary, path);
  }
}

/** The number of the descriptor of this process that a path names, as `/dev/fd/3` does. */
function descriptorOf(path: string): number | undefined {
  const [, number, name] = /^\/(?:dev|proc\/self)\/(?:fd\/(\d+)|std(out|err))$/.exec(path) ?? [];
  if (number !== undefined) return Number(number);
  return name === undefined ? undefined : name === 'out' ? 1 : 2;
}

/** The file that a path leads to, and its permissions if it is there; undefined for what is no file. @throws if it may not be written */
function targetOf(path: string): { readonly path: string; readonly mode?: number } | undefined {
  const files = fileSystem();
  const found = files.statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() || (found === undefined && /[\\/]$/.test(path))) {
    throw Object.assign(new Error(`EISDIR: it is a directory, open '${path}'`), { code: 'EISDIR' });
  }
  if (found === undefined) return { path };
  if (!found.isFile()) return undefined;
  files.accessSync(path, files.constants.W_OK);
  return { path: files.realpathSync(path), mode: found.mode & 0o7777 };
}

/** A new name beside a path. It is short, since the path's may be as long as names can be, and it says whose it is. */
function temporaryBeside(path: string): string {
  const { basename, dirname, join } = paths();
  const begin = [...basename(path)].slice(0, 16).join('');
  return join(dirname(path), `${begin}.${crypto.randomUUID().slice(0, 8)}${TEMPORARY}`);
}

/** The error with the name that the caller knows in place of the temporary one; Node's of writing name none. */
function named(error: unknown, temporary: string, path: string): unknown {
  if (!(error instanceof Error)) return error;
  error.message = error.message.replaceAll(temporary, path);
  if ('code' in error && !error.message.includes(path)) error.message += ` '${path}'`;
  return error;
}

/** Whether a name is of a file that {@link writeWholeFile} has begun. */
export function isTemporary(name: string): boolean {
  return name.endsWith(TEMPORARY);
}

/** Removes what writers have begun below a folder and not ended: they were killed. */
export function removeTemporaries(folder: string): void {
  const files = fileSystem();
  for (const entry of files.readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && isTemporary(entry.name)) removeFile(paths().join(entry.parentPath, entry.name));
  }
}

/** Makes a folder, and those above it that are missing. @returns the outermost one that was made, undefined if none was */
export function makeFolder(path: string): string | undefined {
  const files = fileSystem();
  const { dirname, resolve } = paths();
  const missing: string[] = [];
  for (let at = resolve(path); !files.existsSync(at); at = dirname(at)) missing.unshift(at);
  // One by one: Node's recursive mkdir never returns below /proc.
  for (const folder of missing) {
    try {
      files.mkdirSync(folder);
    } catch (error) {
      // Another process may have been faster.
      if (files.existsSync(folder)) continue;
      files.rmSync(missing[0]!, { recursive: true, force: true });
      throw error;
    }
    syncPath(dirname(folder));
  }
  return missing[0];
}

/**
 * Makes a folder whole or not at all, also over a power cut: under a temporary name beside it, which it has until all in it is on the disk.
 * @throws the system's error, if something of its name is there already; what `fill` throws; nothing stays then
 */
export async function writeWholeFolder(path: string, fill: (folder: string) => void | Promise<void>): Promise<void> {
  const files = fileSystem();
  const { dirname, resolve } = paths();
  const target = resolve(path);
  const refuse = () => {
    if (!files.existsSync(target)) return;
    throw Object.assign(new Error('EEXIST: it is there already, expected a new folder'), { code: 'EEXIST' });
  };
  refuse();
  makeFolder(dirname(target));
  const temporary = temporaryBeside(target);
  files.mkdirSync(temporary);
  try {
    await fill(temporary);
    syncTree(temporary);
    refuse();
    files.renameSync(temporary, target);
  } catch (error) {
    files.rmSync(temporary, { recursive: true, force: true });
    throw named(error, temporary, path);
  }
  syncPath(dirname(target));
}

/** Flushes all that a folder holds to the disk, however it was written. @throws the system's error */
export function syncTree(folder: string): void {
  for (const entry of fileSystem().readdirSync(folder, { withFileTypes: true })) {
    const path = paths().join(folder, entry.name);
    if (entry.isDirectory()) syncTree(path);
    else if (entry.isFile()) syncPath(path);
  }
  syncPath(folder);
}

/** Flushes a file, or the names in a folder. A system that does not open folders, as Windows, does it by itself. */
function syncPath(path: string): void {
  const files = fileSystem();
  let file: number;
  try {
    file = files.openSync(path, 'r');
  } catch (error) {
    if (NO_SYNC.has((error as NodeJS.ErrnoException).code ?? '')) return;
    throw error;
  }
  try {
    sync(file);
  } finally {
    files.closeSync(file);
  }
}

function sync(file: number): void {
  try {
    fileSystem().fsyncSync(file);
  } catch (error) {
    if (!NO_SYNC.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** Writes bytes into an open file, all of them: a full disk or pipe takes a part. */
export function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += fileSystem().writeSync(file, bytes, at, Math.min(CHUNK, bytes.length - at));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      // A pipe is full: its reader needs a while.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}
