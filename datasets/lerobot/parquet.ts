import type * as Reading from 'hyparquet';
import type * as Compressors from 'hyparquet-compressors';
import type * as Writing from 'hyparquet-writer';
import { nodeBuiltin } from '../../src/nodeBuiltin.ts';
import { shortened } from '../../src/options/describe.ts';
import { arrayOf, type Dtype, type NumberArray } from '../episode.ts';
import { type Chunk, ThriftReader, unpackPages } from './pages.ts';

/** The libraries for Parquet, where they are installed. */
export interface Parquet {
  readonly reading: typeof Reading;
  readonly writing: typeof Writing;
  readonly compressors: typeof Compressors;
}

/**
 * Loads the packages `hyparquet`, `hyparquet-writer` and `hyparquet-compressors`.
 * @throws one line, if one of them is not installed
 */
export async function loadParquet(): Promise<Parquet> {
  try {
    const [reading, writing, compressors] = await Promise.all([
      import('hyparquet'),
      import('hyparquet-writer'),
      import('hyparquet-compressors'),
    ]);
    return { reading, writing, compressors };
  } catch (error) {
    const said = (error as Error).message.split('\n')[0];
    throw new Error(
      `Parquet needs hyparquet: npm install hyparquet@1.31.5 hyparquet-writer@0.17.0 hyparquet-compressors@1.1.2 (${said})`,
    );
  }
}

const MEBIBYTE = 2 ** 20;
/** What is read of some files together may take: so much, and so many times their size. */
const [UNPACKED, RATIO] = [16 * MEBIBYTE, 32];
/** Values of a column in a group of rows: hyparquet takes some forty bytes for each. */
const MOST_VALUES = 2 ** 25;
/** Columns and their parts: to name them all takes as much as their square. */
const MOST_ELEMENTS = 4096;
/** What Parquet's files end with, and the bytes of the number before it: how many bytes their footer has. */
const MAGIC = 'PAR1';
const COUNT = 4;
/** A number takes so much at the most. */
const BYTES_PER_NUMBER = 8;

/** How much may still be unpacked of some files. */
export class Budget {
  readonly #most: number;
  #taken = 0;

  constructor(paths: readonly string[]) {
    const { statSync } = nodeBuiltin('node:fs');
    this.#most = UNPACKED + RATIO * paths.reduce((sum, path) => sum + statSync(path).size, 0);
  }

  /** @throws one line, if it is more than there is left */
  take(bytes: number): void {
    this.#taken += bytes;
    if (this.#taken > this.#most) {
      throw new Error(
        `says that it unpacks to more than ${this.#most} bytes, which is far more than a file of this size should`,
      );
    }
  }
}

/** A column of numbers or texts. */
interface Leaf {
  readonly path: readonly string[];
  readonly element: Reading.SchemaElement;
  readonly levels: Chunk['levels'];
  /** What holds its numbers; undefined where it has none that are read. */
  readonly dtype: Dtype | undefined;
}

/** A file of Parquet's that may be somebody else's. */
export class ParquetFile {
  readonly path: string;
  readonly rows: number;
  readonly #parquet: Parquet;
  readonly #budget: Budget;
  readonly #metadata: Reading.FileMetaData;
  readonly #leaves = new Map<string, Leaf>();
  readonly #size: number;

