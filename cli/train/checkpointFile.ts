import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { writeWholeFile } from '../../src/files.ts';
import { checkLevels, parseJson } from '../../src/json.ts';
import { InputError } from '../experiment/inputError.ts';
import { decodeState, type EncodedArray, encodeState, makeArray } from './stateEncoding.ts';

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
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new InputError(`cannot read ${path}: ${message}`);
  }
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
