import type { Metadata } from 'h5wasm/node';
import { nodeBuiltin } from '../../src/nodeBuiltin.ts';
import { shortened } from '../../src/options/describe.ts';
import { arrayOf, type Dtype, type NumberArray } from '../episode.ts';
import { type Hdf5, Hdf5File } from './hdf5.ts';

const MEBIBYTE = 2 ** 20;

/** Levels of groups: HDF5 allows any number, and links in circles. */
const MOST_LEVELS = 16;
/** Names that a small file may have; a larger one has one in so many bytes at the most: what has a name takes more. */
const [FEW_NAMES, BYTES_PER_NAME] = [1000, 128];
/** What an episode's packed columns may take when they are unpacked, and HDF5 itself, beside three times and once the file's size. */
const [UNPACKED_EPISODE, HDF5_MEMORY] = [16 * MEBIBYTE, 16 * MEBIBYTE];
/** What all packed columns together may unpack to: so much, and so many times the file's size. */
const [UNPACKED, RATIO] = [64 * MEBIBYTE, 128];
/** Bytes that are read at a time. */
const BLOCK = 2 * MEBIBYTE;

/** Filters that h5wasm has: gzip, shuffle, fletcher32, nbit, scaleoffset. */
const FILTERS = new Set([1, 2, 3, 5, 6]);

/** The types of numbers that are read, by their names in HDF5: how many bytes each has, and what holds it. */
const TYPES = {
  float32: [4, 'float32'],
  float64: [8, 'float64'],
  int8: [1, 'int32'],
  int16: [2, 'int32'],
  int32: [4, 'int32'],
  int64: [8, 'float64'],
  uint8: [1, 'uint8'],
  uint16: [2, 'int32'],
  uint32: [4, 'float64'],
  uint64: [8, 'float64'],
} as const satisfies Record<string, readonly [number, Dtype]>;
type NumberType = keyof typeof TYPES;

/** What a file says of a column before any of it is read. */
export interface Column {
  readonly path: string;
  readonly shape: readonly number[];
  /** What holds its numbers. */
  readonly dtype: Dtype;
  readonly type: NumberType;
  /** The rows of a chunk; undefined where it is not packed. */
  readonly chunkRows: number | undefined;
}

/**
 * Reads a file of HDF5's that may be somebody else's. Nothing is read before what the file says of it was compared with the file's size, and no
 * other file is opened: what takes much more memory or time than a file of this size should is refused.
 */
export class Hdf5Reader {
  readonly #file: Hdf5File;
  readonly #size: number;
  #names = 0;
  #read = 0;
  #unpacked = 0;
  #unpackedOfEpisode = 0;

  /** @throws one line, if it cannot be opened */
  constructor(hdf5: Hdf5, path: string) {
    this.#size = nodeBuiltin('node:fs').statSync(path).size;
    this.#file = new Hdf5File(hdf5, path, 'r', hdf5.Module.HEAPU8.length + HDF5_MEMORY + this.#size);
  }

  close(): void {
    this.#file.close();
  }

  /** The columns that are read from here on are those of another episode: one is in memory at a time. */
  startEpisode(): void {
    this.#unpackedOfEpisode = 0;
  }

  /** What a path leads to, by links within the file too; undefined if to nothing. */
  kind(path: string): 'group' | 'column' | undefined {
    const { Module } = this.#file.hdf5;
    const type = this.#file.call(() => Module.get_type(this.#file.id, path));
    if (type === Module.H5G_GROUP) return 'group';
    return type === Module.H5G_DATASET ? 'column' : undefined;
  }

  /** The names in a group. @throws one line, if it is none, or the file has more names than it has room for: its links are many ways to the same */
  names(group: string): string[] {
    const { Module } = this.#file.hdf5;
    const names = this.#file.call(() => Module.get_names(this.#file.id, group, false));
    this.#count(names.length);
    return names;
  }

  #count(names: number): void {
    this.#names += names;
    const most = FEW_NAMES + this.#size / BYTES_PER_NAME;
    if (this.#names > most)
      throw new Error(`has more names than a file of ${this.#size} bytes: its links lead in circles`);
  }