  /** @throws one line, if it cannot be read, or its footer is damaged */
  constructor(parquet: Parquet, path: string, budget: Budget) {
    this.path = path;
    this.#parquet = parquet;
    this.#budget = budget;
    this.#size = nodeBuiltin('node:fs').statSync(path).size;
    try {
      this.#metadata = this.#footer();
      this.rows = this.#rowsIn(this.#metadata);
      const { children } = parquet.reading.parquetSchema(this.#metadata);
      for (const child of children) {
        const leaf = leafOf(child);
        if (leaf !== undefined) this.#leaves.set(child.element.name, leaf);
      }
    } catch (error) {
      throw new Error(`${path}: ${(error as Error).message}`);
    }
  }

  #footer(): Reading.FileMetaData {
    const tail = MAGIC.length + COUNT;
    if (this.#size < tail + MAGIC.length) throw new Error('is no Parquet, or is cut');
    const end = this.#bytes(this.#size - tail, tail);
    if (new TextDecoder().decode(end.subarray(COUNT)) !== MAGIC) throw new Error('is no Parquet, or is cut');
    const length = new DataView(end.buffer).getUint32(0, true);
    if (length + tail > this.#size) throw new Error('its footer is damaged');
    const footer = this.#bytes(this.#size - tail - length, length + tail);
    try {
      new ThriftReader(footer).struct();
      const metadata = this.#parquet.reading.parquetMetadata(footer, { geoparquet: false });
      if (metadata.schema.length <= MOST_ELEMENTS) return metadata;
    } catch {
      throw new Error('its footer is damaged');
    }
    throw new Error(`has more than ${MOST_ELEMENTS} columns`);
  }

  #rowsIn({ num_rows, row_groups }: Reading.FileMetaData): number {
    const rows = Number(num_rows);
    const sum = row_groups.reduce((total, group) => total + count(group.num_rows), 0);
    if (sum !== rows) throw new Error(`has ${sum} rows in its groups, expected ${rows}`);
    return rows;
  }

  /** What holds the numbers of a column; undefined if it has none that are read. */
  dtype(name: string): Dtype | undefined {
    return this.#leaves.get(name)?.dtype;
  }

  /** The names of columns of texts. */
  get texts(): string[] {
    return [...this.#leaves].flatMap(([name, { element }]) => (element.type === 'BYTE_ARRAY' ? [name] : []));
  }

  /** The numbers of a column, `width` a row. @throws one line */
  numbers(name: string, width: number): Promise<NumberArray> {
    return this.#within(name, async () => {
      const leaf = this.#leaves.get(name);
      if (leaf?.dtype === undefined) throw new Error('is no column of numbers');
      this.#budget.take(this.rows * width * BYTES_PER_NUMBER);
      const target = arrayOf(leaf.dtype, this.rows * width);
      let [at, row] = [0, 0];
      const put = (value: unknown): void => {
        if (Array.isArray(value)) value.forEach(put);
        else target[at++] = numberOf(value, row);
      };
      for (const group of this.#metadata.row_groups) {
        for (const value of await this.#values(leaf, group, width)) {
          row += 1;
          put(value);
          if (at !== row * width)
            throw new Error(`row ${row - 1} has ${at - (row - 1) * width} numbers, expected ${width}`);
        }
      }
      if (row !== this.rows) throw new Error(`has ${row} rows, expected ${this.rows}`);
      return target;
    });
  }

