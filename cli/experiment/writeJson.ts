import stringify from 'json-stringify-pretty-compact';
import { type WriteOptions, writeWholeFile } from '../../src/files.ts';

/** {@link writeWholeFile} for JSON, indented, with a final newline. */
export function writeJson(path: string, value: unknown, options?: WriteOptions): void {
  writeWholeFile(path, `${JSON.stringify(value, null, 2)}\n`, options);
}

/** {@link writeJson} with what fits on a line of 120 characters on one line. */
export function writeCompactJson(path: string, value: unknown, options?: WriteOptions): void {
  writeWholeFile(path, `${stringify(value, { maxLength: 120 })}\n`, options);
}
