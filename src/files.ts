import { nodeBuiltin } from './nodeBuiltin.ts';
import { inTurns } from './turns.ts';

/**
 * Writes a file whole or not at all, also over a power cut: a temporary file beside it is flushed to the disk, then takes its name. A file
 * that is replaced keeps its permissions, and a link stays. Devices, pipes and `/dev/stdout` are written to as they are.
 *
 * @param content text, or parts that are written one after another
 * @param instead what to do in a browser, where there are no files
 * @throws the system's error, with its `code`; the old file is as it was then, and no temporary one stays
 */
export function writeWholeFile(path: string, content: string | Iterable<Uint8Array>, instead?: string): void {
  for (const _ of wholeFile(path, content, instead));
}

/**
 * {@link writeWholeFile} for long work: between parts what waits has its turn.
 * @throws the reason of the signal, if it ends the work; nothing stays of it then
 */
export async function writeWholeFileInTurns(
  path: string,
  signal: AbortSignal | undefined,
  parts: Iterable<Uint8Array>,
): Promise<void> {
  await inTurns(wholeFile(path, parts), signal);
}

function* wholeFile(path: string, content: string | Iterable<Uint8Array>, instead?: string): Generator<void> {
  const files = nodeBuiltin('node:fs', instead);
  const parts = typeof content === 'string' ? [new TextEncoder().encode(content)] : content;
  const found = files.statSync(path, { throwIfNoEntry: false });
  // The system says what is wrong with a folder's name.
  if (found?.isDirectory() || /[\\/]$/.test(path)) files.openSync(path, 'a');
  if (found !== undefined) files.accessSync(path, files.constants.W_OK);
  if (path === '/dev/stdout' || found?.isFile() === false) {
    const bytes = Buffer.concat([...parts]);
    // What waits for its reader is opened anew, since Node's own descriptor does not wait; a file or a socket cannot be.
    const waits = found?.isFIFO() || found?.isCharacterDevice();
    files.appendFileSync(path === '/dev/stdout' && !waits ? 1 : path, bytes);
    return;
  }
  const target = found === undefined ? path : files.realpathSync(path);
  yield* replace(target, path, function* (temporary) {
    const file = files.openSync(temporary, 'wx');
    try {
      if (found !== undefined) files.fchmodSync(file, found.mode & 0o7777);
      for (const part of parts) {
        // A disk that is nearly full takes less, and Node no more than 2 GiB.
        for (let at = 0; at < part.length; ) at += files.writeSync(file, part, at, Math.min(2 ** 28, part.length - at));
        yield;
      }
      files.fsyncSync(file);
    } finally {
      files.closeSync(file);
    }
  });
}

/** {@link writeWholeFile} for a call of users. @throws one line that begins with the owner, with the system's `code` */
export function writeFileOf(
  owner: string,
  path: string,
  content: string | Iterable<Uint8Array>,
  instead: string,
): void {
  try {
    writeWholeFile(path, content, instead);
  } catch (error) {
    const { message, code } = error as Error & { readonly code?: string };
    const problem = new Error(`${owner}: cannot write ${path}: ${message}`, { cause: error });
    throw code === undefined ? problem : Object.assign(problem, { code });
  }
}

/**
 * The bytes of a file.
 * @param where begins the error
 * @throws one line, if it cannot be read, or is no file
 */
export function readFileBytes(where: string, path: string): Uint8Array {
  const files = nodeBuiltin('node:fs', 'give the bytes of the file');
  try {
    // A pipe or a device might never end.
    if (!files.statSync(path).isFile()) throw new Error('it is no file');
    return files.readFileSync(path);
  } catch (error) {
    throw new Error(`${where} cannot be read: ${(error as Error).message}`);
  }
}

/**
 * Makes a folder whole or not at all: it gets its name when it is filled. Between the steps of that what waits has its turn.
 * @throws if it is there already; what `fill` throws; the reason of the signal, if it ends the work
 */
export async function writeWholeFolder(
  path: string,
  signal: AbortSignal | undefined,
  fill: (folder: string) => Generator<void>,
): Promise<void> {
  const files = nodeBuiltin('node:fs');
  const target = nodeBuiltin('node:path').resolve(path);
  if (files.existsSync(target)) throw new Error(`EEXIST: ${path} is there already, expected a new folder`);
  const steps = replace(target, path, function* (temporary) {
    files.mkdirSync(temporary, { recursive: true });
    yield* fill(temporary);
  });
  await inTurns(steps, signal);
}

/**
 * Has something made under a temporary name beside a path, which then takes its name. Nothing of it stays if that breaks off.
 * @throws errors that name the path as `shown`
 */
function* replace(path: string, shown: string, make: (temporary: string) => Generator<void>): Generator<void> {
  const files = nodeBuiltin('node:fs');
  const { dirname, join } = nodeBuiltin('node:path');
  const temporary = join(dirname(path), `.oxbow-${crypto.randomUUID().slice(0, 8)}.tmp`);
  let isMade = false;
  try {
    yield* make(temporary);
    files.renameSync(temporary, path);
    isMade = true;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    error.message = error.message.replaceAll(temporary, shown);
    // Node's errors of writing name no file.
    if ('code' in error && !error.message.includes(shown)) error.message += ` '${shown}'`;
    throw error;
  } finally {
    if (!isMade) files.rmSync(temporary, { recursive: true, force: true });
  }
  try {
    const folder = files.openSync(dirname(path), 'r');
    files.fsyncSync(folder);
    files.closeSync(folder);
  } catch {
    // A system that flushes no folders, as Windows, keeps the names in them by itself.
  }
}

/** Whether a name is of what a writer has begun. */
export const isTemporary = (name: string): boolean => name.endsWith('.tmp');

/** Removes what writers that were killed have begun below a folder. */
export function removeTemporaries(folder: string): void {
  const { readdirSync, rmSync } = nodeBuiltin('node:fs');
  const { join } = nodeBuiltin('node:path');
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const begun = entries.filter((entry) => entry.isFile() && isTemporary(entry.name));
  for (const { parentPath, name } of begun) rmSync(join(parentPath, name), { force: true });
}

/** What is wrong with what others may have stored at a path: a link leads elsewhere, a pipe never ends; undefined if nothing is. */
export function storedProblem(path: string): string | undefined {
  const { lstatSync, readdirSync } = nodeBuiltin('node:fs');
  const { join } = nodeBuiltin('node:path');
  const stat = (at: string) => lstatSync(at, { throwIfNoEntry: false });
  const below = stat(path)?.isDirectory() ? readdirSync(path, { recursive: true, encoding: 'utf8' }) : [];
  const paths = [path, ...below.map((name) => join(path, name))];
  const other = paths.find((at) => !(stat(at)?.isFile() ?? true) && !stat(at)?.isDirectory());
  return other && `${other} is a link or no file, expected files and folders alone: copy what it leads to`;
}