  /** The texts of a column, one a row. @throws one line */
  text(name: string): Promise<string[]> {
    return this.#within(name, async () => {
      const all: string[] = [];
      for (const group of this.#metadata.row_groups) {
        for (const value of await this.#values(this.#leaves.get(name)!, group, 1)) all.push(String(value));
      }
      return all;
    });
  }

  async #within<T>(name: string, body: () => Promise<T>): Promise<T> {
    try {
      return await body();
    } catch (error) {
      throw new Error(`${this.path}: ${shortened(name)}: ${(error as Error).message.split('\n')[0]}`);
    }
  }

  /** What a column has in a row group, a value or a list a row. */
  async #values(leaf: Leaf, group: Reading.RowGroup, width: number): Promise<Reading.DecodedArray> {
    const { path, element, levels } = leaf;
    const column = group.columns.find(({ meta_data: said }) => said?.path_in_schema.join('\0') === path.join('\0'));
    const said = column?.meta_data;
    if (column === undefined || said === undefined) throw new Error('is not in every group of rows');
    const rows = count(group.num_rows);
    if (rows === 0) return [];
    if (said.type !== element.type || count(said.num_values) !== rows * width) {
      throw new Error(
        `has ${said.num_values} values of ${said.type} in ${rows} rows, expected ${rows * width} of ${element.type}`,
      );
    }
    if (rows * width > MOST_VALUES) {
      throw new Error(`has ${rows * width} values in a group of rows, expected ${MOST_VALUES} at most`);
    }
    const begin = count(said.dictionary_page_offset || said.data_page_offset);
    const packed = this.#bytes(begin, count(said.total_compressed_size));
    const chunk = { type: said.type, codec: said.codec, levels, count: rows * width };
    const pages = unpackPages(this.#parquet, packed, chunk, (bytes) => this.#budget.take(bytes));
    try {
      const scan = await this.#parquet.reading.parquetScan({
        file: { byteLength: this.#size, slice: (from, to) => packed.slice(from - begin, to! - begin).buffer },
        metadata: {
          ...this.#metadata,
          num_rows: group.num_rows,
          // hyparquet asks by this name for all pages, also for those that are not packed.
          row_groups: [{ ...group, columns: [{ ...column, meta_data: { ...said, codec: 'SNAPPY' } }] }],
        },
        compressors: { SNAPPY: ({ byteOffset }) => pages.get(byteOffset)! },
        useOffsetIndex: false,
      });
      return await scan.readColumn({ column: path[0]!, rowStart: 0, rowEnd: rows });
    } catch (error) {
      throw new Error(`is damaged (${(error as Error).message})`);
    }
  }

  #bytes(begin: number, length: number): Uint8Array<ArrayBuffer> {
    if (begin + length > this.#size) throw new Error('is cut');
    const { closeSync, openSync, readSync } = nodeBuiltin('node:fs');
    const bytes = new Uint8Array(length);
    const file = openSync(this.path, 'r');
    try {
      for (let at = 0; at < length; ) {
        const read = readSync(file, bytes, at, length - at, begin + at);
        if (read === 0) throw new Error('is cut');
        at += read;
      }
    } finally {
      closeSync(file);
    }
    return bytes;
  }
}

function count(value: bigint | number): number {
  const number = Number(value);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new Error(`has the size ${value} in its footer`);
}

function numberOf(value: unknown, row: number): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) return Number(value);
  throw new Error(`row ${row - 1} has ${value}, expected numbers${typeof value === 'bigint' ? ' within ±2⁵³' : ''}`);
}

/** The one column of values below a column, in lists or not; undefined if there are several. */
function leafOf(tree: Reading.SchemaTree): Leaf | undefined {
  const elements: Reading.SchemaElement[] = [];
  let at = tree;
  for (; ; at = at.children[0]!) {
    elements.push(at.element);
    if (at.children.length > 1) return undefined;
    if (at.children.length === 0) break;
  }
  const levels = [
    elements.filter(({ repetition_type }) => repetition_type === 'REPEATED').length,
    elements.filter(({ repetition_type }) => repetition_type !== 'REQUIRED').length,
  ] as const;
  return { path: at.path, element: at.element, levels, dtype: dtypeOf(at.element) };
}

function dtypeOf({ type, converted_type: converted, logical_type: logical }: Reading.SchemaElement): Dtype | undefined {
  if (converted !== undefined && !/^U?INT_/.test(converted)) return undefined;
  if (logical !== undefined && logical.type !== 'INTEGER') return undefined;
  switch (type) {
    case 'BOOLEAN':
      return 'uint8';
    case 'FLOAT':
      return 'float32';
    case 'DOUBLE':
    case 'INT64':
      return 'float64';
    case 'INT32': {
      const bits =
        logical?.type === 'INTEGER' && !logical.isSigned
          ? logical.bitWidth
          : Number(/^UINT_(\d+)/.exec(converted ?? '')?.[1]);
      return bits === 8 ? 'uint8' : bits === 32 ? 'float64' : 'int32';
    }
    default:
      return undefined;
  }
}
