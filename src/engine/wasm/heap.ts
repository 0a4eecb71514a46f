import type { Data, ElementType } from '../graph/value.ts';
import type { Slot } from '../runtime/runtime.ts';
import { ELEMENT_BYTES } from './layout.ts';

const PAGE = 65_536;
/** Blocks are whole cache lines. */
const ALIGNMENT = 64;
/** A vector's load may reach beyond the last element of the last block. */
const SLACK = 64;
const INITIAL_PAGES = 64;
/** All that addresses of 32 bits reach. What threads share says how far it may grow. */
const MOST_PAGES = 65_536;

interface Gap {
  address: number;
  size: number;
}

/**
 * The one WebAssembly memory that all compiled functions share, so that variables stay where they are whichever function uses
 * them. Blocks that are freed are used again.
 */
export class Heap {
  readonly memory: WebAssembly.Memory;
  /** The pages to which the memory may grow, if threads share it. */
  readonly sharedPages: number | undefined;
  /** That of the memory, which takes longer to ask; another one after each growth. */
  buffer: ArrayBuffer;
  readonly #gaps: Gap[] = [{ address: ALIGNMENT, size: INITIAL_PAGES * PAGE - ALIGNMENT - SLACK }];

  /** @param isShared whether other threads use it, too */
  constructor(isShared = false) {
    this.sharedPages = isShared ? MOST_PAGES : undefined;
    this.memory = new WebAssembly.Memory(
      isShared ? { initial: INITIAL_PAGES, maximum: MOST_PAGES, shared: true } : { initial: INITIAL_PAGES },
    );
    this.buffer = this.memory.buffer;
  }

  /** A block of at least `bytes` bytes: its address. Its content is undefined. */
  allocate(bytes: number): number {
    const size = Math.max(1, Math.ceil(bytes / ALIGNMENT)) * ALIGNMENT;
    for (;;) {
      const index = this.#gaps.findIndex((gap) => gap.size >= size);
      const gap = this.#gaps[index];
      if (gap !== undefined) {
        const { address } = gap;
        gap.address += size;
        gap.size -= size;
        if (gap.size === 0) this.#gaps.splice(index, 1);
        return address;
      }
      this.#grow(size);
    }
  }

  /** Gives a block back. */
  free(address: number, bytes: number): void {
    const size = Math.max(1, Math.ceil(bytes / ALIGNMENT)) * ALIGNMENT;
    const at = this.#gaps.findIndex((gap) => gap.address > address);
    const index = at < 0 ? this.#gaps.length : at;
    this.#gaps.splice(index, 0, { address, size });
    for (const i of [index, index - 1]) {
      const [gap, next] = [this.#gaps[i], this.#gaps[i + 1]];
      if (gap === undefined || next === undefined || gap.address + gap.size !== next.address) continue;
      gap.size += next.size;
      this.#gaps.splice(i + 1, 1);
    }
  }

  /** Doubles the memory, or adds what is needed where that is more. */
  #grow(bytes: number): void {
    const before = this.buffer.byteLength;
    const pages = Math.max(before / PAGE, Math.ceil(bytes / PAGE) + 1);
    try {
      this.memory.grow(pages);
    } catch {
      throw new Error(`the WebAssembly memory cannot grow beyond ${before / 2 ** 20} MiB by ${bytes} bytes`);
    }
    this.buffer = this.memory.buffer;
    this.free(before - SLACK, pages * PAGE);
  }
}

const abandoned = new FinalizationRegistry(({ heap, address, bytes }: { heap: Heap; address: number; bytes: number }) =>
  heap.free(address, bytes),
);

/** Numbers in the heap: floats, or 32-bit integers, as which bools are masks. */
export class HeapSlot implements Slot {
  readonly heap: Heap;
  readonly address: number;
  readonly #isFloat: boolean;
  readonly #size: number;
  readonly #isOwner: boolean;
  #data: Float32Array | Int32Array;

  /** @param address where it is; by default in a block of its own, which is freed with the slot */
  constructor(heap: Heap, dtype: ElementType, size: number, address?: number) {
    this.heap = heap;
    this.#isFloat = dtype === 'float32';
    this.#size = size;
    this.#isOwner = address === undefined;
    const bytes = ELEMENT_BYTES * size;
    this.address = address ?? heap.allocate(bytes);
    this.#data = this.#make();
    if (!this.#isOwner) return;
    this.#data.fill(0);
    abandoned.register(this, { heap, address: this.address, bytes }, this);
  }

  /** The numbers. Growth of the heap empties earlier arrays, so that this is to be asked anew for each use. */
  get data(): Float32Array | Int32Array {
    if (this.#data.buffer !== this.heap.buffer) this.#data = this.#make();
    return this.#data;
  }

  write(source: Data): void {
    const { data } = this;
    if (source instanceof Uint8Array) for (let i = 0; i < source.length; i++) data[i] = source[i] === 0 ? 0 : -1;
    else if (source instanceof BigInt64Array) for (let i = 0; i < source.length; i++) data[i] = Number(source[i]);
    else data.set(source);
  }

  read(target: Data): void {
    const { data } = this;
    if (target instanceof Uint8Array) for (let i = 0; i < target.length; i++) target[i] = data[i] === 0 ? 0 : 1;
    else (target as Float32Array).set(data);
  }

  dispose(): void {
    if (this.#isOwner && abandoned.unregister(this)) this.heap.free(this.address, ELEMENT_BYTES * this.#size);
  }

  #make(): Float32Array | Int32Array {
    const { buffer } = this.heap;
    return new (this.#isFloat ? Float32Array : Int32Array)(buffer, this.address, this.#size);
  }
}
