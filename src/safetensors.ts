import type * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { fromBfloat16, fromFloat16 } from './engine/bytes.ts';
import { readFileBytes, writeFileOf } from './files.ts';
import { checkLevels, parseJson } from './json.ts';
import { Module, type StateDict } from './module.ts';
import { shortened } from './options/describe.ts';
import { checkArgument, parseOptions } from './options/parse.ts';

/** How a file holds numbers, little-endian. */
interface NumberFormat {
  /** Of one number. */
  readonly bytes: number;
  read(view: DataView, at: number): number;
}

const FORMATS: Readonly<Record<string, NumberFormat>> = {
  F64: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  F32: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  F16: { bytes: 2, read: (view, at) => fromFloat16(view.getUint16(at, true)) },
  BF16: { bytes: 2, read: (view, at) => fromBfloat16(view.getUint16(at, true)) },
  I64: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  I32: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  I16: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  I8: { bytes: 1, read: (view, at) => view.getInt8(at) },
  U64: { bytes: 8, read: (view, at) => Number(view.getBigUint64(at, true)) },
  U32: { bytes: 4, read: (view, at) => view.getUint32(at, true) },
  U16: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
  U8: { bytes: 1, read: (view, at) => view.getUint8(at) },
  BOOL: { bytes: 1, read: (view, at) => Number(view.getUint8(at) !== 0) },
};

/** How variables are written, by their types. */
const DTYPES: Readonly<Record<string, keyof typeof FORMATS>> = { float32: 'F32', int32: 'I32', bool: 'BOOL' };

/** Bytes before the header: its length. */
const PREFIX = 8;
/** What the format allows. */
const MOST_HEADER = 100_000_000;
const METADATA = '__metadata__';

const entrySchema = z.strictObject({
  dtype: z.enum(Object.keys(FORMATS) as [string, ...string[]]),
  shape: z.array(z.int().nonnegative()),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});
const metadataSchema = z.record(z.string(), z.string());

/**
 * The variables of a module as a safetensors file, which PyTorch, JAX and others read: each under its path, as `stateDict` names it, in its
 * shape and type (float32, int32 or bool). See https://github.com/huggingface/safetensors.
 *
 * A `Dense` has its kernel as `[inputs, outputs]`, the transpose of PyTorch's `weight`.
 *
 * @param file where to write it, in Node; it appears whole or not at all
 * @param metadata texts about it, by key
 * @returns the bytes of the file
 * @throws if it cannot be written
 */
