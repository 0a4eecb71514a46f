const encoder = new TextEncoder();
const scratch = new DataView(new ArrayBuffer(8));

/** Bytes that grow: what WebAssembly modules and protocol buffers are written to. */
export class Bytes {
  #bytes = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What has been written. */
  get view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  byte(value: number): void {
    const at = this.#reserve(1);
    this.#bytes[at] = value;
  }

  all(values: ArrayLike<number>): void {
    const at = this.#reserve(values.length);
    this.#bytes.set(values, at);
  }

  /** How many there are, and then the values. */
  counted(values: ArrayLike<number>): void {
    this.unsigned(values.length);
    this.all(values);
  }

  /** UTF-8, its length before it. */
  text(text: string): void {
    this.counted(encoder.encode(text));
  }

  /** Little-endian. */
  float32(value: number): void {
    scratch.setFloat32(0, value, true);
    for (let i = 0; i < 4; i++) this.byte(scratch.getUint8(i));
  }

  /** Little-endian. */
  float64(value: number): void {
    scratch.setFloat64(0, value, true);
    for (let i = 0; i < 8; i++) this.byte(scratch.getUint8(i));
  }

  /** An integer as unsigned LEB128; a negative one as what it is modulo 2⁶⁴. */
  unsigned(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0 && value < 2 ** 32) {
      let rest = value;
      for (; rest > 0x7f; rest >>>= 7) this.byte((rest & 0x7f) | 0x80);
      this.byte(rest);
    } else {
      let rest = BigInt.asUintN(64, BigInt(value));
      for (; rest > 0x7fn; rest >>= 7n) this.byte(Number(rest & 0x7fn) | 0x80);
      this.byte(Number(rest));
    }
  }

  /** A 32-bit integer as signed LEB128. */
  signed32(value: number): void {
    let rest = value | 0;
    for (; rest < -0x40 || rest > 0x3f; rest >>= 7) this.byte((rest & 0x7f) | 0x80);
    this.byte(rest & 0x7f);
  }

  /** A 64-bit integer as signed LEB128. */
  signed64(value: bigint): void {
    let rest = BigInt.asIntN(64, value);
    for (; rest < -0x40n || rest > 0x3fn; rest >>= 7n) this.byte(Number(rest & 0x7fn) | 0x80);
    this.byte(Number(rest & 0x7fn));
  }

  /** Makes room for `count` more bytes; returns where they begin. */
  #reserve(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    return at;
  }
}

/** The number that the bits of a half float are. */
export function fromFloat16(bits: number): number {
  const sign = (bits & 0x8000) << 16;
  const rest = bits & 0x7fff;
  // Below the normal numbers they are whole multiples of 2⁻²⁴.
  if (rest < 0x400) return (sign === 0 ? rest : -rest) / 16_777_216;
  // As float32 the exponent begins 112 lower, and that of infinities and NaN is 255.
  scratch.setUint32(0, sign | ((rest << 13) + ((rest < 0x7c00 ? 112 : 224) << 23)));
  return scratch.getFloat32(0);
}

/** The number whose bits are the upper half of a float32. */
export function fromBfloat16(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}

/** How a field is written, the low three bits of its tag. */
const WIRE_TYPE = { varint: 0, fixed64: 1, counted: 2, fixed32: 5 } as const;

/** Writes protocol-buffer messages: https://protobuf.dev/programming-guides/encoding. Field numbers come first. */
export class ProtobufWriter {
  readonly #bytes = new Bytes();

  /** An integer of up to 64 bits, signed ones in two's complement. */
  int(field: number, value: number | bigint): this {
    this.#tag(field, 'varint').unsigned(value);
    return this;
  }

  float(field: number, value: number): this {
    this.#tag(field, 'fixed32').float32(value);
    return this;
  }

  double(field: number, value: number): this {
    this.#tag(field, 'fixed64').float64(value);
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, 'counted').counted(value);
    return this;
  }

  string(field: number, value: string): this {
    this.#tag(field, 'counted').text(value);
    return this;
  }

  message(field: number, write: (message: ProtobufWriter) => void): this {
    const message = new ProtobufWriter();
    write(message);
    return this.bytes(field, message.finish());
  }

  /** One message for each item. */
  messages<T>(field: number, items: readonly T[], write: (message: ProtobufWriter, item: T) => void): this {
    for (const item of items) this.message(field, (message) => write(message, item));
    return this;
  }

  finish(): Uint8Array {
    return this.#bytes.view;
  }

  #tag(field: number, type: keyof typeof WIRE_TYPE): Bytes {
    this.#bytes.unsigned((field << 3) | WIRE_TYPE[type]);
    return this.#bytes;
  }
}

/** A field of a message: of an integer the bits, of anything else its bytes, those of a fixed number little-endian. */
export type ProtobufField = readonly [field: number, value: bigint | Uint8Array];

/**
 * The fields of a protocol-buffer message, in their order. The bytes are views of the message, so that reading takes no memory of its size.
 * @throws if a length leads out of the message, or a field is of no kind that there is
 */
export function* protobufFields(message: Uint8Array): Generator<ProtobufField> {
  const cursor = new Cursor(message);
  while (!cursor.isAtEnd) {
    const tag = cursor.varint();
    const field = Number(tag >> 3n);
    switch (Number(tag & 7n)) {
      case WIRE_TYPE.varint:
        yield [field, cursor.varint()];
        break;
      case WIRE_TYPE.fixed64:
        yield [field, cursor.take(8)];
        break;
      case WIRE_TYPE.counted:
        yield [field, cursor.take(Number(cursor.varint()))];
        break;
      case WIRE_TYPE.fixed32:
        yield [field, cursor.take(4)];
        break;
      default:
        throw new Error(`a field of kind ${tag & 7n} at byte ${cursor.at}`);
    }
  }
}

/** The integers of a packed field, each as its 64 bits. @throws if the last one ends too late */
export function packedVarints(bytes: Uint8Array): bigint[] {
  const cursor = new Cursor(bytes);
  const values: bigint[] = [];
  while (!cursor.isAtEnd) values.push(cursor.varint());
  return values;
}

class Cursor {
  at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#bytes.length;
  }

  take(count: number): Uint8Array {
    if (count > this.#bytes.length - this.at) {
      throw new Error(`${count} bytes at byte ${this.at} of ${this.#bytes.length}, where fewer are left`);
    }
    this.at += count;
    return this.#bytes.subarray(this.at - count, this.at);
  }

  /** 64 bits. */
  varint(): bigint {
    // Most are short.
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt(low);
    }
    let value = BigInt(low);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new Error(`an integer of more than 64 bits at byte ${this.at}`);
  }

  #byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new Error(`an integer that has no end at byte ${this.at - 1}`);
    return byte;
  }
}
