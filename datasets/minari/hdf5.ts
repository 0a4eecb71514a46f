import type * as H5 from 'h5wasm/node';

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

/** What HDF5 says went wrong, in one line: the innermost of the lines that it gives. */
export function hdf5Problem(error: unknown): string {
  const lines = String((error as Error)?.message ?? error).split('\n');
  const said = lines.flatMap((line) => /^ *#\d+: .*\(\): (.+)$/.exec(line)?.[1] ?? []);
  return said.at(-1) ?? lines[0]!;
}
