/** An event of a file for TensorBoard: the fields that a log of scalars has. */
export interface DecodedEvent {
  readonly time: number;
  readonly step: number;
  readonly version: string | undefined;
  readonly scalars: Record<string, number>;
}

/**
 * Reads an event file as https://www.tensorflow.org/tutorials/load_data/tfrecord and event.proto say, written apart from the writer.
 * @throws if a checksum is wrong
 */
export function readEvents(file: Buffer): DecodedEvent[] {
  const events: DecodedEvent[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    if (file.readUInt32LE(at + 8) !== mask(crc32c(file.subarray(at, at + 8)))) throw new Error(`length at ${at}`);
    const data = file.subarray(at + 12, at + 12 + length);
    if (file.readUInt32LE(at + 12 + length) !== mask(crc32c(data))) throw new Error(`data at ${at}`);
    const fields = decode(data);
    const value = (number: number) => fields.find(([field]) => field === number)?.[1];
    const summary = value(5) === undefined ? [] : decode(value(5) as Buffer);
    events.push({
      time: (value(1) as Buffer).readDoubleLE(),
      step: Number(value(2) ?? 0),
      version: value(3)?.toString(),
      scalars: Object.fromEntries(
        summary.map(([, entry]) => {
          const parts = new Map(decode(entry as Buffer));
          return [String(parts.get(1)), (parts.get(2) as Buffer).readFloatLE()];
        }),
      ),
    });
    at += length + 16;
  }
  return events;
}

/** The fields of a protocol-buffer message: numbers of varints, bytes of all else. */
function decode(message: Buffer): [number, bigint | Buffer][] {
  const fields: [number, bigint | Buffer][] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const key = Number(varint());
    const type = key & 7;
    if (type === 0) fields.push([key >> 3, varint()]);
    else {
      const length = type === 1 ? 8 : type === 5 ? 4 : Number(varint());
      fields.push([key >> 3, message.subarray(at, at + length)]);
      at += length;
    }
  }
  return fields;
}

/** Castagnoli's polynomial, bit by bit: crc32c('123456789') is e3069283. */
function crc32c(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (0x82f63b78 & -(crc & 1));
  }
  return ~crc >>> 0;
}

function mask(crc: number): number {
  return Number((((BigInt(crc) >> 15n) | (BigInt(crc) << 17n)) + 0xa282ead8n) & 0xffffffffn);
}
