import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import { isTemporary, makeFolder, writeWholeFile } from '../../../src/files.ts';
import { parseJson } from '../../../src/json.ts';
import { isPlainPath } from '../jobFolder.ts';

/** Folders of a job by name. */
export type Folders = Readonly<Record<string, string>>;

/** Bytes that folders may have. */
export interface PackingLimits {
  /** Compressed: Redis takes 512 MiB for one value. */
  readonly packed: number;
  /** As files: what Node writes and compresses at a time. */
  readonly files: number;
}

const MiB = 2 ** 20;

export const packingLimits: PackingLimits = { packed: 500 * MiB, files: 2047 * MiB };

/** The table of contents: bytes by path, by the folder's name. */
const contentsSchema = z.record(z.string(), z.record(z.string(), z.int().nonnegative()));

/** Files, levels of folders, characters of a name, and bytes of the table of contents, at most. */
const [MOST_FILES, DEEPEST, LONGEST_NAME, LONGEST_TABLE] = [10_000, 16, 200, 4 * MiB];

/** What cannot be packed or unpacked: the text follows on its name, "has more files". */
export class PackingError extends Error {
  override readonly name = 'PackingError';
}

/**
 * Every file below some folders, compressed: the length of a table of contents as a 32-bit number, the table as JSON,
 * `{ folder's name: { path: bytes } }`, and the files in that order.
 * @throws PackingError if they are too large
 */
export async function packFolders(folders: Folders, limits = packingLimits): Promise<Buffer> {
  const files = Object.entries(folders).flatMap(([name, folder]) =>
    pathsBelow(folder).map((path) => ({ name, path: path.split(sep).join('/'), from: join(folder, path) })),
  );
  const size = files.reduce((sum, { from }) => sum + statSync(from).size, 0);
  if (size > limits.files) throw tooLarge('has files of', size, limits.files);
  const contents: Record<string, Record<string, number>> = {};
  const parts = files.map(({ name, path, from }) => {
    const bytes = readFileSync(from);
    contents[name] ??= {};
    contents[name][path] = bytes.length;
    return bytes;
  });
  const table = Buffer.from(JSON.stringify(contents));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(table.length);
  const packed = await promisify(gzip)(Buffer.concat([length, table, ...parts]));
  if (packed.length > limits.packed) throw tooLarge('has files of, packed,', packed.length, limits.packed);
  return packed;
}

function pathsBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => !isTemporary(path) && statSync(join(folder, path)).isFile(),
  );
}

/**
 * Writes what {@link packFolders} has packed, each file whole, `last` after all others.
 * @throws if it is no such thing, is too large, or a path leads out of its folder; nothing is written then
 */
export async function unpackFolders(
  packed: Uint8Array,
  folders: Folders,
  last?: string,
  limits = packingLimits,
): Promise<void> {
  const files = await readPacked(packed, limits);
  for (const { path } of files) checkPath(path);
  const paths = new Set(files.map(({ name, path }) => `${name}/${path}`));
  for (const path of paths) {
    const parents = path.split('/').map((_, i, parts) => parts.slice(0, i).join('/'));
    const file = parents.find((parent) => paths.has(parent));
    if (file !== undefined) throw new PackingError(`holds ${file} as a file and as a folder`);
  }
  for (const { name, path, bytes } of files.sort((a, b) => Number(a.path === last) - Number(b.path === last))) {
    const folder = folders[name];
    if (folder === undefined) continue;
    const to = join(folder, path);
    makeFolder(dirname(to));
    writeWholeFile(to, bytes);
  }
}

/** The files, checked to be what the table of contents says. */
async function readPacked(
  packed: Uint8Array,
  limits: PackingLimits,
): Promise<{ readonly name: string; readonly path: string; readonly bytes: Uint8Array }[]> {
  if (packed.length > limits.packed) throw tooLarge('has', packed.length, limits.packed);
  let all: Buffer;
  try {
    // Decompression ends where it gives more, whatever the bytes say of their size.
    all = await promisify(gunzip)(packed, { maxOutputLength: limits.files + LONGEST_TABLE });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge('has, unpacked,', undefined, limits.files);
    throw new PackingError(`cannot be unpacked: ${(error as Error).message}`);
  }
  const length = all.length < 4 ? Number.NaN : all.readUInt32LE();
  if (!(length <= LONGEST_TABLE && 4 + length <= all.length)) throw misfit();
  const entries = Object.entries(readTable(all.toString('utf8', 4, 4 + length))).flatMap(([name, files]) =>
    Object.entries(files).map(([path, bytes]) => ({ name, path, bytes })),
  );
  if (entries.length > MOST_FILES) throw new PackingError(`has ${entries.length} files, more than ${MOST_FILES}`);
  let at = 4 + length;
  if (entries.reduce((sum, { bytes }) => sum + bytes, at) !== all.length) throw misfit();
  return entries.map(({ name, path, bytes }) => {
    at += bytes;
    return { name, path, bytes: all.subarray(at - bytes, at) };
  });
}

function readTable(text: string): z.infer<typeof contentsSchema> {
  try {
    return contentsSchema.parse(parseJson(text));
  } catch {
    throw misfit();
  }
}

function misfit(): PackingError {
  return new PackingError('has a table of contents that does not fit');
}

function checkPath(path: string): void {
  const parts = path.split('/');
  if (parts.length <= DEEPEST && isPlainPath(path) && parts.every((part) => part.length <= LONGEST_NAME)) return;
  throw new PackingError(`holds '${path}', expected files by names of letters, digits, '.', '_', '-'`);
}

function tooLarge(what: string, size: number | undefined, limit: number): PackingError {
  const shown = (bytes: number) => `${(bytes / MiB).toFixed(bytes < MiB ? 3 : 0)} MiB`;
  const has = size === undefined ? what : `${what} ${shown(size)},`;
  return new PackingError(`${has} more than the ${shown(limit)} that a queue takes`);
}