  /**
   * The paths of what is no group below a group, from there on.
   * @param isColumn what is known to be no group
   * @throws one line, if groups are nested deeper than 16 levels
   */
  leaves(group: string, isColumn: (path: string) => boolean, above: readonly string[] = []): string[][] {
    if (above.length === MOST_LEVELS)
      throw new Error(`${shortened(above.join('.'))}: has groups in more than ${MOST_LEVELS} levels`);
    return this.names([group, ...above].join('/')).flatMap((name) => {
      const path = [...above, name];
      if (isColumn(path.join('.'))) return [path];
      const isGroup = this.kind([group, ...path].join('/')) === 'group';
      return isGroup ? this.leaves(group, isColumn, path) : [path];
    });
  }

  /** An attribute that is one number; undefined if there is none, or it is none that JavaScript has. */
  attribute(path: string, name: string): number | undefined {
    const { Module } = this.#file.hdf5;
    const { id } = this.#file;
    const names = this.#file.call(() => Module.get_attribute_names(id, path));
    this.#count(names.length);
    if (!names.includes(name)) return undefined;
    const metadata = this.#file.call(() => Module.get_attribute_metadata(id, path, name));
    const type = numberType(metadata);
    if (type === undefined || metadata.shape === null || metadata.total_size !== 1) return undefined;
    const target = new Float64Array(1);
    this.#withMemory(8, (pointer) => {
      this.#file.call(() => Module.get_attribute_data(id, path, name, BigInt(pointer)));
      copyNumbers(target, 0, Module.HEAPU8.buffer as ArrayBuffer, pointer, 1, type);
    });
    const isExact = type.startsWith('float') ? Number.isFinite(target[0]) : Number.isSafeInteger(target[0]);
    return isExact ? target[0] : undefined;
  }

  /**
   * Undefined if there is none.
   * @throws one line, if it holds no numbers, or is packed in a way that is not read
   */
  column(path: string): Column | undefined {
    const { Module } = this.#file.hdf5;
    const { id } = this.#file;
    if (this.kind(path) !== 'column') return undefined;
    const metadata = this.#file.call(() => Module.get_dataset_metadata(id, path));
    const { shape, chunks, virtual_sources: sources } = metadata;
    if (sources !== undefined) {
      const named = sources[0]?.file_name ?? '.';
      throw new Error(
        named === '.'
          ? 'is a virtual column, expected all numbers in itself'
          : `it names another file, ${shortened(named)}, expected all numbers in itself`,
      );
    }
    const type = numberType(metadata);
    if (type === undefined || shape === null || shape.length === 0) {
      throw new Error('holds no numbers that are read, expected rows of float32, float64, integers or booleans');
    }
    const filters = chunks === null ? [] : this.#file.call(() => Module.get_dataset_filters(id, path));
    const unknown = filters.find((filter) => !FILTERS.has(filter.id));
    if (unknown !== undefined) {
      const name = unknown.name.replaceAll(/[^\w ;:.,-]/g, '') || 'a filter';
      throw new Error(
        `is packed by ${shortened(name)} (${unknown.id}), which is not read, expected gzip or none: h5repack -f NONE unpacks it`,
      );
    }
    return { path, shape, type, dtype: TYPES[type][1], chunkRows: filters.length === 0 ? undefined : chunks![0]! };
  }

  /** The numbers of a column. @throws one line, if it says that it is larger than its file can be, or has integers beyond ±2⁵³ */
  read({ path, shape, type, dtype, chunkRows }: Column): NumberArray {
    const { Module } = this.#file.hdf5;
    const [bytesPerNumber] = TYPES[type];
    const count = shape.reduce((product, n) => product * n, 1);
    this.#account(count, count * bytesPerNumber, chunkRows !== undefined);
    const target = arrayOf(dtype, count);
    if (count === 0) return target;
    const [rows, ...inner] = shape as [number, ...number[]];
    const width = count / rows;
    // Whole chunks: each is unpacked once.
    const least = chunkRows ?? 1;
    const most = Math.max(1, Math.floor(BLOCK / (width * bytesPerNumber * least))) * least;
    const step = Math.min(rows, most);
    this.#withMemory(step * width * bytesPerNumber, (pointer) => {
      for (let row = 0; row < rows; row += step) {
        const taken = Math.min(step, rows - row);
        const [counts, offsets, strides] = [
          [taken, ...inner].map(BigInt),
          [row, ...inner.map(() => 0)].map(BigInt),
          shape.map(() => 1n),
        ];
        this.#file.call(() => Module.get_dataset_data(this.#file.id, path, counts, offsets, strides, BigInt(pointer)));
        copyNumbers(target, row * width, Module.HEAPU8.buffer as ArrayBuffer, pointer, taken * width, type);
      }
    });
    return narrowed(target, type);
  }

  #account(count: number, bytes: number, isPacked: boolean): void {
    if (!isPacked) {
      // Each number takes its room in the file.
      this.#read += bytes;
      if (this.#read > this.#size)
        throw new Error(`says that it has ${bytes} bytes, more than the rest of the file of ${this.#size}`);
      return;
    }
    const own = Math.max(bytes, 8 * count);
    this.#unpackedOfEpisode += own;
    this.#unpacked += bytes;
    const isTooMuch =
      this.#unpackedOfEpisode > UNPACKED_EPISODE + 3 * this.#size || this.#unpacked > UNPACKED + RATIO * this.#size;
    if (!isTooMuch) return;
    throw new Error(
      `says that it has ${count} numbers, which is far more than a file of ${this.#size} bytes should: h5repack -f NONE unpacks it`,
    );
  }

  /** A place in HDF5's memory, while it is needed. */
  #withMemory(bytes: number, body: (pointer: number) => void): void {
    const { _malloc: allocate, _free: free } = this.#file.hdf5.Module;
    const pointer = this.#file.call(() => allocate(bytes));
    if (pointer === 0) throw new Error('takes far more memory than the file is large');
    try {
      body(pointer);
    } finally {
      free(pointer);
    }
  }
}

