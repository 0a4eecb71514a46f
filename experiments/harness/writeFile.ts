import { renameSync, rmSync, writeFileSync } from 'node:fs';

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
