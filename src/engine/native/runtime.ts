import type { Runtime } from '../runtime/runtime.ts';
import { type Calculator, heapRuntime, Modules } from '../wasm/executable.ts';
import { Heap } from '../wasm/heap.ts';
import type { Lowered } from '../wasm/lower.ts';
import type { Native } from './load.ts';
import { Words } from './words.ts';

interface NativeOptions {
  /** How many threads calculate together, the caller's among them. */
  readonly threads?: number;
  /** Whether WebAssembly runs the programs whose kernels are so short that it takes less time; it has the same bits. */
  readonly isMixed?: boolean;
  /** Whether products add with one rounding, FMA: faster, with bits of their own, the same on every processor. */
  readonly isFused?: boolean;
}

/**
 * Nanoseconds of such work for each kernel from which the addon is faster, which reads what to do while it does it. Of 32 programs, acting and
 * PPO's steps of four policies at batches of 1 to 16, those below took 0.5 to 1.3 times as long by WebAssembly, those above 0.9 to 1.6 times.
 */
const LEAST_KERNEL = 200;

/**
 * Runs graphs by the addon, at the processor's full width: products, elementwise operations and what else a graph has, in the order of
 * operations of the WebAssembly engine, and so with its bits, whatever the number of threads.
 */
export function nativeRuntime(
  native: Native,
  { threads = 1, isMixed = false, isFused = false }: NativeOptions = {},
): Runtime {
  const heap = new Heap();
  const operations = new Map(native.operations.map((name, i) => [name, i]));
  const name = isFused ? 'native-fma' : 'native';
  const calculator = (lowered: Lowered): Calculator => {
    const { kernels, wideWork, addresses, faults } = lowered;
    if (isMixed && wideWork < LEAST_KERNEL * kernels.length) return new Modules(lowered, heap);
    const program = native.load(Words.program(kernels, operations, { addresses, faults }, isFused), threads);
    return { name, run: () => program(heap.buffer), kernel: (index) => () => program(heap.buffer, index) };
  };
  return heapRuntime({ name, heap, threads: 1, calculator });
}
