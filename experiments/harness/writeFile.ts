import { renameSync, rmSync, writeFileSync } from 'node:fs';
import stringify from 'json-stringify-pretty-compact';

/** Writes under a temporary name and renames: a reader sees the old file or the new one, never a part. */
export function writeFile(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, content);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** {@link writeFile} for JSON, indented, with a final newline. */
export function writeJson(path: string, value: unknown): void {
  writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** {@link writeJson} with what fits on a line of 120 characters on one line. */
export function writeCompactJson(path: string, value: unknown): void {
  writeFile(path, `${stringify(value, { maxLength: 120 })}\n`);
}
