import { Bytes } from '../bytes.ts';

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
