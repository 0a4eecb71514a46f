import { base64ToUint8Array, uint8ArrayToBase64 } from 'uint8array-extras';

/** How deep JSON may be nested that is read: what works through it goes as deep, and a stack ends somewhere. */
const MOST_LEVELS = 500;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
/** Brackets and braces differ in this bit alone. */
const BRACE = 0x20;
const [OPENING, CLOSING] = [0x5b | BRACE, 0x5d | BRACE];

/**
 * `JSON.parse` for a text that others may have written.
 * @throws one line, if it is no JSON, or nested deeper than 500 levels
 */
export function parseJson(text: string): unknown {
  checkLevels(text);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error((error as Error).message.replaceAll(/\p{Cc}+/gu, ' '));
  }
}

/** That {@link parseJson} will take a text of JSON. @throws one line, if it is nested too deep */
export function checkLevels(text: string): void {
  let levels = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if ((code | BRACE) === CLOSING) levels--;
    else if ((code | BRACE) === OPENING && ++levels > MOST_LEVELS) {
      throw new Error(`JSON nested deeper than ${MOST_LEVELS} levels`);
    }
  }
}

/** Where the quotation mark stands that ends the string that begins there; the end of the text if none does. */
function endOfString(text: string, begin: number): number {
  for (let at = text.indexOf('"', begin + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let before = at;
    while (text.charCodeAt(before - 1) === BACKSLASH) before--;
    if ((at - before) % 2 === 0) return at;
  }
  return text.length;
}

/** Bytes of a part: a multiple of 3, so that parts join. */
const BASE64_PART = 12_288;

/** Bytes as base64, in parts: the library takes bytes as arguments of one call, of which a worker's stack holds few. */
export function toBase64({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  const parts = Array.from({ length: Math.ceil(byteLength / BASE64_PART) }, (_, i) =>
    uint8ArrayToBase64(bytes.subarray(i * BASE64_PART, (i + 1) * BASE64_PART)),
  );
  return parts.join('');
}

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
