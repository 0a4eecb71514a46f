import type { Stats } from 'node:fs';

/** How a file is written. */
export interface WriteOptions {
  /** What to do in a browser, where there are no files. */
  readonly instead?: string | undefined;
}

/** What a temporary file's name ends with. */
const TEMPORARY = '.tmp';

/** How many links a path may lead through, as in Linux. */
const MAX_LINKS = 40;

/** Bytes written at a time: Node takes no more than 2 GiB. */
const CHUNK = 2 ** 28;

/** What a system says that cannot make a file or a folder last, or does so by itself. Anything else is an error. */
const NO_SYNC = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EPERM', 'EACCES', 'EISDIR', 'EBADF']);

/** Node's file system. @throws in a browser, saying what to do `instead` */
function fileSystem(instead = '') {
  const files = globalThis.process?.getBuiltinModule?.('node:fs');
  if (files === undefined) throw new Error(`files are read and written in Node only; ${instead}`);
  return files;
}

function paths() {
  return process.getBuiltinModule('node:path');
}

/** Reads a text file. @throws if it cannot be read */
export function readTextFile(path: string, instead: string): string {
  return fileSystem(instead).readFileSync(path, 'utf8');
}

/** Reads the bytes of a file that another file names. @throws if it cannot be read, or is a pipe or a device, which may never end */
export function readFileBytes(path: string, instead: string): Uint8Array {
  const files = fileSystem(instead);
  if (!files.statSync(path).isFile()) throw new Error(`${path} is no file`);
  return Uint8Array.from(files.readFileSync(path));
}

/**
 * What is wrong with what others may have stored at a path and below it; undefined if there are files and folders alone, or nothing. A
 * link would lead what reads or writes there elsewhere, and a pipe would never end.
 */
export function storedProblem(path: string): string | undefined {
  const other = firstOther(path);
  return other && `${other} is a link or no file, expected files and folders alone: copy what it leads to`;
}

/** The path itself, or the first one below it, that is neither a file nor a folder. */
function firstOther(path: string): string | undefined {
  const { lstatSync, readdirSync } = fileSystem();
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isFile()) return undefined;
  if (!found.isDirectory()) return path;
  const other = readdirSync(path, { recursive: true, withFileTypes: true }).find(
    (entry) => !entry.isFile() && !entry.isDirectory(),
  );
  return other && paths().join(other.parentPath, other.name);
}

