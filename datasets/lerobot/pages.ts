import { nodeBuiltin } from '../../src/nodeBuiltin.ts';
import type { Parquet } from './parquet.ts';

/** What a struct of Thrift's says by the numbers of its fields. Lists and texts are passed over. */
interface Struct {
  readonly [field: number]: number | boolean | Struct | undefined;
}

/** Structs in structs: Parquet's have fewer. */
const MOST_LEVELS = 16;
const MOST_FIELDS = 2 ** 15;

/**
 * Reads Thrift's compact protocol, in which Parquet says what its bytes are. hyparquet makes room for as many entries as a list says that it has, before
 * it reads them: what this has read through has them.
 */
export class ThriftReader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** @throws one line, if it is none, or is cut */
  struct(levels = 0): Struct {
    if (levels === MOST_LEVELS) throw new Error('is nested too deep');
    const fields: Record<number, Struct[number]> = {};
    for (let field = 0; ; ) {
      const byte = this.#byte();
      const type = byte & 0xf;
      if (type === 0) return fields;
      field = byte >> 4 === 0 ? this.#signed() : field + (byte >> 4);
      if (!(field > 0 && field < MOST_FIELDS)) throw new Error('has a field by no number of Thrift’s');
      fields[field] = this.#value(type, levels);
    }
  }

  #value(type: number, levels: number): Struct[number] {
    switch (type) {
      case 1:
      case 2:
        return type === 1;
      case 3:
        return (this.#byte() << 24) >> 24;
      case 4:
      case 5:
      case 6:
        return this.#signed();
      case 7:
        this.#skip(8);
        return undefined;
      case 8:
        this.#skip(this.#unsigned());
        return undefined;
      case 9:
        this.#list(levels);
        return undefined;
      case 12:
        return this.struct(levels + 1);
      default:
        throw new Error('has a value of a type that Parquet does not use');
    }
  }

  #list(levels: number): void {
    const byte = this.#byte();
    const size = byte >> 4 === 0xf ? this.#unsigned() : byte >> 4;
    const type = byte & 0xf;
    // In a list a boolean is a byte.
    for (let i = 0; i < size; i++) this.#value(type === 1 || type === 2 ? 3 : type, levels);
  }

  #byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new Error('is cut');
    return byte;
  }

  #skip(bytes: number): void {
    this.at += bytes;
    if (this.at > this.#bytes.length) throw new Error('is cut');
  }

  #unsigned(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  #signed(): number {
    const value = this.#unsigned();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

/** A column of a row group. */
export interface Chunk {
  /** Parquet's name of the type of its values. */
  readonly type: string;
  readonly codec: string;
  /** The highest levels of repetition and definition. */
  readonly levels: readonly [repetition: number, definition: number];
  /** How many values it has. */
  readonly count: number;
}

/** Bytes of a value; texts have their lengths before them. */
const BYTES: Readonly<Record<string, number>> = {
  BOOLEAN: 1 / 8,
  INT32: 4,
  INT64: 8,
  FLOAT: 4,
  DOUBLE: 8,
  BYTE_ARRAY: 4,
};

/** Parquet's kinds of pages, and ways to encode values, by their numbers. */
const [DATA, DICTIONARY, DATA_V2] = [0, 2, 3];
const [PLAIN, PLAIN_DICTIONARY, RLE, RLE_DICTIONARY, BYTE_STREAM_SPLIT] = [0, 2, 3, 8, 9];

/** Values of a bit-packed run beyond those that there are: some writers end runs late. */
const PADDING = 512;

/**
 * Unpacks the pages of a column, each once what it says of itself was compared with its bytes: hyparquet takes counts and lengths of runs as they are
 * said, and some packed bytes keep its own unpacking of Snappy busy for ever.
 * @param take what is called with each number of bytes before they are unpacked
 * @returns the bytes of the values, with the levels before them in pages of Parquet's first version, by where the packed ones begin
 * @throws one line
 */
