import type * as Fflate from 'fflate';
import { nodeBuiltin } from '../../src/nodeBuiltin.ts';
import { shortened } from '../../src/options/describe.ts';
import { within } from '../dataset.ts';
import type { Dtype, NumberArray } from '../episode.ts';
import type { FlatColumn, FlatFile } from './flatDataset.ts';

const MEBIBYTE = 2 ** 20;
/** What all columns together may unpack to: so much, and so many times the file's size. */
const [UNPACKED, RATIO] = [64 * MEBIBYTE, 16];

const ENDING = '.npy';
/** Of zip's two ways: numbers as they are, and deflate. */
const METHODS = [0, 8];

/** The types of numbers that are read, by numpy's names: what views them, and what holds them. */
const TYPES = {
  '|b1': [Uint8Array, 'uint8'],
  '|u1': [Uint8Array, 'uint8'],
  '|i1': [Int8Array, 'int32'],
  '<i2': [Int16Array, 'int32'],
  '<u2': [Uint16Array, 'int32'],
  '<i4': [Int32Array, 'int32'],
  '<u4': [Uint32Array, 'float64'],
  '<i8': [BigInt64Array, 'float64'],
  '<u8': [BigUint64Array, 'float64'],
  '<f4': [Float32Array, 'float32'],
  '<f8': [Float64Array, 'float64'],
} as const satisfies Record<string, readonly [unknown, Dtype]>;

/** An array as a file of numpy's says it: its type, its axes, and where its numbers begin. */
interface Npy extends FlatColumn {
  readonly type: keyof typeof TYPES;
  readonly begin: number;
}

/** The arrays of a file `.npz`: a zip of numpy's arrays. All of them are unpacked when it is opened. */
export class NpzFile implements FlatFile {
  readonly columns: ReadonlyMap<string, FlatColumn | undefined>;
  readonly #arrays: ReadonlyMap<string, { readonly bytes: Uint8Array; readonly npy: Npy }>;

  /** @throws one line, if it is no zip, is cut or damaged, or unpacks to far more than it should */
  constructor({ unzipSync }: typeof Fflate, path: string) {
    const file = nodeBuiltin('node:fs').readFileSync(path);
    const most = UNPACKED + RATIO * file.length;
    let total = 0;
    const sizes = new Map<string, { readonly size: number; readonly originalSize: number }>();
    const check = ({ name, size, originalSize, compression }: Fflate.UnzipFileInfo): boolean => {
      if (!name.endsWith(ENDING)) return false;
      if (sizes.has(name)) throw new Error(`has ${shortened(name)} twice`);
      if (!METHODS.includes(compression)) throw new Error(`${shortened(name)}: is packed in a way that is not read`);
      total += originalSize;
      if (total > most || size > file.length) {
        throw new Error(
          `says that it unpacks to more than ${most} bytes, which is far more than a file of this size should`,
        );
      }
      sizes.set(name, { size, originalSize });
      return true;
    };
    const unpacked = within('cannot be unpacked', () => unzipSync(file, { filter: check }));
    const arrays = new Map<string, { bytes: Uint8Array; npy: Npy }>();
    const columns = new Map<string, FlatColumn | undefined>();
    for (const [name, packed] of Object.entries(unpacked)) {
      checkSum(file, name, packed, sizes.get(name)!);
      const key = name.slice(0, -ENDING.length);
      const npy = within(shortened(name), () => npyOf(packed));
      columns.set(key, npy);
      if (npy !== undefined) arrays.set(key, { bytes: packed, npy });
    }
    this.columns = columns;
    this.#arrays = arrays;
  }

  /** @throws one line, if it has integers beyond ±2⁵³ */
  read(name: string): NumberArray {
    const { bytes, npy } = this.#arrays.get(name)!;
    const [View, dtype] = TYPES[npy.type];
    const count = npy.shape.reduce((product, n) => product * n, 1);
    // A view of numbers begins at a multiple of their size.
    const numbers = bytes.slice(npy.begin, npy.begin + count * View.BYTES_PER_ELEMENT).buffer;
    const values = new View(numbers, 0, count);
    if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
      const result = Float64Array.from(values as Iterable<bigint>, Number);
      const beyond = result.findIndex((value) => !Number.isSafeInteger(value));
      if (beyond >= 0) throw new Error(`has the integer ${values[beyond]} at ${beyond}, expected ones within ±2⁵³`);
      return result;
    }
    if (values instanceof Int8Array || values instanceof Int16Array || values instanceof Uint16Array) {
      return Int32Array.from(values);
    }
    return dtype === 'float64' && values instanceof Uint32Array ? Float64Array.from(values) : (values as NumberArray);
  }

  close(): void {}
}

/**
 * That what was unpacked is what was packed: the zip's directory has a line with this sum, these sizes and a name of this length.
 * @throws one line
 */
function checkSum(
  file: Buffer,
  name: string,
  unpacked: Uint8Array,
  { size, originalSize }: { readonly size: number; readonly originalSize: number },
): void {
  const line = Buffer.alloc(14);
  line.writeUInt32LE(nodeBuiltin('node:zlib').crc32(unpacked), 0);
  line.writeUInt32LE(size, 4);
  line.writeUInt32LE(originalSize, 8);
  line.writeUInt16LE(Buffer.byteLength(name), 12);
  if (unpacked.length !== originalSize || file.lastIndexOf(line) < 0) {
    throw new Error(`${shortened(name)}: is damaged: its checksum does not fit`);
  }
}

/** What an array says of itself; undefined if it holds no numbers that are read. @throws one line, if it is damaged */
function npyOf(bytes: Uint8Array): Npy | undefined {
  const text = (from: number, to: number) => new TextDecoder('latin1').decode(bytes.subarray(from, to));
  if (bytes[0] !== 0x93 || text(1, 6) !== 'NUMPY') throw new Error('is no array of numpy');
  const isLong = bytes[6]! > 1;
  const from = isLong ? 12 : 10;
  if (bytes.length < from) throw new Error('is cut in its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const begin = from + (isLong ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = text(from, begin);
  const [, type] = /'descr': *'([^']*)'/.exec(header) ?? [];
  const [, order] = /'fortran_order': *(True|False)/.exec(header) ?? [];
  const [, axes] = /'shape': *\(([\d, ]*)\)/.exec(header) ?? [];
  if (begin > bytes.length || order === undefined || axes === undefined) throw new Error('its header is damaged');
  if (type === undefined || !Object.hasOwn(TYPES, type)) return undefined;
  const shape = axes.split(',').flatMap((axis) => (axis.trim() === '' ? [] : [Number(axis)]));
  const [View, dtype] = TYPES[type as keyof typeof TYPES];
  const expected = shape.reduce((product, n) => product * n, View.BYTES_PER_ELEMENT);
  if (bytes.length - begin !== expected) {
    throw new Error(`has ${bytes.length - begin} bytes of numbers, expected ${expected}: ${type} [${shape}]`);
  }
  if (order === 'True' && shape.filter((n) => n !== 1).length > 1) {
    throw new Error('is in the order of Fortran, expected rows one after another: np.ascontiguousarray');
  }
  return { type: type as keyof typeof TYPES, begin, shape, dtype };
}
