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
export interface EncodedArray {
  readonly type: string;
  readonly array: TypedArray;
}

/**
 * Parts a state into what JSON holds and its typed arrays, which the JSON names by their place: `{"$array": 3}`. Numbers that JSON
 * lacks are `{"$number": "NaN"}`, and an object that looks like one of these is `{"$object": {…}}`.
 * @throws if the state holds anything but plain values and typed arrays
 */
export function encodeState(state: unknown): { json: unknown; arrays: EncodedArray[] } {
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
export function decodeState(json: unknown, arrays: readonly TypedArray[]): unknown {
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
export function makeArray(type: string, length: number): TypedArray {
  if (!Object.hasOwn(ARRAYS, type)) throw new Error(`no type of arrays is ${type}`);
  return new ARRAYS[type as ArrayType](length);
}

function isTagged(object: object): boolean {
  const keys = Object.keys(object);
  return keys.length === 1 && ['$number', '$undefined', '$array', '$object'].includes(keys[0]!);
}