/** Whether a path leads to a file, by links too. To read a pipe or a device might never end. */
export function leadsToFile(path: string): boolean {
  return fileSystem().statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Removes a file, if it is there. */
export function removeFile(path: string): void {
  fileSystem().rmSync(path, { force: true });
}

const guards = new Set<(path: string) => void>();

/**
 * From now on `guard` is asked in this process immediately before a file takes its name, and before a folder is made. If it throws, what
 * was there stays as it was.
 * @returns ends that
 */
export function guardFiles(guard: (path: string) => void): () => void {
  guards.add(guard);
  return () => void guards.delete(guard);
}

/** Asks those of {@link guardFiles}. @throws what one of them throws: the file must not be written then */
export function askGuards(path: string): void {
  for (const guard of guards) guard(path);
}

/**
 * Writes a file whole or not at all, also over a power cut: under a temporary name beside it, which is on the disk before it takes the
 * file's name; then its folder is. A reader sees the old file or the new one, never a part. When this returns, the new one stays.
 *
 * - A link stays: the file that it leads to is written, and made where there is none.
 * - A device, a pipe or a descriptor (`/dev/stdout`, `/dev/fd/3`) is written to as it is.
 * - A file that is replaced keeps its permissions and, where that is allowed, its owner. One that may not be written is refused.
 *
 * @param content text, bytes, or parts that are written one after another
 * @throws the system's error, with its `code`; the old file is as it was then, and no temporary one stays. A directory is an
 *   error, and so are links in a circle and a FIFO that nobody reads
 */
export function writeWholeFile(
  path: string,
  content: string | Uint8Array | Iterable<Uint8Array>,
  { instead }: WriteOptions = {},
): void {
  const files = fileSystem(instead);
  const target = targetOf(path);
  const parts = partsOf(content);
  if (target.way === 'through') {
    askGuards(path);
    writeThrough(target, parts);
    return;
  }
  const { folder, replaced } = target;
  const temporary = openTemporary(target);
  try {
    try {
      if (replaced !== undefined) keepRights(temporary.file, replaced);
      for (const part of parts) naming(target.path, () => writeAll(temporary.file, part));
      naming(target.path, () => sync(temporary.file));
    } finally {
      files.closeSync(temporary.file);
    }
    askGuards(path);
    files.renameSync(temporary.path, target.path);
  } catch (error) {
    files.rmSync(temporary.path, { force: true });
    throw named(error, temporary.path, target.path);
  }
  syncFolder(folder);
}

/**
 * That {@link writeWholeFile} can write a file, as far as it can be said before. Leaves everything as it was.
 * @throws what the writing would
 */
export function checkWritableFile(path: string): void {
  const files = fileSystem();
  const target = targetOf(path);
  if (target.way === 'through') {
    if (target.descriptor === undefined) files.accessSync(path, files.constants.W_OK);
    else files.fstatSync(target.descriptor);
    return;
  }
  const temporary = openTemporary(target);
  files.closeSync(temporary.file);
  files.rmSync(temporary.path);
}

/** Whether a name is of a file that {@link writeWholeFile} has begun. */
export function isTemporary(name: string): boolean {
  return name.endsWith(TEMPORARY);
}

/** Removes what writers have begun below a folder and not ended: they were killed, or may not end it any more. */
export function removeTemporaries(folder: string): void {
  const files = fileSystem();
  for (const entry of files.readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = paths().join(entry.parentPath, entry.name);
    if (entry.isFile() && isTemporary(entry.name)) files.rmSync(path, { force: true });
  }
}

/**
 * Makes a folder, and those above it that are missing, so that they stay over a power cut.
 * @returns the outermost one that was made, undefined if none was
 * @throws the system's error, or what a guard (`guardFiles`) throws; none is made then
 */
export function makeFolder(path: string): string | undefined {
  const files = fileSystem();
  const { dirname, resolve } = paths();
  const missing: string[] = [];
  let at = resolve(path);
  for (; !files.existsSync(at); at = dirname(at)) missing.unshift(at);
  // After the look at what is missing: a folder that is taken away before is refused here, one that goes later is not made again.
  if (missing.length > 0) askGuards(path);
  // This one may be there and not yet on the disk: who made it may have been killed. Those above it were before it was made.
  syncFolder(dirname(at));
  const made: string[] = [];
  try {
    // One by one: Node's recursive mkdir never returns below /proc.
    for (const folder of missing) {
      try {
        files.mkdirSync(folder);
        made.push(folder);
      } catch (error) {
        // Another process was faster.
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !files.existsSync(folder)) throw error;
      }
      syncFolder(dirname(folder));
    }
  } catch (error) {
    if (made.length > 0) files.rmSync(made[0]!, { recursive: true, force: true });
    throw error;
  }
  return made[0];
}

/**
 * Makes a folder whole or not at all, also over a power cut: under a temporary name beside it, which it has until all in it is on the
 * disk. It may be filled by whatever writes files.
 *
 * @throws the system's error, if something of its name is there already; what `fill` throws; nothing stays then
 */
export async function writeWholeFolder(path: string, fill: (folder: string) => void | Promise<void>): Promise<void> {
  const files = fileSystem();
  const { basename, dirname, join, resolve } = paths();
  const target = resolve(path);
  const refuse = () => {
    if (files.existsSync(target)) throw systemError('EEXIST', 'it is there already, expected a new folder');
  };
  refuse();
  makeFolder(dirname(target));
  const begin = [...basename(target)].slice(0, 16).join('');
  const temporary = join(dirname(target), `${begin}.${crypto.randomUUID().slice(0, 8)}${TEMPORARY}`);
  files.mkdirSync(temporary);
  try {
    await fill(temporary);
    syncTree(temporary);
    askGuards(path);
    refuse();
    files.renameSync(temporary, target);
  } catch (error) {
    files.rmSync(temporary, { recursive: true, force: true });
    throw named(error, temporary, path);
  }
  syncFolder(dirname(target));
}

/** Makes all that a folder holds last over a power cut, however it was written. @throws the system's error */
export function syncTree(folder: string): void {
  for (const entry of fileSystem().readdirSync(folder, { withFileTypes: true })) {
    const path = paths().join(folder, entry.name);
    if (entry.isDirectory()) syncTree(path);
    else if (entry.isFile()) syncFile(path);
  }
  syncFolder(folder);
}

/** Makes what was written to a file last over a power cut. @throws the system's error */
function syncFile(path: string): void {
  const files = fileSystem();
  const file = files.openSync(path, process.platform === 'win32' ? 'r+' : 'r');
  try {
    sync(file);
  } finally {
    files.closeSync(file);
  }
}

