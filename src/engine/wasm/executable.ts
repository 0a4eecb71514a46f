import type { Port } from '../graph/value.ts';
import {
  costOf,
  type Executable,
  type GraphCost,
  type KernelProfile,
  type Program,
  type Runtime,
  type Slot,
} from '../runtime/runtime.ts';
import { encodeKernels } from './encodeKernels.ts';
import { Heap, HeapSlot } from './heap.ts';
import { type Lowered, lower, type PlacedPort } from './lower.ts';
import { Team } from './team.ts';

interface WasmRuntimeOptions {
  /** The bytes of a WebAssembly module beyond which a program becomes several. */
  readonly largestModule?: number;
  /** How many threads calculate together, this one among them. The bits are the same for every number. */
  readonly threads?: number;
}

/** What the programs of a runtime share. */
interface Shared {
  readonly name: string;
  readonly heap: Heap;
  /** Among how many threads kernels are divided. */
  readonly threads: number;
  /** Makes ready what calculates a program. */
  calculator(program: Lowered): Calculator;
}

/** What calculates a lowered program: its kernels, by modules or natively. */
export interface Calculator {
  /** The engine, by name. */
  readonly name: string;
  /** Runs all kernels. @param addresses of the moving tensors; they are in memory too */
  run(addresses: readonly number[]): void;
  /** A call that runs one kernel, with all its parts. */
  kernel(index: number): () => void;
  dispose?(): void;
}

/** Chromium compiles no larger module at once on a page's main thread. */
const LARGEST_MODULE = 8 * 2 ** 20;

/** Milliseconds of runs before kernels are timed. */
const WARM_UP = 200;

/** A program whose tensors are in a heap. */
class HeapExecutable implements Executable {
  readonly cost: GraphCost;
  readonly program: Lowered;
  readonly #name: string;
  readonly #heap: Heap;
  readonly #calculator: Calculator;
  /** Where others look for the addresses of moving inputs and outputs. */
  readonly #sharedAddresses: HeapSlot;
  readonly #faults: HeapSlot;
  /** Inputs and outputs in this program's own memory; of moving ones only those that were ever elsewhere. */
  readonly #slots = new Map<Port, HeapSlot>();
  readonly #places: ReadonlyMap<Port, PlacedPort>;
  /** The addresses of the moving inputs and outputs, in the order in which the calculator takes them. */
  readonly #addresses: number[];
  readonly #indexOf: ReadonlyMap<Port, number>;
  /** What has to be brought into memory before a run, and taken out after it. */
  readonly #before = new Map<Port, () => void>();
  readonly #after = new Map<Port, () => void>();

