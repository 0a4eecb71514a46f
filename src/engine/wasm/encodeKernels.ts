import { Code, encodeModule, type ModuleFunction } from './code.ts';
import type { Library } from './elementwise.ts';
import type { Kernel } from './kernel.ts';
import { type ScalarName, scalarFunction } from './math/scalar.ts';

/** Kernels as modules of at most `largest` bytes, as long as none has more by itself. */
export function encodeKernels(
  kernels: readonly Kernel[],
  { globals, largest, first = 0 }: { globals: number; largest: number; first?: number },
): Uint8Array<ArrayBuffer>[] {
  const module = encode(kernels, globals, first);
  if (module.length <= largest || kernels.length === 1) return [module];
  const half = kernels.length >> 1;
  return [
    ...encodeKernels(kernels.slice(0, half), { globals, largest, first }),
    ...encodeKernels(kernels.slice(half), { globals, largest, first: first + half }),
  ];
}

function encode(kernels: readonly Kernel[], globals: number, first: number): Uint8Array<ArrayBuffer> {
  const functions: ModuleFunction[] = [];
  const scalars = new Map<ScalarName, number>();
  const library: Library = {
    scalar(name) {
      let index = scalars.get(name);
      if (index === undefined) {
        index = kernels.length + 1 + scalars.size;
        scalars.set(name, index);
      }
      return index;
    },
  };
  kernels.forEach((kernel, i) => {
    const code = new Code();
    kernel.emit(code, library);
    functions.push({ name: `kernel${first + i}`, code });
  });
  const run = new Code(Array.from({ length: globals }, () => 'i32' as const));
  for (let i = 0; i < globals; i++) {
    run.get(i);
    run.setGlobal(i);
  }
  kernels.forEach((_, i) => {
    run.call(i);
  });
  functions.push({ name: 'run', code: run });
  for (const name of scalars.keys()) functions.push({ code: scalarFunction(name) });
  return encodeModule(functions, globals);
}
