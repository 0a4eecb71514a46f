import { base64ToUint8Array } from 'uint8array-extras';
import { toBase64 } from '../../src/toBase64.ts';

const ARRAYS = {
  $float32: Float32Array,
  $float64: Float64Array,
  $int32: Int32Array,
  $uint8: Uint8Array,
} as const;
type ArrayTag = keyof typeof ARRAYS;

/**
 * A state as JSON: typed arrays as the base64 of their little-endian numbers, `{"$float32": "…"}`, and the numbers that JSON lacks as
 * `{"$number": "NaN"}`. Equal states give equal texts.
 */
export function stateToJson(state: unknown): string {
  return JSON.stringify(state, (_, value) => {
    if (typeof value === 'number') {
      if (Object.is(value, -0)) return { $number: '-0' };
      return Number.isFinite(value) ? value : { $number: String(value) };
    }
    if (!ArrayBuffer.isView(value)) return value;
    const tag = (Object.keys(ARRAYS) as ArrayTag[]).find((name) => value instanceof ARRAYS[name]);
    if (tag === undefined) throw new Error(`stateToJson: a state holds no ${value.constructor.name}`);
    return { [tag]: toBase64(value) };
  });
}

/**
 * The state of {@link stateToJson}, to the bit. The text is data: nothing in it is run.
 * @throws if it is no JSON, or an array in it is damaged
 */
export function stateFromJson(text: string): unknown {
  return JSON.parse(text, (_, value) => {
    if (typeof value !== 'object' || value === null) return value;
    const [tag, ...others] = Object.keys(value);
    if (tag === undefined || others.length > 0) return value;
    if (tag === '$number') return Number(value.$number);
    if (!Object.hasOwn(ARRAYS, tag)) return value;
    const { buffer, byteLength } = base64ToUint8Array(value[tag]).slice();
    return new ARRAYS[tag as ArrayTag](buffer, 0, byteLength / ARRAYS[tag as ArrayTag].BYTES_PER_ELEMENT);
  });
}
