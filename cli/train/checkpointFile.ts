import { createHash } from 'node:crypto';
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { writeWholeFile } from '../../src/files.ts';
import { type Policy, savePolicy } from '../../src/index.ts';
import { checkLevels, parseJson } from '../../src/json.ts';
import { unlessMissing } from '../experiment/checkedJson.ts';
import { InputError } from '../experiment/errors.ts';

/** The first bytes of a file, then the format's version and the header's length, both as a 32-bit number. */
const MAGIC = 'OXBOWCKP';
const VERSION = 1;
const PREFIX = MAGIC.length + 8;
const DIGEST = 32;

/** Bytes read at a time: Node takes no more than 2 GiB, and a replay may hold more. */
const CHUNK = 2 ** 28;

/**
 * Writes a state, plain values and typed arrays, as one file: a header of JSON, the arrays as their little-endian numbers, and the
 * SHA-256 of both, by {@link writeWholeFile}: a process that is killed at any moment, or a machine, leaves the file before or this one.
 */
export function writeCheckpoint(path: string, state: unknown): void {
  const { json, arrays } = encodeState(state);
  const layout = arrays.map(({ type, array }) => [type, array.length]);
  const text = JSON.stringify({ layout, state: json });
  checkLevels(text);
  const header = Buffer.from(text);
  const prefix = Buffer.alloc(PREFIX);
  prefix.write(MAGIC, 'latin1');
  prefix.writeUInt32LE(VERSION, MAGIC.length);
  prefix.writeUInt32LE(header.length, MAGIC.length + 4);
  writeWholeFile(path, withDigest([prefix, header, ...arrays.map(({ array }) => bytesOf(array))]));
}

/** Parts of a file, and the SHA-256 of them all as the last one. */
function* withDigest(parts: Iterable<Uint8Array>): Generator<Uint8Array> {
  const hash = createHash('sha256');
  for (const part of parts) {
    hash.update(part);
    yield part;
  }
  yield hash.digest();
}

/**
 * The state of {@link writeCheckpoint}, to the bit, or undefined if there is no such file. The file is data: nothing in it is run.
 * @throws InputError, one line, if it cannot be read, is cut off, was edited, or is no checkpoint of this version of the format
 */
export function readCheckpoint(path: string): unknown {
  const file = unlessMissing(path, () => openSync(path, 'r'));
  if (file === undefined) return undefined;
  try {
    return readState(path, file);
  } finally {
    closeSync(file);
  }
}

function readState(path: string, file: number): unknown {
  const found = fstatSync(file);
  if (!found.isFile()) throw new InputError(`${path} is no checkpoint of oxbow`);
  const { size } = found;
  const hash = createHash('sha256');
  const damaged = (how: string) => new InputError(`${path} is damaged or was edited: ${how}`);
  let left = size;
  const read = <T extends Uint8Array>(into: T): T => {
    if (into.byteLength > left) throw damaged(`it ends after ${size} bytes`);
    left -= into.byteLength;
    readAll(file, into);
    return into;
  };
  const prefix = read(Buffer.alloc(Math.min(PREFIX, size)));
  if (prefix.toString('latin1', 0, MAGIC.length) !== MAGIC) throw new InputError(`${path} is no checkpoint of oxbow`);
  if (prefix.length < PREFIX) throw damaged(`it ends after ${size} bytes`);
  const version = prefix.readUInt32LE(MAGIC.length);
  if (version !== VERSION) {
    throw new InputError(`${path} has version ${version} of the format, this oxbow reads version ${VERSION}`);
  }
  const headerLength = prefix.readUInt32LE(MAGIC.length + 4);
  if (headerLength > left) throw damaged(`it ends after ${size} bytes`);
  const header = read(Buffer.alloc(headerLength));
  hash.update(prefix).update(header);
  let layout: [string, number][];
  let json: unknown;
  try {
    ({ layout, state: json } = parseJson(header.toString()) as { layout: typeof layout; state: unknown });
    const bytes = layout.reduce((sum, [type, length]) => sum + length * makeArray(type, 0).BYTES_PER_ELEMENT, 0);
    if (!layout.every(([, length]) => Number.isSafeInteger(length) && length >= 0)) throw new Error('no layout');
    if (!(bytes <= left - DIGEST)) throw damaged(`it ends after ${size} bytes`);
  } catch (error) {
    throw error instanceof InputError ? error : damaged('its header cannot be read');
  }
  const arrays = layout.map(([type, length]) => {
    const array = makeArray(type, length);
    hash.update(read(bytesOf(array)));
    return array;
  });
  if (left !== DIGEST || !read(Buffer.alloc(DIGEST)).equals(hash.digest())) throw damaged('its checksum does not fit');
  try {
    return decodeState(json, arrays);
  } catch (error) {
    throw damaged((error as Error).message);
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: EncodedArray['array']): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function readAll(file: number, into: Uint8Array): void {
  for (let at = 0; at < into.length; ) {
    const count = readSync(file, into, at, Math.min(CHUNK, into.length - at), null);
    if (count === 0) throw new Error('the file became shorter while it was read');
    at += count;
  }
}

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
} as const;
type ArrayType = keyof typeof ARRAYS;
type TypedArray = InstanceType<(typeof ARRAYS)[ArrayType]>;

