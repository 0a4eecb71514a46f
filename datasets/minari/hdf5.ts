import type * as H5 from 'h5wasm/node';
import { nodeBuiltin } from '../../src/nodeBuiltin.ts';
import { shortened } from '../../src/options/describe.ts';

/** The HDF5 library, where it is installed. */
export type Hdf5 = typeof H5;

let loading: Promise<Hdf5> | undefined;
/** How often the library has been given up. */
let generation = 0;

/**
 * Loads the package `h5wasm`, once.
 * @throws one line, if it is not installed
 */
export function loadHdf5(): Promise<Hdf5> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load(): Promise<Hdf5> {
  const { error: print } = console;
  // The library keeps the function by which it prints; what it prints while it works for us is an error's.
  console.error = (...said: unknown[]) => {
    if (!isWorking) print(...said);
  };
  try {
    const hdf5: Hdf5 =
      generation === 0
        ? await import('h5wasm/node')
        : await import(/* @vite-ignore */ `${import.meta.resolve('h5wasm/node')}?${generation}`);
    await hdf5.ready;
    return hdf5;
  } catch (error) {
    const said = (error as Error).message.split('\n')[0];
    throw new Error(`HDF5 needs h5wasm: npm install h5wasm@0.10.3 (${said})`);
  } finally {
    console.error = print;
  }
}

/** Whether a call of {@link guarded} goes on. */
let isWorking = false;

/** Of the flags by which a file is opened: that it must be new, and that it must be a folder, as HDF5 looks into for filters. */
const [EXCLUSIVE, FOLDER] = [0o200, 0o200000];
/** No file has this path. */
const NOWHERE = '/dev/null/other';
const STDERR = 2;
/** Bytes of a page of WebAssembly's memory. */
const PAGE = 2 ** 16;

/** Where HDF5 opens files and prints. */
interface FileSystem {
  readonly streams: readonly unknown[];
  open(name: string, flags: unknown, ...mode: unknown[]): { readonly fd: number };
  write(stream: { readonly fd: number }, bytes: Uint8Array, offset: number, length: number, ...rest: unknown[]): number;
  close(stream: unknown): void;
}

/** What calls of HDF5 may do. */
interface Limits {
  /** The one file that they may open: by links, virtual columns and columns in raw files beside it, a file may name any other. */
  readonly path: string;
  /** How many bytes HDF5's memory may have in all. */
  readonly memory?: number;
  /** The file's streams, to which those are added that are opened. */
  readonly streams: unknown[];
}

/**
 * Calls HDF5, which prints what goes wrong and goes on. To throw in the midst of it would keep its files open.
 * @throws one line, if it has printed anything, the file names another, or more memory is needed
 */
function guarded<T>({ FS }: Hdf5, { path, memory = Infinity, streams }: Limits, call: () => T): T {
  const { resolve } = nodeBuiltin('node:path');
  const files = FS as unknown as FileSystem;
  const { open, write } = files;
  const { grow } = WebAssembly.Memory.prototype;
  let other: string | undefined;
  let isFull = false;
  let said = '';
  files.open = (name, flags, ...mode) => {
    const isOwn = resolve(name) === resolve(path);
    if (!isOwn && (Number(flags) & (EXCLUSIVE | FOLDER)) === 0) {
      other ??= name;
      return open(NOWHERE, flags, ...mode);
    }
    const stream = open(name, flags, ...mode);
    if (isOwn) streams.push(stream);
    return stream;
  };
  files.write = (stream, bytes, offset, length, ...rest) => {
    if (stream.fd !== STDERR) return write(stream, bytes, offset, length, ...rest);
    said += new TextDecoder().decode(bytes.slice(offset, offset + length));
    return length;
  };
  WebAssembly.Memory.prototype.grow = function (pages) {
    isFull = this.buffer.byteLength + pages * PAGE > memory;
    if (isFull) throw new RangeError('no more memory');
    return grow.call(this, pages);
  };
  isWorking = true;
  let result: { readonly value: T } | undefined;
  let thrown: unknown;
  try {
    result = { value: call() };
  } catch (error) {
    thrown = error;
  } finally {
    isWorking = false;
    files.open = open;
    files.write = write;
    WebAssembly.Memory.prototype.grow = grow;
  }
  if (other !== undefined) {
    throw new Error(`it names another file, ${shortened(other)}, expected all numbers in itself`);
  }
  if (isFull) throw new Error('takes far more memory than the file is large');
  if (said !== '') throw problemIn(said);
  if (result === undefined)
    throw new Error(`HDF5 cannot read it: ${String((thrown as Error)?.message ?? thrown).split('\n')[0]}`);
  return result.value;
}