export function saveSafetensors(
  module: Module,
  file?: string,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  checkArgument('saveSafetensors', 'module', module, Module);
  checkArgument('saveSafetensors', 'file', file, [String, undefined]);
  const about = parseOptions('saveSafetensors: metadata', metadataSchema, metadata);
  // Larger numbers first, so that each begins at a multiple of its size.
  const variables = [...module.namedVariables()]
    .map(([path, variable]) => ({ path, variable, dtype: DTYPES[variable.dtype]! }))
    .sort((a, b) => FORMATS[b.dtype]!.bytes - FORMATS[a.dtype]!.bytes);
  let end = 0;
  const entries = variables.map(({ path, variable: { shape, size }, dtype }) => {
    const begin = end;
    end += size * FORMATS[dtype]!.bytes;
    return [path, { dtype, shape, data_offsets: [begin, end] }] as const;
  });
  const described = Object.keys(about).length === 0 ? [] : [[METADATA, about] as const];
  const json = JSON.stringify(Object.fromEntries([...described, ...entries]));
  checkLevels(json);
  const header = new TextEncoder().encode(json);
  // Spaces, so that the numbers begin at a multiple of 8.
  const length = Math.ceil(header.length / PREFIX) * PREFIX;
  const bytes = new Uint8Array(PREFIX + length + end).fill(0x20, 0, PREFIX + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(header, PREFIX);
  let at = PREFIX + length;
  for (const { variable } of variables) {
    const data = variable.dataSync() as tf.TypedArray;
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  if (file !== undefined) writeFileOf('saveSafetensors', file, [bytes], 'take the returned bytes');
  return bytes;
}

/**
 * The tensors of a safetensors file by their names, as {@link Module.loadStateDict} takes them: floats as float32, 64-bit ones rounded.
 *
 * @param source a path, in Node, or the bytes of the file
 * @throws one line, if it cannot be read, is none, is damaged, or holds numbers of another type or too large for float32
 *
 * @example
 * network.loadStateDict(readSafetensors('network.safetensors'));
 */
export function readSafetensors(source: string | Uint8Array): StateDict {
  checkArgument('readSafetensors', 'source', source, [String, Uint8Array]);
  const where = typeof source === 'string' ? `readSafetensors: ${shortened(source)}` : 'readSafetensors';
  const bytes = typeof source === 'string' ? readFileBytes(where, source) : source;
  const header = headerOf(where, bytes);
  const { [METADATA]: about = {}, ...entries } = header.json;
  parseOptions(`${where}: ${METADATA}`, metadataSchema, about);
  const tensors = Object.entries(entries).map(([name, entry]) => {
    const label = `${where}: '${shortened(name).replaceAll(/\p{Cc}/gu, '\ufffd')}'`;
    return { name, label, ...parseOptions(label, entrySchema, entry) };
  });
  checkPlaces(where, tensors, bytes.length - header.end);
  return Object.fromEntries(
    tensors.map(({ name, label, dtype, shape, data_offsets: [begin, end] }) => {
      const { bytes: size, read } = FORMATS[dtype]!;
      const view = new DataView(bytes.buffer, bytes.byteOffset + header.end + begin, end - begin);
      const isFloat = dtype.includes('F');
      const values = new (isFloat ? Float32Array : Float64Array)((end - begin) / size);
      for (let i = 0; i < values.length; i++) {
        const value = read(view, i * size);
        values[i] = value;
        if (Number.isFinite(value) && !Number.isFinite(values[i])) {
          throw new Error(`${label}: ${value} is beyond what float32 holds`);
        }
      }
      // Integers beyond 2²⁴ are whole, too.
      return [name, { shape, values: values as Float32Array }];
    }),
  );
}

/** The JSON at the beginning, and where it ends. */
function headerOf(where: string, bytes: Uint8Array): { json: Readonly<Record<string, unknown>>; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < PREFIX) throw new Error(`${where} is no safetensors file: it has ${bytes.length} bytes`);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(Math.min(MOST_HEADER, bytes.length - PREFIX))) {
    throw new Error(
      `${where} is no safetensors file, or a part of one: a header of ${length} bytes in ${bytes.length}`,
    );
  }
  const end = PREFIX + Number(length);
  let json: unknown;
  try {
    json = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(PREFIX, end)));
  } catch (error) {
    throw new Error(`${where} is no safetensors file: its header: ${(error as Error).message}`);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new Error(`${where} is no safetensors file: its header is no object`);
  }
  return { json: json as Readonly<Record<string, unknown>>, end };
}

type Entry = z.output<typeof entrySchema> & { readonly label: string };

/** That tensors lie one behind another without gaps, each of as many bytes as its shape has. */
function checkPlaces(where: string, tensors: readonly Entry[], available: number): void {
  let end = 0;
  const places = [...tensors].sort(
    (a, b) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1],
  );
  for (const { label, dtype, shape, data_offsets: offsets } of places) {
    const size = shape.reduce((product, n) => product * n, FORMATS[dtype]!.bytes);
    if (offsets[0] !== end)
      throw new Error(`${label}: begins at ${offsets[0]}, expected ${end}, behind the one before`);
    if (offsets[1] - offsets[0] !== size) {
      throw new Error(
        `${label}: ${offsets[1] - offsets[0]} bytes, expected ${size} of ${dtype} [${shortened(String(shape))}]`,
      );
    }
    end = offsets[1];
  }
  if (end !== available) throw new Error(`${where}: ${available} bytes of numbers, expected ${end}`);
}
