const text = new TextEncoder();

/** Writes protocol-buffer messages: https://protobuf.dev/programming-guides/encoding. Field numbers come first. */
export class ProtobufWriter {
  #buffer = new Uint8Array(256);
  #length = 0;

  /** An integer of up to 64 bits, signed ones in two's complement. */
  int(field: number, value: number | bigint): this {
    this.#varint(field << 3);
    return this.#varint(value);
  }

  float(field: number, value: number): this {
    this.#varint((field << 3) | 5);
    const start = this.#grow(4);
    new DataView(this.#buffer.buffer).setFloat32(start, value, true);
    return this;
  }

  double(field: number, value: number): this {
    this.#varint((field << 3) | 1);
    const start = this.#grow(8);
    new DataView(this.#buffer.buffer).setFloat64(start, value, true);
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.#varint((field << 3) | 2).#varint(value.length);
    const start = this.#grow(value.length);
    this.#buffer.set(value, start);
    return this;
  }

  string(field: number, value: string): this {
    return this.bytes(field, text.encode(value));
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
    return this.#buffer.subarray(0, this.#length);
  }

  #varint(value: number | bigint): this {
    if (typeof value === 'number' && value >= 0 && value < 2 ** 31) {
      let rest = value;
      for (; rest > 127; rest >>>= 7) this.#byte((rest & 127) | 128);
      this.#byte(rest);
    } else {
      let rest = BigInt.asUintN(64, BigInt(value));
      for (; rest > 127n; rest >>= 7n) this.#byte(Number(rest & 127n) | 128);
      this.#byte(Number(rest));
    }
    return this;
  }

  #byte(value: number): void {
    const at = this.#grow(1);
    this.#buffer[at] = value;
  }

  /** Makes room for `count` more bytes and returns where they start. */
  #grow(count: number): number {
    const start = this.#length;
    this.#length += count;
    if (this.#length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(2 * this.#buffer.length, this.#length));
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    return start;
  }
}
