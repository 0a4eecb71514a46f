import * as tf from '@tensorflow/tfjs-core';
import type { Data } from './graph/value.ts';
import type { Slot, Storage } from './runtime/runtime.ts';
import { asData, type CpuData, cpuBackend, pointVariable } from './tfjs.ts';

type VariableType = 'float32' | 'int32' | 'bool';

/**
 * The variables of a module, their values side by side in one array, so that a compiled function moves one buffer instead of
 * one for each variable. The array is double: a run reads one half and writes the other, then they change roles.
 *
 * Each variable is pointed at data that copies its part out when someone looks. Assigning to a variable points it away from
 * the pack; {@link refresh} takes the new value in.
 */
export class Pack {
  readonly dtype: VariableType;
  readonly variables: readonly tf.Variable[];
  readonly offsets: readonly number[];
  readonly size: number;
  /** Counts the changes of the values. */
  version = 0;
  /** Whether someone may look at the data of a variable, or a variable at other data, since the last run. */
  isTouched = true;
  readonly #slots: readonly [Slot, Slot];
  #current: 0 | 1 = 0;
  readonly #ids: object[] = [];
  readonly #parts: PackedData[] = [];

  constructor(variables: readonly tf.Variable[], dtype: VariableType, storage: Storage) {
    this.dtype = dtype;
    this.variables = variables;
    const offsets: number[] = [];
    let size = 0;
    for (const variable of variables) {
      offsets.push(size);
      size += variable.size;
    }
    this.offsets = offsets;
    this.size = size;
    this.#slots = [storage.allocate(dtype, size), storage.allocate(dtype, size)];
  }

  /** Where the values are. */
  get current(): Slot {
    return this.#slots[this.#current];
  }

  /** Where the values after the next run go. */
  get next(): Slot {
    return this.#slots[1 - this.#current]!;
  }

  /** The values as they are. */
  get values(): Data {
    return this.current.data;
  }

  /** Takes in what was assigned to the variables since the last run, and points them at the pack. */
  refresh(): void {
    if (!this.isTouched) return;
    for (let i = 0; i < this.variables.length; i++) {
      const variable = this.variables[i]!;
      const id = this.#ids[i];
      if (variable.dataId === id && this.#isHeld(i)) continue;
      if (!variable.isDisposed) this.#takeIn(i, variable, id);
    }
    this.isTouched = this.#parts.some((part) => part.refCount > 1);
  }

  /** Makes what the last run wrote the current values. */
  commit(): void {
    if (this.isTouched) {
      for (let i = 0; i < this.#parts.length; i++) {
        // A clone or another variable shares the data, and keeps the old values.
        if (this.#parts[i]!.refCount > 1) {
          this.#freeze(i);
          this.#point(i);
        }
      }
      this.isTouched = false;
    }
    this.#current = this.#current === 0 ? 1 : 0;
    this.version++;
  }

  /** A copy of the values of variable `index`. */
  copyOf(index: number): Data {
    const begin = this.offsets[index]!;
    return this.values.slice(begin, begin + this.variables[index]!.size);
  }

  #takeIn(index: number, variable: tf.Variable, id: object | undefined): void {
    // Data that has only been moved to another backend has the values that the pack has.
    if (variable.dataId !== id) {
      // Clones of the variable may still look at what it held.
      if (this.#isHeld(index)) this.#freeze(index);
      const values = asData(tf.engine().readSync(variable.dataId), this.dtype);
      (this.values as Float32Array).set(values as Float32Array, this.offsets[index]!);
    }
    this.#point(index);
  }

  /** Whether the data that variable `index` was pointed at is there and still ours; moved to another backend and back it is a copy. */
  #isHeld(index: number): boolean {
    const id = this.#ids[index];
    const { data } = cpuBackend();
    return id !== undefined && data.has(id) && data.get(id) === this.#parts[index];
  }

  #point(index: number): void {
    const variable = this.variables[index]!;
    const cpu = cpuBackend();
    const id = cpu.write(undefined as unknown as tf.BackendValues, variable.shape, this.dtype);
    const part = new PackedData(this, index);
    cpu.data.set(id, part);
    this.#ids[index] = id;
    this.#parts[index] = part;
    pointVariable(variable, id, cpu);
  }

  /** Leaves the present values to whoever holds the data of variable `index`. */
  #freeze(index: number): void {
    const { refCount, dtype, values } = this.#parts[index]!;
    cpuBackend().data.set(this.#ids[index]!, { values, dtype, refCount });
  }
}

/**
 * What tfjs-cpu finds behind a packed variable: a copy of its part, made when it is read and kept until it changes. That a tensor
 * begins or ceases to share it, as when the variable is assigned or moved to another backend, is told to the pack.
 */
class PackedData implements CpuData {
  readonly dtype: VariableType;
  readonly #pack: Pack;
  readonly #index: number;
  #refCount = 1;
  #version = -1;
  #copy: tf.BackendValues | undefined;

  constructor(pack: Pack, index: number) {
    this.dtype = pack.dtype;
    this.#pack = pack;
    this.#index = index;
  }

  get refCount(): number {
    return this.#refCount;
  }

  set refCount(count: number) {
    this.#refCount = count;
    this.#pack.isTouched = true;
  }

  get values(): tf.BackendValues | undefined {
    if (this.#version !== this.#pack.version) {
      this.#copy = this.#pack.copyOf(this.#index) as tf.BackendValues;
      this.#version = this.#pack.version;
    }
    return this.#copy;
  }
}

const packs = new WeakMap<tf.Variable, { readonly pack: Pack; readonly index: number }>();
const groups = new WeakMap<tf.Variable, readonly tf.Variable[]>();

/**
 * Asks that these variables lie side by side, in this order, when they are packed: an optimizer's parameters, so that its
 * vectors match theirs. Variables that belong to a group already stay there.
 */
export function groupVariables(variables: readonly tf.Variable[]): void {
  const group = variables.filter((variable) => !groups.has(variable));
  for (const variable of group) groups.set(variable, group);
}

/** The pack of a variable, made of its group where it has none yet. */
function packOf(variable: tf.Variable, storage: Storage): { readonly pack: Pack; readonly index: number } {
  const known = packs.get(variable);
  if (known !== undefined) return known;
  const group = (groups.get(variable) ?? [variable]).filter(
    (other) => !packs.has(other) && !other.isDisposed && other.dtype === variable.dtype,
  );
  const pack = new Pack(group, variable.dtype as VariableType, storage);
  group.forEach((other, index) => {
    packs.set(other, { pack, index });
  });
  pack.refresh();
  return packs.get(variable)!;
}

/** The packs of the variables, each once; new ones in `storage`. */
export function packsOf(variables: readonly tf.Variable[], storage: Storage): Pack[] {
  return [...new Set(variables.map((variable) => packOf(variable, storage).pack))];
}