/** Node's codes of what keeps a file from being written. */
const CODES: Readonly<Record<string, string>> = {
  'No space left on device': 'ENOSPC',
  'Quota exceeded': 'EDQUOT',
  'File too large': 'EFBIG',
  'I/O error': 'EIO',
};

/** What HDF5 says went wrong, in one line: the innermost of the lines of its first complaint. */
function problemIn(said: string): Error {
  const [complaint] = said.split(/(?<=\n)(?=HDF5-DIAG)/) as [string];
  const lines = complaint.split('\n');
  const problems = lines.flatMap((line) => /^ *#\d+: .*\(\): (.+)$/.exec(line)?.[1] ?? []);
  const problem = problems.at(-1) ?? lines[0]!;
  // The system's own word for it, where there is one.
  const system = /error message = '([^']+)'/.exec(complaint)?.[1];
  if (system === undefined) return new Error(shortened(problem));
  const code = CODES[system];
  return code === undefined
    ? new Error(system)
    : Object.assign(new Error(`${code}: ${system.toLowerCase()}`), { code });
}

/** An open file of HDF5's, which ends with {@link Hdf5File.close}. */
export class Hdf5File {
  readonly hdf5: Hdf5;
  readonly path: string;
  readonly #streams: unknown[] = [];
  readonly #memory: number;
  #id: bigint | undefined;

  /** @throws one line, if it cannot be opened */
  constructor(hdf5: Hdf5, path: string, mode: 'r' | 'w', memory = Infinity) {
    this.hdf5 = hdf5;
    this.path = path;
    this.#memory = memory;
    const { Module } = hdf5;
    try {
      this.#id = this.call(() =>
        // In the version of the format that h5py writes, too.
        mode === 'r'
          ? Module.open(path, Module.H5F_ACC_RDONLY, false, -1, -1)
          : Module.open(path, Module.H5F_ACC_TRUNC, false, Module.H5F_LIBVER_EARLIEST, Module.H5F_LIBVER_LATEST),
      );
    } catch (error) {
      this.#abandon();
      throw error;
    }
  }

  get id(): bigint {
    return this.#id!;
  }

  /** Calls of HDF5, within the limits of this file. @throws one line */
  call<T>(body: () => T): T {
    return guarded(this.hdf5, { path: this.path, memory: this.#memory, streams: this.#streams }, body);
  }

  /** @throws one line, if what was written does not fit on the disk */
  close(): void {
    if (this.#id === undefined) return;
    const id = this.#id;
    this.#id = undefined;
    try {
      // What is to be freed may need memory.
      guarded(this.hdf5, { path: this.path, streams: this.#streams }, () => this.hdf5.Module.close_file(id));
    } finally {
      this.#abandon();
    }
  }

  /** Closes what HDF5 has left open, as after a call that broke off. It would take another file for that one then, and is loaded anew. */
  #abandon(): void {
    const files = this.hdf5.FS as unknown as FileSystem;
    const left = this.#streams.filter((stream) => files.streams.includes(stream));
    this.#streams.length = 0;
    if (left.length === 0) return;
    for (const stream of left) files.close(stream);
    generation += 1;
    loading = undefined;
  }
}
