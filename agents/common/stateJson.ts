import { base64ToUint8Array } from 'uint8array-extras';
import { checkArgument } from '../../src/options/checkArguments.ts';
import { checkLevels, parseJson } from '../../src/parseJson.ts';
import { toBase64 } from '../../src/toBase64.ts';

const ARRAYS = {
  $float32: Float32Array,
  $float64: Float64Array,
  $int32: Int32Array,
  $uint8: Uint8Array,
} as const;
type ArrayTag = keyof typeof ARRAYS;

/** The numbers that JSON lacks. */
const NUMBERS: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
]);

/**
 * A state as JSON: typed arrays as the base64 of their little-endian numbers, `{"$float32": "…"}`, and the numbers that JSON lacks as
 * `{"$number": "NaN"}`. Equal states give equal texts. Fields that are undefined are left out.
 * @throws if the state holds anything but plain values and such arrays, a `Map` say, which JSON would lose; or is nested too deep
 */
export function stateToJson(state: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(encoded(state));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Error('stateToJson: the state holds itself or is nested too deep, expected plain values', {
      cause: error,
    });
  }
  checkLevels(text);
  return text;
}

function encoded(value: unknown): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (Object.is(value, -0)) return { $number: '-0' };
    return Number.isFinite(value) ? value : { $number: String(value) };
  }
  if (Array.isArray(value)) return value.map(encoded);
  if (ArrayBuffer.isView(value)) {
    const tag = (Object.keys(ARRAYS) as ArrayTag[]).find((name) => value instanceof ARRAYS[name]);
    if (tag === undefined)
      throw new Error(`stateToJson: a state holds no ${value.constructor.name}, expected plain values and arrays`);
    return { [tag]: toBase64(value) };
  }
  const prototype = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  if (prototype !== Object.prototype && prototype !== null) {
    throw new Error(
      `stateToJson: a state holds no ${typeof value === 'object' ? (value.constructor?.name ?? 'such object') : typeof value}, expected plain values`,
    );
  }
  const entries = Object.entries(value as object).filter(([, entry]) => entry !== undefined);
  if (entries.length === 1 && isTag(entries[0]![0])) {
    throw new Error(
      `stateToJson: a state holds no object with ${entries[0]![0]} alone, which stands for something else`,
    );
  }
  return Object.fromEntries(entries.map(([key, entry]) => [key, encoded(entry)]));
}

/**
 * The state of {@link stateToJson}, to the bit. The text is data: nothing in it is run.
 * @throws one line, if it is no JSON, nested too deep, or a number or an array in it is none
 */
export function stateFromJson(text: string): unknown {
  checkArgument('stateFromJson', 'text', text, String);
  try {
    return decoded(parseJson(text));
  } catch (error) {
    throw new Error(`stateFromJson: ${(error as Error).message}`);
  }
}

function decoded(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(decoded);
  const [first, ...others] = Object.entries(value);
  if (first === undefined || others.length > 0 || !isTag(first[0])) {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, decoded(entry)]));
  }
  const [tag, content] = first;
  if (tag !== '$number') return arrayOf(tag as ArrayTag, content);
  const number = NUMBERS.get(content);
  if (number === undefined) {
    throw new Error(`$number: got ${JSON.stringify(content)}, expected one of ${[...NUMBERS.keys()].join(', ')}`);
  }
  return number;
}

function arrayOf(tag: ArrayTag, content: unknown): InstanceType<(typeof ARRAYS)[ArrayTag]> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = typeof content === 'string' ? base64ToUint8Array(content) : undefined;
  } catch {
    // Said below.
  }
  const { BYTES_PER_ELEMENT: size } = ARRAYS[tag];
  if (bytes === undefined) throw new Error(`${tag}: got no base64, expected that of numbers of ${size} bytes`);
  if (bytes.length % size !== 0) {
    throw new Error(`${tag}: got ${bytes.length} bytes, expected a multiple of ${size}`);
  }
  const { buffer, length } = bytes.slice();
  return new ARRAYS[tag](buffer as ArrayBuffer, 0, length / size);
}

function isTag(key: string): boolean {
  return key === '$number' || Object.hasOwn(ARRAYS, key);
}
