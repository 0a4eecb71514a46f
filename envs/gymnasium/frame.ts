/** Bytes of the header: the payload's length and the frame's kind, both uint32, little-endian. */
export const HEADER_BYTES = 8;

/** The longest payload, on both sides: a text of so many characters can still be made. */
export const MOST_BYTES = 2 ** 29 - 1024;

/** A frame in memory that is used again. The payload follows the header, so that 8-byte numbers in it are aligned. */
export class Frame {
  bytes: Uint8Array<ArrayBuffer>;
  #header: DataView;

  /** Room for a payload of so many bytes. */
  constructor(payloadBytes: number) {
    this.bytes = new Uint8Array(HEADER_BYTES + payloadBytes);
    this.#header = new DataView(this.bytes.buffer);
  }

  static ofText(kind: number, text: string): Frame {
    const payload = new TextEncoder().encode(text);
    const frame = new Frame(payload.length);
    frame.bytes.set(payload, HEADER_BYTES);
    frame.setHeader(payload.length, kind);
    return frame;
  }

  setHeader(payloadBytes: number, kind: number): void {
    this.#header.setUint32(0, payloadBytes, true);
    this.#header.setUint32(4, kind, true);
  }

  get kind(): number {
    return this.#header.getUint32(4, true);
  }

  /** The length of header and payload together, as the header says it. */
  get totalBytes(): number {
    return HEADER_BYTES + this.#header.getUint32(0, true);
  }

  /** Makes room for so many bytes in all, in other memory if need be, and keeps what is there. */
  reserve(totalBytes: number): void {
    if (totalBytes <= this.bytes.length) return;
    const { bytes } = this;
    this.bytes = new Uint8Array(totalBytes);
    this.bytes.set(bytes);
    this.#header = new DataView(this.bytes.buffer);
  }

  /** The payload as text, from one of its bytes on. */
  text(start = 0): string {
    return new TextDecoder().decode(this.bytes.subarray(HEADER_BYTES + start, this.totalBytes));
  }
}
