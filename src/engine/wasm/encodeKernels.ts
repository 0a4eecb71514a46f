import { Code, encodeModule, type ModuleFunction } from './code.ts';
import type { Library } from './elementwise.ts';
import type { Kernel } from './kernel.ts';
import { ELEMENT_BYTES } from './layout.ts';
import { type ScalarName, scalarFunction } from './math/scalar.ts';

interface EncodingOptions {
  /** How many moving tensors there are; their addresses are global variables. */
  readonly globals: number;
  /** Where kernels that have parts find these addresses: other threads do not call `run`, which sets the variables. */
  readonly addresses: number;
  /** Bytes of a module. */
  readonly largest: number;
  /** The pages to which the memory may grow, if threads share it. */
  readonly sharedPages?: number | undefined;
}

/**
 * Kernels as modules of at most `largest` bytes, as long as none has more by itself. What has parts is not called by `run` itself, but by
 * the function `share` that the module imports then: it takes the number of the kernel and how many parts it has.
 */
export function encodeKernels(
  kernels: readonly Kernel[],
  options: EncodingOptions,
  first = 0,
): Uint8Array<ArrayBuffer>[] {
  const module = encode(kernels, options, first);
  if (module.length <= options.largest || kernels.length === 1) return [module];
  const half = kernels.length >> 1;
  return [
    ...encodeKernels(kernels.slice(0, half), options, first),
    ...encodeKernels(kernels.slice(half), options, first + half),
  ];
}

function encode(
  kernels: readonly Kernel[],
  { globals, addresses, sharedPages }: EncodingOptions,
  first: number,
): Uint8Array<ArrayBuffer> {
  const functions: ModuleFunction[] = [];
  const scalars = new Map<ScalarName, number>();
  const imported = kernels.some(({ parts }) => parts !== undefined) ? 'share' : undefined;
  const own = imported === undefined ? 0 : 1;
  const library: Library = {
    scalar(name) {
      let index = scalars.get(name);
      if (index === undefined) {
        index = own + kernels.length + 1 + scalars.size;
        scalars.set(name, index);
      }
      return index;
    },
  };
  kernels.forEach((kernel, i) => {
    const code = new Code(kernel.parts === undefined ? [] : ['i32']);
    if (kernel.parts !== undefined) {
      for (const { global } of new Set([...kernel.reads, ...kernel.writes])) {
        if (global === undefined) continue;
        code.i32(0);
        code.memory('i32.load', addresses + ELEMENT_BYTES * global);
        code.setGlobal(global);
      }
    }
    kernel.emit(code, library);
    functions.push({ name: `kernel${first + i}`, code });
  });
  const run = new Code(Array.from({ length: globals }, () => 'i32' as const));
  for (let i = 0; i < globals; i++) {
    run.get(i);
    run.setGlobal(i);
  }
  kernels.forEach(({ parts }, i) => {
    if (parts === undefined) run.call(own + i);
    else {
      run.i32(first + i);
      run.i32(parts);
      run.call(0);
    }
  });
  functions.push({ name: 'run', code: run });
  for (const name of scalars.keys()) functions.push({ code: scalarFunction(name) });
  return encodeModule(functions, { globals, imported, sharedPages });
}
