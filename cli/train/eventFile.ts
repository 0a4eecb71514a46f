import { existsSync, readFileSync } from 'node:fs';
import { ProtobufWriter } from '../../src/engine/bytes.ts';
import { leadsToFile } from '../../src/files.ts';
import { InputError } from '../experiment/inputError.ts';
import { GrowingFile } from './growingFile.ts';

/** Bytes before an event's own: its length and the checksum of that; behind it is its checksum. */
const [HEADER, FOOTER] = [12, 4];

/**
 * An event file as TensorBoard reads it: TFRecords, each of one `Event` of tensorboard/compat/proto/event.proto,
 *
 *   uint64 length · uint32 masked CRC-32C of it · the event · uint32 masked CRC-32C of the event,
 *
 * with the scalars of one step. TensorBoard shows a file whose name holds `tfevents`.
 */
export class EventFile {
  readonly #file: GrowingFile;
  /** How many events of scalars the file already had. */
  readonly kept: number;

  /**
   * Opens the file to add to it, a new one if there is none.
   * @param lastStep events of later steps, and all from a torn or damaged one on, are cut off: what follows is written again
   */
  constructor(path: string, lastStep: number) {
    const isThere = existsSync(path);
    if (isThere && !leadsToFile(path)) throw new InputError(`${path} is no file, expected the events of a training`);
    const before = isThere ? readFileSync(path) : Buffer.alloc(0);
    const { length, events } = keptPart(before, lastStep);
    this.#file = new GrowingFile(path, before.subarray(0, length));
    // The first event of a file says its version.
    this.kept = Math.max(0, events - 1);
    if (events === 0) this.#write(new ProtobufWriter().double(1, now()).string(3, 'brain.Event:2').finish());
  }

  /** The scalars of a step, by tag: TensorBoard groups tags by what stands before the first `/`. */
  scalars(step: number, values: Readonly<Record<string, number>>): void {
    this.#write(
      new ProtobufWriter()
        .double(1, now())
        .int(2, step)
        .message(5, (summary) =>
          summary.messages(1, Object.entries(values), (entry, [tag, value]) => entry.string(1, tag).float(2, value)),
        )
        .finish(),
    );
  }

  close(): void {
    this.#file.close();
  }

  #write(event: Uint8Array): void {
    const record = Buffer.alloc(HEADER + event.length + FOOTER);
    record.writeBigUInt64LE(BigInt(event.length));
    record.writeUInt32LE(maskedCrc(record.subarray(0, 8)), 8);
    record.set(event, HEADER);
    record.writeUInt32LE(maskedCrc(event), HEADER + event.length);
    this.#file.append(record);
  }
}

/** Seconds since 1970. */
function now(): number {
  return Date.now() / 1000;
}

/** How much of a file is whole events of steps up to the last one. */
function keptPart(file: Buffer, lastStep: number): { length: number; events: number } {
  let [length, events] = [0, 0];
  while (length + HEADER + FOOTER <= file.length) {
    const end = length + HEADER + Number(file.readBigUInt64LE(length));
    if (file.readUInt32LE(length + 8) !== maskedCrc(file.subarray(length, length + 8))) break;
    if (end + FOOTER > file.length) break;
    const event = file.subarray(length + HEADER, end);
    if (file.readUInt32LE(end) !== maskedCrc(event) || stepOf(event) > lastStep) break;
    length = end + FOOTER;
    events++;
  }
  return { length, events };
}

/** An event of ours begins with its time in nine bytes; then comes its step, if it has one. A step that does not end is behind all others. */
function stepOf(event: Buffer): number {
  if (event[9] !== 2 << 3) return 0;
  let step = 0;
  for (let at = 10, unit = 1; at < event.length; at++, unit *= 128) {
    step += (event[at]! & 127) * unit;
    if (event[at]! < 128) return step;
  }
  return Number.POSITIVE_INFINITY;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** TensorFlow stores a CRC rotated and moved, since a CRC of data that holds its own CRC says little. */
function maskedCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 255]! ^ (crc >>> 8);
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