export function unpackPages(
  parquet: Parquet,
  bytes: Uint8Array,
  chunk: Chunk,
  take: (bytes: number) => void,
): Map<number, Uint8Array> {
  const pages = new Map<number, Uint8Array>();
  let [hasDictionary, count] = [false, 0];
  for (let at = 0; at < bytes.length; ) {
    const reader = new ThriftReader(bytes, at);
    const header = reader.struct();
    const [kind, unpacked, packed] = [header[1], size(header[2]), size(header[3])];
    at = reader.at;
    if (at + packed > bytes.length) throw new Error('is cut in a page');
    take(unpacked);
    const page = bytes.subarray(at, at + packed);
    const said = (header[kind === DATA ? 5 : kind === DICTIONARY ? 7 : 8] ?? {}) as Struct;
    const values = size(said[1]);
    if (kind === DICTIONARY) {
      if (values > chunk.count) throw new Error(`has a dictionary of ${values}, expected ${chunk.count} at most`);
      const content = unpack(parquet, chunk.codec, page, unpacked);
      checkRoom(content.length, values, chunk);
      pages.set(at, content);
      hasDictionary = true;
    } else if (kind === DATA || kind === DATA_V2) {
      count += values;
      if (count > chunk.count) throw new Error(`has more than the ${chunk.count} values that it says`);
      const encoding = size(said[kind === DATA ? 2 : 4]);
      if ((encoding === PLAIN_DICTIONARY || encoding === RLE_DICTIONARY) && !hasDictionary) {
        throw new Error('has no dictionary before the values that name places in it');
      }
      let levels = 0;
      if (kind === DATA_V2) {
        if (said[2] !== 0) throw new Error('has rows without a value');
        const lengths = [size(said[6]), size(said[5])] as const;
        for (const [i, highest] of chunk.levels.entries()) {
          if (highest > 0) checkRuns(page, levels, widthOf(highest), values);
          levels += lengths[i]!;
        }
        if (levels > Math.min(packed, unpacked)) throw new Error('is cut in a page');
      }
      const isPacked = kind === DATA || said[7] !== false;
      const content = isPacked
        ? unpack(parquet, chunk.codec, page.subarray(levels), unpacked - levels)
        : page.subarray(levels);
      const begin = kind === DATA ? checkLevels(content, chunk, values) : 0;
      checkValues(content, begin, encoding, values, chunk);
      pages.set(at + levels, content);
    } else throw new Error(`has a page of kind ${kind}, which is not read`);
    at += packed;
  }
  if (count !== chunk.count) throw new Error(`has ${count} values, expected ${chunk.count}`);
  return pages;
}

function size(value: Struct[number]): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error('has a page without its sizes');
}

/** @throws one line, if it is damaged, or packed otherwise */
function unpack(parquet: Parquet, codec: string, bytes: Uint8Array, unpacked: number): Uint8Array {
  const content = unpackAny(parquet, codec, bytes, unpacked);
  if (content.length === unpacked) return content;
  throw new Error(`unpacks to ${content.length} bytes, expected ${unpacked}`);
}

/** zlib of newer Node's. */
interface Zstd {
  zstdDecompressSync?(bytes: Uint8Array, options: { readonly maxOutputLength: number }): Uint8Array;
}

function unpackAny({ compressors }: Parquet, codec: string, bytes: Uint8Array, unpacked: number): Uint8Array {
  const { gunzipSync, zstdDecompressSync } = nodeBuiltin('node:zlib') as ReturnType<typeof nodeBuiltin<'node:zlib'>> &
    Zstd;
  const most = { maxOutputLength: Math.max(1, unpacked) };
  switch (codec) {
    case 'UNCOMPRESSED':
      return bytes;
    case 'SNAPPY':
      return compressors.compressors.SNAPPY!(bytes, unpacked);
    case 'GZIP':
      return gunzipSync(bytes, most);
    case 'ZSTD':
      // That of hyparquet-compressors writes on behind its room for minutes, if some bytes tell it to.
      if (zstdDecompressSync !== undefined) return zstdDecompressSync(bytes, most);
      throw new Error(`is packed by ZSTD, which needs Node 22.15 or later, this is ${process.version}`);
    default:
      throw new Error(`is packed by ${codec}, which is not read, expected SNAPPY, ZSTD, GZIP or none`);
  }
}

/** How many bits numbers up to the highest take. */
function widthOf(highest: number): number {
  return 32 - Math.clz32(highest);
}

/** That the levels before the values are as many. @returns where the values begin */
function checkLevels(page: Uint8Array, { levels }: Chunk, count: number): number {
  let at = 0;
  for (const highest of levels) {
    if (highest === 0) continue;
    if (at + 4 > page.length) throw new Error('is cut in a page');
    const length = new DataView(page.buffer, page.byteOffset + at, 4).getUint32(0, true);
    checkRuns(page, at + 4, widthOf(highest), count);
    at += 4 + length;
  }
  return at;
}

function checkValues(page: Uint8Array, begin: number, encoding: number, count: number, chunk: Chunk): void {
  if (encoding === PLAIN || encoding === BYTE_STREAM_SPLIT) checkRoom(page.length - begin, count, chunk);
  else if (encoding === RLE) checkRuns(page, begin + 4, 1, count);
  else if (encoding === PLAIN_DICTIONARY || encoding === RLE_DICTIONARY) {
    const width = page[begin];
    if (width === undefined || width > 32) throw new Error('is cut in a page');
    if (width > 0) checkRuns(page, begin + 1, width, count);
  } else
    throw new Error(
      `is encoded in a way that is not read (Parquet's number ${encoding}), expected PLAIN or a dictionary`,
    );
}

function checkRoom(bytes: number, count: number, { type }: Chunk): void {
  if (count * (BYTES[type] ?? Infinity) > bytes) throw new Error('has rows without a value, or is cut');
}

/** That runs of repeated or packed numbers are as long as there are numbers. */
function checkRuns(bytes: Uint8Array, begin: number, width: number, count: number): void {
  let at = begin;
  for (let seen = 0; seen < count; ) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 28) throw new Error('has rows without a value, or is cut');
      header |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    const isPacked = (header & 1) === 1;
    const length = (header >>> 1) * (isPacked ? 8 : 1);
    if (length > count - seen + (isPacked ? PADDING : 0)) throw new Error('has a run that is longer than its page');
    at += isPacked ? (length / 8) * width : Math.ceil(width / 8);
    seen += length;
  }
}
