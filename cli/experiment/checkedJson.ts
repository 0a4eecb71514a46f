import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import type { WriteOptions } from '../../src/files.ts';
import { parseJson } from '../../src/json.ts';
import { InputError } from './inputError.ts';
import { writeJson } from './writeJson.ts';

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Writes an object as JSON with a field more, `sha256`: the checksum of the others. */
export function writeCheckedJson(path: string, value: object, options?: WriteOptions): void {
  writeJson(path, { ...value, sha256: sha256(JSON.stringify(value)) }, options);
}

/**
 * The object of a file by {@link writeCheckedJson}, or undefined if there is no such file.
 * @param advice what to do about a damaged file, as its error says it
 * @throws InputError that names the file if it is not as it was written, or never was by oxbow
 */
export function readCheckedJson<T>(path: string, schema: z.ZodType<T>, advice: string): T | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new InputError(`cannot read ${path}: ${message}`);
  }
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

function parseObject(text: string): Record<string, unknown> {
  try {
    return { ...(parseJson(text) as object) };
  } catch {
    return {};
  }
}
