import type { Rng } from '../random.ts';
import type { CompileOptions, Outputs, Tensors } from './compile.ts';
import { type Data, elementCount } from './graph/value.ts';
import type { InputSpec } from './signature.ts';
import type { TracedFunction } from './trace/trace.ts';
import { traceAlone } from './traceToOnnx.ts';
import { encodeKernels } from './wasm/encodeKernels.ts';
import { lower, type PlacedPort } from './wasm/lower.ts';

/** Where a tensor is in the memory of a {@link WasmProgram}, row by row, four bytes a number. */
interface PlacedTensor {
  readonly address: number;
  readonly size: number;
}

/** A function as a program of WebAssembly that needs nothing else: no TensorFlow.js, no engine. */
export interface WasmProgram {
  /** A module that imports its memory, `env.memory`, and exports `run`, which takes nothing. */
  readonly module: Uint8Array<ArrayBuffer>;
  /** How many pages of 64 KiB the memory has at least. */
  readonly pages: number;
  /** What is in memory before the first run: constants, the variables among them. */
  readonly data: readonly { readonly address: number; readonly bytes: Uint8Array }[];
  readonly inputs: Readonly<Record<string, PlacedTensor>>;
  readonly outputs: Readonly<Record<string, PlacedTensor>>;
  /** What is drawn before each run, in order; without an address the result does not depend on it. */
  readonly draws: readonly { readonly kind: 'normal' | 'uniform'; readonly size: number; readonly address?: number }[];
}

/** Where the program begins: no tensor is at the address 0. */
const FIRST = 64;
const PAGE = 65_536;
/** A vector's load may reach beyond the last element. */
const SLACK = 64;

/**
 * A function of float32 inputs of fixed shapes as a program of WebAssembly with the present values of its variables. It gives the bits of the
 * compiled function by the engine `wasm`.
 * @throws what a compiled call throws; if the function assigns to a variable, or an input or output is no float32
 */
export function traceToWasm<T extends Tensors, O extends Outputs>(
  fn: (inputs: T, rng: Rng) => O,
  inputs: { readonly [K in keyof T]: InputSpec },
  options: CompileOptions,
): WasmProgram {
  const where = `traceToWasm('${options.name}')`;
  const { outputs, draws } = traceAlone(where, fn as unknown as TracedFunction, inputs, options);
  let bytes = 0;
  const program = lower(outputs, {
    moving: new Set(),
    allocate(wanted) {
      bytes = wanted;
      return FIRST;
    },
  });
  const [module] = encodeKernels(program.kernels, { globals: 0, addresses: program.addresses, largest: Infinity });
  const drawn = new Map<number, PlacedPort>();
  const named = (ports: readonly PlacedPort[]): Record<string, PlacedTensor> =>
    Object.fromEntries(
      ports.flatMap((place): [string, PlacedTensor][] => {
        const { port, dtype, size, address } = place;
        if (port.kind === 'draw') {
          drawn.set(port.index, place);
          return [];
        }
        const name = 'name' in port ? port.name : '';
        if (dtype !== 'float32') throw new Error(`${where}: '${name}' is ${dtype}, expected float32`);
        return [[name, { address, size }]];
      }),
    );
  return {
    module: module!,
    pages: Math.ceil((FIRST + bytes + SLACK) / PAGE),
    data: program.constants.map(({ address, data }) => ({ address, bytes: inMemory(data) })),
    inputs: named(program.inputs),
    outputs: named(program.outputs),
    draws: draws.map(({ kind, shape }, index) => {
      const place = drawn.get(index);
      return { kind, size: elementCount(shape), ...(place && { address: place.address }) };
    }),
  };
}

/** Bools are masks, and integers have 32 bits. */
function inMemory(data: Data): Uint8Array {
  if (data instanceof Float32Array || data instanceof Int32Array) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  const words = Int32Array.from(data as Iterable<number | bigint>, (value) =>
    typeof value === 'bigint' ? Number(value) : value === 0 ? 0 : -1,
  );
  return new Uint8Array(words.buffer);
}
