import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { resolve } from 'node:path';

/**
 * One call of the file system that changes something or makes it last, as it was made: in the order of all processes of a program.
 * Contents are in base64.
 */
export type FileCall =
  | { readonly call: 'open'; readonly file: string; readonly path: string; readonly flags: string }
  | { readonly call: 'write'; readonly file: string; readonly content: string }
  | { readonly call: 'fsync'; readonly file: string }
  | { readonly call: 'writeFile' | 'appendFile'; readonly path: string; readonly content: string }
  | { readonly call: 'truncate'; readonly path: string; readonly length: number }
  | { readonly call: 'rename'; readonly path: string; readonly to: string }
  | { readonly call: 'mkdir' | 'rm'; readonly path: string };

/** Where the calls go, a line of JSON each. Set, this module records them for the process that it is imported into before all else. */
export const RECORD = 'OXBOW_TEST_RECORD';

const record = process.env[RECORD];
if (record !== undefined) recordInto(record);

function recordInto(record: string): void {
  const append = fs.appendFileSync;
  // Node's own functions call each other: what counts is what the program has called.
  let depth = 0;
  const after = <Arguments extends unknown[], Result>(
    name: string,
    describe: (args: Arguments, result: Result) => FileCall | undefined,
  ) => {
    const functions = fs as unknown as Record<string, (...args: unknown[]) => unknown>;
    const original = functions[name]!;
    functions[name] = (...args) => {
      depth++;
      try {
        const result = original.apply(fs, args);
        const call = depth === 1 ? describe(args as Arguments, result as Result) : undefined;
        if (call !== undefined) append(record, `${JSON.stringify(call)}\n`);
        return result;
      } finally {
        depth--;
      }
    };
  };
  const fileOf = (descriptor: number) => `${process.pid}:${descriptor}`;
  const path = (value: string) => resolve(String(value));
  after('openSync', ([at, flags = 'r']: [string, string | number], descriptor: number) =>
    typeof flags === 'string' ? { call: 'open', file: fileOf(descriptor), path: path(at), flags } : undefined,
  );
  after('writeSync', ([file, data, offset = 0]: [number, Uint8Array, number?], written: number) => ({
    call: 'write',
    file: fileOf(file),
    content: encode(data.subarray(offset, offset + written)),
  }));
  after('fsyncSync', ([file]: [number]) => ({ call: 'fsync', file: fileOf(file) }));
  after('writeFileSync', ([at, data]: [string, string | Uint8Array]) => ({
    call: 'writeFile',
    path: path(at),
    content: encode(data),
  }));
  after('appendFileSync', ([at, data]: [string, string | Uint8Array]) => ({
    call: 'appendFile',
    path: path(at),
    content: encode(data),
  }));
  after('truncateSync', ([at, length = 0]: [string, number?]) => ({ call: 'truncate', path: path(at), length }));
  after('renameSync', ([at, to]: [string, string]) => ({ call: 'rename', path: path(at), to: path(to) }));
  after('mkdirSync', ([at]: [string]) => ({ call: 'mkdir', path: path(at) }));
  for (const name of ['rmSync', 'rmdirSync', 'unlinkSync'])
    after(name, ([at]: [string]) => ({ call: 'rm', path: path(at) }));
  syncBuiltinESMExports();
}

function encode(data: string | Uint8Array): string {
  return Buffer.from(data as string).toString('base64');
}