/** The numbers that JSON lacks. */
const NUMBERS = ['NaN', 'Infinity', '-Infinity', '-0'];

/** A typed array beside the JSON that names it by its place. */
interface EncodedArray {
  readonly type: string;
  readonly array: TypedArray;
}

/**
 * Parts a state into what JSON holds and its typed arrays, which the JSON names by their place: `{"$array": 3}`. Numbers that JSON
 * lacks are `{"$number": "NaN"}`, and an object that looks like one of these is `{"$object": {…}}`.
 * @throws if the state holds anything but plain values and typed arrays
 */
function encodeState(state: unknown): { json: unknown; arrays: EncodedArray[] } {
  const arrays: EncodedArray[] = [];
  const encode = (value: unknown): unknown => {
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number') {
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $number: Object.is(value, -0) ? '-0' : String(value) };
    }
    if (value === undefined) return { $undefined: true };
    if (Array.isArray(value)) return value.map(encode);
    if (ArrayBuffer.isView(value)) {
      const type = (Object.keys(ARRAYS) as ArrayType[]).find((name) => value.constructor === ARRAYS[name]);
      if (type === undefined) throw new Error(`a state holds no ${value.constructor.name}`);
      return { $array: arrays.push({ type, array: value as TypedArray }) - 1 };
    }
    const prototype = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
    if (prototype !== Object.prototype && prototype !== null) {
      throw new Error(`a state holds no ${typeof value === 'object' ? value.constructor.name : typeof value}`);
    }
    const object = Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, encode(entry)]));
    return isTagged(object) ? { $object: object } : object;
  };
  return { json: encode(state), arrays };
}

/** The state of {@link encodeState}. @throws if what stands for a number, an array or an object stands for none */
function decodeState(json: unknown, arrays: readonly TypedArray[]): unknown {
  if (Array.isArray(json)) return json.map((entry) => decodeState(entry, arrays));
  if (typeof json !== 'object' || json === null) return json;
  const entriesOf = (object: object) =>
    Object.fromEntries(Object.entries(object).map(([key, entry]) => [key, decodeState(entry, arrays)]));
  if (!isTagged(json)) return entriesOf(json);
  const [[tag, value]] = Object.entries(json) as [[string, unknown]];
  switch (tag) {
    case '$number':
      if (!NUMBERS.includes(value as string)) throw new Error(`no number is ${JSON.stringify(value)}`);
      return Number(value);
    case '$undefined':
      return undefined;
    case '$array':
      if (typeof value !== 'number' || arrays[value] === undefined) {
        throw new Error(`there is no array ${JSON.stringify(value)}`);
      }
      return arrays[value];
    default:
      if (typeof value !== 'object' || value === null) throw new Error(`no object is ${JSON.stringify(value)}`);
      return entriesOf(value);
  }
}

/** @throws if there is no such type */
function makeArray(type: string, length: number): TypedArray {
  if (!Object.hasOwn(ARRAYS, type)) throw new Error(`no type of arrays is ${type}`);
  return new ARRAYS[type as ArrayType](length);
}

function isTagged(object: object): boolean {
  const keys = Object.keys(object);
  return keys.length === 1 && ['$number', '$undefined', '$array', '$object'].includes(keys[0]!);
}

/** The folder of a job's snapshots, policies of its training as it went on, in the job's own. */
const FOLDER = 'snapshots';
const NAME = /^step-(\d+)\.json$/;

/** Whether a snapshot is due at a report: the first one at or behind each of `count` equal parts, after that of the step `before`. */
export function isSnapshotDue(
  { count, steps }: { readonly count: number | undefined; readonly steps: number },
  before: number,
  step: number,
): boolean {
  if (count === undefined) return false;
  const part = (at: number) => Math.floor((at * count) / steps);
  return part(step) > part(before);
}

/** Saves the policy of a training as it is at a step. @throws as `savePolicy` does */
export function saveSnapshot(job: string, policy: Policy, env: string, step: number): void {
  mkdirSync(join(job, FOLDER), { recursive: true });
  savePolicy(snapshotFile(job, step), policy, { env, step });
}

export function snapshotFile(job: string, step: number): string {
  return join(job, FOLDER, `step-${step}.json`);
}

/** The steps of the snapshots in a job's folder, in order. */
export function snapshotSteps(job: string): number[] {
  const folder = join(job, FOLDER);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}