/** The type of numbers that a column or an attribute holds; h5py's booleans are an enumeration. Undefined if it holds none. */
function numberType({ type, size, signed, enum_type: enumeration }: Metadata): NumberType | undefined {
  const INTEGER = 0;
  const FLOAT = 1;
  const isInteger = type === INTEGER || enumeration?.type === INTEGER;
  if (!isInteger && type !== FLOAT) return undefined;
  const name = `${isInteger ? `${signed ? '' : 'u'}int` : 'float'}${8 * size}`;
  return Object.hasOwn(TYPES, name) ? (name as NumberType) : undefined;
}

const VIEWS = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
} as const;

/** Copies numbers from HDF5's memory. Integers beyond ±2⁵³ become others that are beyond it, too. */
function copyNumbers(
  target: NumberArray,
  at: number,
  memory: ArrayBuffer,
  pointer: number,
  count: number,
  type: NumberType,
): void {
  if (type !== 'int64' && type !== 'uint64') {
    target.set(new VIEWS[type](memory, pointer, count), at);
    return;
  }
  const low = new Uint32Array(memory, pointer, 2 * count);
  const high = type === 'int64' ? new Int32Array(memory, pointer, 2 * count) : low;
  for (let i = 0; i < count; i++) target[at + i] = high[2 * i + 1]! * 2 ** 32 + low[2 * i]!;
}

/** Integers of 64 bits as int32 where all of them are such. @throws one line, if JavaScript does not have one */
function narrowed(values: NumberArray, type: NumberType): NumberArray {
  if (type !== 'int64' && type !== 'uint64') return values;
  const beyond = values.findIndex((value) => !Number.isSafeInteger(value));
  if (beyond >= 0) throw new Error(`has the integer ${values[beyond]} at ${beyond}, expected ones within ±2⁵³`);
  return values.every((value) => value === (value | 0)) ? Int32Array.from(values) : values;
}
