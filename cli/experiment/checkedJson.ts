import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import stringify from 'json-stringify-pretty-compact';
import type { z } from 'zod';
import { writeWholeFile } from '../../src/files.ts';
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

/** Leaves everything as it was. @throws what {@link writeWholeFile} would, as far as it can be said before */
function checkWritableFile(path: string): void {
  const enough = new Error();
  const parts = (): never => {
    throw enough;
  };
  try {
    writeWholeFile(path, { [Symbol.iterator]: parts });
  } catch (error) {
    if (error !== enough) throw error;
  }
}

function checkFolder(path: string): void {
  const made = makeFolder(path);
  try {
    checkWritableFile(join(path, 'a-file'));
  } finally {
    if (made !== undefined) rmSync(made, { recursive: true, force: true });
  }
}

/** Makes a folder that a user names, and those above it. @returns the outermost one that was made, undefined if none was */
export function makeFolder(path: string): string | undefined {
  const folder = resolve(path);
  if (existsSync(folder)) return undefined;
  const outer = makeFolder(dirname(folder));
  try {
    // One by one: Node's recursive mkdir never returns below /proc.
    mkdirSync(folder);
  } catch (error) {
    // Another process may have been faster.
    if (existsSync(folder)) return outer;
    if (outer !== undefined) rmSync(outer, { recursive: true, force: true });
    throw error;
  }
  return outer ?? folder;
}

/** Writes what an option names. @throws InputError that says which option and path, if it cannot be written */
export function writeNamed(option: string, path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw new InputError(`${option}: cannot write ${path}: ${(error as Error).message}`);
  }
}
