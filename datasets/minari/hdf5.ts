import type * as H5 from 'h5wasm/node';
import { nodeModule } from '../nodeModule.ts';

/** The HDF5 library, where it is installed. */
export type Hdf5 = typeof H5;

let loading: Promise<Hdf5> | undefined;

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
  let hdf5: Hdf5;
  try {
    hdf5 = await import('h5wasm/node');
  } catch (error) {
    const said = (error as Error).message.split('\n')[0];
    throw new Error(`Minari's format needs h5wasm: npm install h5wasm@0.10.3 (${said})`);
  }
  const module = await hdf5.ready;
  // It prints what goes wrong otherwise, and goes on.
  module.activate_throwing_error_handler();
  return hdf5;
}

/** Of the flags by which a file is opened: that it must be new, and that it must be a folder, as HDF5 looks into for filters. */
const [EXCLUSIVE, FOLDER] = [0o200, 0o200000];

/**
 * Reads a file of HDF5's that may be somebody else's: by links, virtual columns and columns in raw files beside it, such a file may name any
 * other, which HDF5 then opens. Here it opens none.
 * @throws one line, if the file names another
 */
export function readAlone<T>({ FS }: Hdf5, path: string, body: () => T): T {
  const { resolve } = nodeModule('node:path');
  const files = FS as unknown as FileSystem;
  const { open } = files;
  let other: string | undefined;
  files.open = (name, flags, ...mode) => {
    // What HDF5 makes anew is its own, as the text of an error.
    const isOwn = resolve(name) === resolve(path) || (Number(flags) & (EXCLUSIVE | FOLDER)) !== 0;
    if (isOwn) return open(name, flags, ...mode);
    other ??= name;
    return open(NOWHERE, flags, ...mode);
  };
  try {
    const result = body();
    if (other === undefined) return result;
  } catch (error) {
    if (other === undefined) throw error;
  } finally {
    files.open = open;
  }
  throw new Error(`it names another file, ${other}, expected all numbers in itself`);
}

/** No file has this path. */
const NOWHERE = '/dev/null/other';

/** Where HDF5 opens files. */
interface FileSystem {
  open(name: string, flags: unknown, ...mode: unknown[]): unknown;
}

/** What HDF5 says went wrong, in one line: the innermost of the lines that it gives. */
export function hdf5Problem(error: unknown): string {
  const lines = String((error as Error)?.message ?? error).split('\n');
  const said = lines.flatMap((line) => /^ *#\d+: .*\(\): (.+)$/.exec(line)?.[1] ?? []);
  return said.at(-1) ?? lines[0]!;
}