/** Makes the names in a folder last. A system that does not open folders, as Windows, does it by itself. */
function syncFolder(path: string): void {
  const files = fileSystem();
  let folder: number;
  try {
    folder = files.openSync(path, 'r');
  } catch (error) {
    if (NO_SYNC.has((error as NodeJS.ErrnoException).code ?? '')) return;
    throw error;
  }
  try {
    sync(folder);
  } finally {
    files.closeSync(folder);
  }
}

function sync(file: number): void {
  try {
    fileSystem().fsyncSync(file);
  } catch (error) {
    if (!NO_SYNC.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** Where a path leads: into a device, a pipe or an open descriptor, or to a file, which may be there. */
type Target =
  | { readonly way: 'through'; readonly path: string; readonly descriptor?: number }
  | { readonly way: 'whole'; readonly path: string; readonly folder: string; readonly replaced: Stats | undefined };

/** @throws if it leads to a directory, in a circle, or to a file that may not be written */
function targetOf(path: string): Target {
  const files = fileSystem();
  const { dirname, isAbsolute, sep } = paths();
  let at = path;
  for (let links = 0; ; links++) {
    const descriptor = ownDescriptor(at);
    if (descriptor !== undefined) return { way: 'through', path, descriptor };
    if (files.lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink() !== true) break;
    if (links === MAX_LINKS) throw systemError('ELOOP', 'its links lead in a circle');
    const link = files.readlinkSync(at);
    at = isAbsolute(link) ? link : `${dirname(at)}/${link}`;
  }
  const found = files.statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() || path.endsWith('/') || path.endsWith(sep)) {
    throw systemError('EISDIR', `it is a directory, expected a file, open '${path}'`);
  }
  if (found !== undefined && !found.isFile()) return { way: 'through', path };
  if (found !== undefined) files.accessSync(at, files.constants.W_OK);
  return { way: 'whole', path: at, folder: dirname(at), replaced: found };
}

/** The number of the descriptor of this process that a path names, as `/dev/fd/3` does. */
function ownDescriptor(path: string): number | undefined {
  const { basename, dirname } = paths();
  if (!/^\d+$/.test(basename(path))) return undefined;
  try {
    const folder = fileSystem().realpathSync(dirname(path));
    return ['/dev/fd', `/proc/${process.pid}/fd`].includes(folder) ? Number(basename(path)) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A new file beside a target, under a name that no other has. It is short, since a target's may be as long as names can be, and it
 * says whose it is.
 */
function openTemporary({ path, folder }: Target & { way: 'whole' }): { readonly path: string; readonly file: number } {
  const { basename, join } = paths();
  const begin = [...basename(path)].slice(0, 16).join('');
  const temporary = join(folder, `${begin}.${crypto.randomUUID().slice(0, 8)}${TEMPORARY}`);
  try {
    return { path: temporary, file: fileSystem().openSync(temporary, 'wx') };
  } catch (error) {
    throw named(error, temporary, path);
  }
}

/** Gives a new file the owner, where that is allowed, and the permissions of the one that it replaces. */
function keepRights(file: number, { uid, gid, mode }: Stats): void {
  const files = fileSystem();
  const own = files.fstatSync(file);
  if (own.uid !== uid || own.gid !== gid) {
    try {
      files.fchownSync(file, uid, gid);
    } catch {
      // Only root gives files away.
    }
  }
  files.fchmodSync(file, mode & 0o7777);
}

function writeThrough(target: Target & { way: 'through' }, parts: Iterable<Uint8Array>): void {
  const files = fileSystem();
  const { O_APPEND, O_NOCTTY = 0, O_NONBLOCK = 0, O_WRONLY } = files.constants;
  let file = target.descriptor;
  try {
    // A FIFO that nobody reads would be waited for without a word.
    file ??= files.openSync(target.path, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
    throw systemError('ENXIO', 'nobody reads it; start its reader first');
  }
  try {
    for (const part of parts) naming(target.path, () => writeAll(file, part));
  } finally {
    if (file !== target.descriptor) files.closeSync(file);
  }
}

function partsOf(content: string | Uint8Array | Iterable<Uint8Array>): Iterable<Uint8Array> {
  if (typeof content === 'string') return [new TextEncoder().encode(content)];
  return content instanceof Uint8Array ? [content] : content;
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

/** An error as Node gives it. */
function systemError(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}

/** What writes into an open file, of which Node's errors do not say which it is. */
function naming(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    if (error instanceof Error && 'code' in error) error.message += ` '${path}'`;
    throw error;
  }
}

/** The error with the name that the caller knows in place of the temporary one. */
function named(error: unknown, temporary: string, path: string): unknown {
  if (error instanceof Error) error.message = error.message.replaceAll(temporary, path);
  return error;
}
