import type { Data, ElementType } from '../graph/value.ts';
import type { Slot } from '../runtime/runtime.ts';
import type { Heap } from './heap.ts';
import { ELEMENT_BYTES } from './view.ts';

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
