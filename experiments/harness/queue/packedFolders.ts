import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { gunzipSync, gzipSync } from 'node:zlib';
import { isTemporary, makeFolder } from '../../../src/files.ts';
import { writeFile } from '../writeFile.ts';

/** Folders of a job by name. */
export type Folders = Readonly<Record<string, string>>;

/** Every file below some folders, compressed: `{ folder's name: { path: bytes } }`. */
export function packFolders(folders: Folders): Buffer {
  const packed = Object.entries(folders).map(([name, folder]) => [name, readFiles(folder)] as const);
  return gzipSync(serialize(Object.fromEntries(packed)));
}

function readFiles(folder: string): Record<string, Uint8Array> {
  if (!existsSync(folder)) return {};
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => !isTemporary(path) && statSync(join(folder, path)).isFile(),
  );
  return Object.fromEntries(paths.map((path) => [path.split(sep).join('/'), readFileSync(join(folder, path))]));
}

/**
 * Writes what {@link packFolders} has packed, each file whole, `last` after all others.
 * @throws if it is no such thing, or a path leads out of its folder; nothing is written then
 */
export function unpackFolders(packed: Buffer, folders: Folders, last?: string): void {
  const found = deserialize(gunzipSync(packed)) as Record<string, Record<string, Uint8Array>>;
  const files = Object.entries(folders).flatMap(([name, folder]) =>
    Object.entries(found[name] ?? {}).map(([path, bytes]) => {
      if (path.split('/').some((part) => !/^[\w-][\w.-]*$/.test(part)) || !(bytes instanceof Uint8Array)) {
        throw new Error(`a packed folder holds '${path}', expected files by names of letters, digits, '.', '_', '-'`);
      }
      return { path, to: join(folder, path), bytes };
    }),
  );
  for (const { to, bytes } of files.sort((a, b) => Number(a.path === last) - Number(b.path === last))) {
    makeFolder(dirname(to));
    writeFile(to, bytes);
  }
}