  constructor({ name, outputs, moving }: Program, { heap, threads, calculator }: Shared) {
    const program = lower(outputs, { threads, moving, allocate: (bytes) => heap.allocate(bytes) });
    this.program = program;
    this.#name = name;
    this.#heap = heap;
    this.#places = new Map([...program.inputs, ...program.outputs].map((place) => [place.port, place]));
    this.#indexOf = new Map(program.moving.map((port, i) => [port, i]));
    this.#addresses = program.moving.map(() => 0);
    for (const { address, data, dtype } of program.constants)
      new HeapSlot(heap, dtype, data.length, address).write(data);
    this.#faults = new HeapSlot(heap, 'int32', 2, program.faults);
    this.#faults.write(new Int32Array(2));
    this.#sharedAddresses = new HeapSlot(heap, 'int32', this.#addresses.length, program.addresses);
    this.#calculator = calculator(program);
    this.cost = { ...costOf(outputs), engine: this.#calculator.name, nodes: program.kernels.length };
  }

  input(port: Port): Slot | undefined {
    const place = this.#places.get(port);
    if (place === undefined) return undefined;
    const slot = this.#slot(place);
    if (place.dtype !== 'bool') return slot;
    // Bools are bytes outside and masks inside.
    const bytes = new Uint8Array(place.size);
    this.#before.set(port, () => slot.write(bytes));
    return { data: bytes };
  }

  output(port: Port): Slot {
    const place = this.#places.get(port)!;
    const slot = this.#slot(place);
    if (place.dtype !== 'bool') return slot;
    const bytes = new Uint8Array(place.size);
    this.#after.set(port, () => slot.read(bytes));
    return { data: bytes };
  }

  readFrom(port: Port, source: Slot): void {
    if (this.#point(port, source)) {
      if (this.#before.size > 0) this.#before.delete(port);
      return;
    }
    const place = this.#places.get(port);
    if (place === undefined) return;
    const slot = this.#slot(place);
    this.#point(port, slot);
    this.#before.set(port, () => slot.write(source.data));
  }

  writeTo(port: Port, target: Slot): void {
    if (this.#point(port, target)) {
      if (this.#after.size > 0) this.#after.delete(port);
      return;
    }
    const slot = this.#slot(this.#places.get(port)!);
    this.#point(port, slot);
    this.#after.set(port, () => slot.read(target.data));
  }

  run(): void {
    this.#calculate();
    if (this.#after.size > 0) for (const take of this.#after.values()) take();
  }

  profile(): KernelProfile[] {
    // Engines compile a function well only after it has run for a while.
    const warm = performance.now() + WARM_UP;
    do this.#calculate();
    while (performance.now() < warm);
    // Each in its turn, since the next ones may use the memory of what it reads; it gives the same as often as it is called.
    return this.program.kernels.map(({ label }, i) => ({
      label,
      ...this.program.traffic[i]!,
      microseconds: 1000 * timeOf(this.#calculator.kernel(i)),
    }));
  }

  #calculate(): void {
    if (this.#before.size > 0) for (const bring of this.#before.values()) bring();
    this.#sharedAddresses.data.set(this.#addresses);
    this.#calculator.run(this.#addresses);
    const faults = this.#faults.data;
    const bound = faults[0]!;
    if (bound !== 0) {
      faults[0] = 0;
      throw new Error(`compile('${this.#name}'): the index ${faults[1]} is not in [0, ${bound - 1})`);
    }
  }

  dispose(): void {
    this.#calculator.dispose?.();
    const { address, bytes } = this.program.block;
    this.#heap.free(address, bytes);
    for (const slot of this.#slots.values()) slot.dispose();
  }

  /** The slot of an input or output in this program's own memory. */
  #slot({ port, dtype, size, address }: PlacedPort): HeapSlot {
    let slot = this.#slots.get(port);
    if (slot === undefined) {
      slot = new HeapSlot(this.#heap, dtype, size, this.#indexOf.has(port) ? undefined : address);
      this.#slots.set(port, slot);
    }
    return slot;
  }

  /** Makes the module look for a moving input or output in a slot; false if it cannot. */
  #point(port: Port, slot: Slot): boolean {
    if (!(slot instanceof HeapSlot) || slot.heap !== this.#heap) return false;
    const index = this.#indexOf.get(port);
    if (index === undefined) return false;
    this.#addresses[index] = slot.address;
    return true;
  }
}

/** WebAssembly modules, run one after the other: each imports its memory and exports `run`, and kernel i as `kernel<i>`. */
export class Modules implements Calculator {
  readonly name = 'wasm';
  readonly run: (addresses: readonly number[]) => void;
  readonly #kernels: Lowered['kernels'];
  readonly #exports: Record<string, (part?: number) => void>;
  /** Those that help, and this program's number there, if a kernel has parts. */
  readonly #help: { readonly team: Team; readonly program: number } | undefined;

  constructor({ kernels, moving, addresses }: Lowered, heap: Heap, team?: Team, largest = LARGEST_MODULE) {
    const { memory, sharedPages } = heap;
    const modules = encodeKernels(kernels, { globals: moving.length, addresses, largest, sharedPages }).map(
      (module) => new WebAssembly.Module(module),
    );
    const env = { memory, share: (kernel: number, parts: number): void => this.#share(kernel, parts) };
    const instances = modules.map((module) => new WebAssembly.Instance(module, { env }).exports);
    const runs = instances.map(({ run }) => run as (...addresses: number[]) => void);
    this.#kernels = kernels;
    this.#exports = Object.assign({}, ...instances);
    const [only] = runs;
    const run = runs.length === 1 ? only! : (...at: number[]): void => runs.forEach((each) => each(...at));
    if (team === undefined || kernels.every(({ parts }) => parts === undefined)) {
      this.run = (at) => run(...at);
      return;
    }
    this.#help = { team, program: team.load(modules) };
    this.run = (at) => {
      team.begin();
      try {
        run(...at);
      } finally {
        team.end();
      }
    };
  }

  kernel(index: number): () => void {
    const call = this.#exports[`kernel${index}`]!;
    const { parts } = this.#kernels[index]!;
    if (parts === undefined) return call;
    return () => {
      for (let part = 0; part < parts; part++) call(part);
    };
  }

  dispose(): void {
    this.#help?.team.unload(this.#help.program);
  }

  /** All parts of a kernel. */
  #share(kernel: number, parts: number): void {
    const { team, program } = this.#help!;
    team.share(program, kernel, parts, this.#exports[`kernel${kernel}`]!);
  }
}

/** A runtime whose programs share a heap. */
export function heapRuntime(shared: Shared): Runtime {
  const { name, heap } = shared;
  return {
    name,
    load: (program) => new HeapExecutable(program, shared),
    // Masks are not what tfjs keeps of bools: these stay outside.
    allocate: (dtype, size) => (dtype === 'bool' ? { data: new Uint8Array(size) } : new HeapSlot(heap, dtype, size)),
  };
}

/** Runs graphs as WebAssembly modules of our own, in every Node and browser. */
export function wasmRuntime({ largestModule = LARGEST_MODULE, threads = 1 }: WasmRuntimeOptions = {}): Runtime {
  const heap = new Heap(threads > 1);
  const team = threads > 1 ? new Team(heap.memory, threads) : undefined;
  const calculator = (program: Lowered): Calculator => new Modules(program, heap, team, largestModule);
  return {
    ...heapRuntime({ name: 'wasm', heap, threads, calculator }),
    dispose: () => team?.stop(),
    ...(team !== undefined && { ready: () => team.ready() }),
  };
}

/** Milliseconds that a block of calls takes at least, so that the clock's grain does not matter. */
const BLOCK = 0.4;
const BLOCKS = 5;

/** Milliseconds of one call: the least over several blocks of calls. */
function timeOf(body: () => void): number {
  const block = (calls: number): number => {
    const begin = performance.now();
    for (let i = 0; i < calls; i++) body();
    return performance.now() - begin;
  };
  let calls = 1;
  while (block(calls) < BLOCK) calls *= 2;
  return Math.min(...Array.from({ length: BLOCKS }, () => block(calls))) / calls;
}
