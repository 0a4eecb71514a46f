import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import stringify from 'json-stringify-pretty-compact';
import type { z } from 'zod';
import { checkWritableFile, makeFolder, writeWholeFile } from '../../src/files.ts';
import { parseJson } from '../../src/json.ts';
import { InputError } from './errors.ts';

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Writes an object as JSON with a field more, `sha256`: the checksum of the others. */
export function writeCheckedJson(path: string, value: object): void {
  writeJson(path, { ...value, sha256: sha256(JSON.stringify(value)) });
}

/**
 * The object of a file by {@link writeCheckedJson}, or undefined if there is no such file.
 * @param advice what to do about a damaged file, as its error says it
 * @throws InputError that names the file if it is not as it was written, or never was by oxbow
 */
export function readCheckedJson<T>(path: string, schema: z.ZodType<T>, advice: string): T | undefined {
  const text = unlessMissing(path, () => readFileSync(path, 'utf8'));
  if (text === undefined) return undefined;
  const { sha256: sum, ...value } = parseObject(text);
  if (sum !== sha256(JSON.stringify(value))) {
    throw new InputError(`${path} is damaged or was edited: its checksum does not fit; ${advice}`);
  }
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return data;
  const { path: field, message } = error.issues[0]!;
  const where = field.length === 0 ? '' : `${field.join('.')}: `;
  throw new InputError(`${path} is not as oxbow writes it: ${where}${message}; ${advice}`);
}

/** What is read of a file, undefined if there is none. @throws InputError if it cannot be read */
export function unlessMissing<T>(path: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new InputError(`cannot read ${path}: ${message}`);
  }
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return { ...(parseJson(text) as object) };
  } catch {
    return {};
  }
}

/** {@link writeWholeFile} for JSON, indented, with a final newline. */
export function writeJson(path: string, value: unknown): void {
  writeWholeFile(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** {@link writeJson} with what fits on a line of 120 characters on one line. */
export function writeCompactJson(path: string, value: unknown): void {
  writeWholeFile(path, `${stringify(value, { maxLength: 120 })}\n`);
}

/**
 * That a file can be written, or files into a folder, which need not be there: said before the work. Leaves nothing behind.
 * @throws InputError that names the option, if not
 */
export function checkWritable(option: string, what: 'file' | 'folder', path: string): void {
  if (path.trim() === '') throw new InputError(`${option}: got "", expected a ${what}`);
  writeNamed(option, what === 'file' ? path : `into ${path}`, () =>
    what === 'file' ? checkWritableFile(path) : checkFolder(path),
  );
}

function checkFolder(path: string): void {
  const made = makeFolder(path);
  try {
    checkWritableFile(join(path, 'a-file'));
  } finally {
    if (made !== undefined) rmSync(made, { recursive: true, force: true });
  }
}

/** Writes what an option names. @throws InputError that says which option and path, if it cannot be written */
export function writeNamed(option: string, path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw new InputError(`${option}: cannot write ${path}: ${(error as Error).message}`);
  }
}
