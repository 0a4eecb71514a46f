import { base64ToUint8Array } from 'uint8array-extras';
import { toBase64 } from './toBase64.ts';

/** As JSON holds the values of a variable: `float32` is the base64 of little-endian numbers. */
export interface JsonVariableState {
  readonly shape: readonly number[];
  readonly float32: string;
}

/**
 * The values of one variable. They survive `JSON.stringify` and `JSON.parse` to the bit, NaN, infinities and −0 included, in
 * 5⅓ characters a number.
 */
export class VariableState {
  readonly shape: readonly number[];
  readonly values: Float32Array;

  constructor(shape: readonly number[], values: Float32Array) {
    this.shape = shape;
    this.values = values;
  }

  /** @throws if `float32` is no base64 of whole numbers */
  static from({ shape, float32 }: JsonVariableState): VariableState {
    let bytes: Uint8Array;
    try {
      bytes = base64ToUint8Array(float32);
    } catch {
      throw new Error('float32 is no base64');
    }
    if (bytes.length % 4 !== 0) throw new Error(`float32 holds ${bytes.length} bytes, expected a multiple of 4`);
    return new VariableState(shape, new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4));
  }

  toJSON(): JsonVariableState {
    return { shape: [...this.shape], float32: toBase64(this.values) };
  }
}
