import { appendFileSync, closeSync, fsyncSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { EpisodeTally } from '../../agents/core/episodeStatistics.ts';
import type { EvaluatedReport, TrainingEvaluation } from '../../agents/index.ts';
import { ProtobufWriter } from '../../src/engine/bytes.ts';
import { writeWholeFile } from '../../src/files.ts';
import { makeFolder } from '../experiment/checkedJson.ts';
import type { MetricsRow } from '../experiment/experiment.ts';
import { csvCell } from '../experiment/summarize.ts';
import { isShare, sharesOf } from './outcomes.ts';

/**
 * The log of a training while it goes on, a row every now and then: `progress.jsonl`, `progress.csv`, and an event file for
 * TensorBoard, which alone has times. Rows are added as they come, so that a power cut may take those since the last `sync`, and leave
 * a part of one.
 */
export class TrainingLog {
  /** In the folder of a log. */
  static readonly files = ['progress.jsonl', 'progress.csv', 'events.out.tfevents.0.oxbow'] as const;
  readonly #folder: string;
  readonly rows: MetricsRow[];
  readonly #jsonl: GrowingFile;
  #csv: GrowingFile;
  readonly #events: EventFile;
  #columns: ReadonlySet<string> = new Set();

  /** @param rows of a training that goes on: the files then hold these and no others, however it was cut off */
  constructor(folder: string, rows: readonly MetricsRow[]) {
    makeFolder(folder);
    this.#folder = folder;
    this.rows = [...rows];
    this.#jsonl = new GrowingFile(join(folder, 'progress.jsonl'), rows.map(jsonLine).join(''));
    this.#csv = this.#newCsv();
    this.#events = new EventFile(join(folder, 'events.out.tfevents.0.oxbow'));
    // With the times of now, and without the speed of that time.
    for (const row of rows) this.#events.scalars(row.step as number, scalarsOf(row));
  }

  /** @param stepsPerSecond for TensorBoard */
  add(row: MetricsRow, stepsPerSecond: number): void {
    this.rows.push(row);
    this.#jsonl.append(jsonLine(row));
    if (Object.keys(row).every((name) => this.#columns.has(name))) this.#csv.append(this.#csvLine(row));
    else {
      const csv = this.#newCsv();
      this.#csv.close();
      this.#csv = csv;
    }
    this.#events.scalars(row.step as number, { ...scalarsOf(row), 'time/stepsPerSecond': stepsPerSecond });
  }

  /** Puts all rows so far on the disk: a power cut may otherwise take the last ones, or a part of one. */
  sync(): void {
    for (const file of [this.#jsonl, this.#csv, this.#events]) file.sync();
  }

  close(): void {
    this.#jsonl.close();
    this.#csv.close();
    this.#events.close();
  }

  /** All rows: those that came later may have columns that the first lack. */
  #newCsv(): GrowingFile {
    this.#columns = new Set(this.rows.flatMap(Object.keys));
    const head = this.#columns.size === 0 ? '' : `${[...this.#columns].join(',')}\n`;
    const content = head + this.rows.map((row) => this.#csvLine(row)).join('');
    return new GrowingFile(join(this.#folder, 'progress.csv'), content);
  }

  #csvLine(row: MetricsRow): string {
    return `${[...this.#columns].map((column) => csvCell(row[column])).join(',')}\n`;
  }
}

/** Columns that are of episodes and not of updates. */
const EPISODE: ReadonlySet<string> = new Set(['episodes', 'return', 'length']);

function scalarsOf({ step: _, ...values }: MetricsRow): Record<string, number> {
  const scalars = Object.entries(values).flatMap(([name, value]) =>
    typeof value === 'number' ? [[tagOf(name), value]] : [],
  );
  return Object.fromEntries(scalars);
}

/** TensorBoard groups by what stands before the slash. */
function tagOf(column: string): string {
  if (isShare(column)) return column;
  const [, first, rest] = /^evaluation(.)(.*)$/.exec(column) ?? [];
  if (first !== undefined) return `${EVALUATION}/${first.toLowerCase()}${rest}`;
  return `${EPISODE.has(column) ? 'episode' : 'train'}/${column}`;
}

function jsonLine(row: MetricsRow): string {
  return `${JSON.stringify(row)}\n`;
}

/** What the columns of an evaluation begin with. */
const EVALUATION = 'evaluation';

/**
 * Sums up the reports of a training to rows that are some steps apart. A row has the numbers of a report, as means over those since
 * the row before; `episodes`, how many have ended since, with the means of their `return` and `length`, null where none has; and the
 * shares of how they ended, `outcome/left`, of all words that there were so far. An evaluation completes a row, which has the same of
 * its episodes: `evaluationReturn`, `evaluationOutcome/left`.
 */
export class ReportRows {
  readonly #interval: number;
  #lastStep: number;
  #sums: Record<string, { sum: number; count: number }> = {};
  #tally = new EpisodeTally();
  readonly #shares: Set<string>;

  /**
   * @param interval environment steps between two rows, or a little more
   * @param before the rows so far of a training that goes on
   */
  constructor(interval: number, before: readonly MetricsRow[] = []) {
    this.#interval = interval;
    this.#lastStep = Number(before.at(-1)?.step ?? 0);
    const columns = before.flatMap(Object.keys);
    this.#shares = new Set(columns.filter((name) => isShare(name) && !name.startsWith(EVALUATION)));
  }

  /** Takes in a report; the row that it completes, if it does. @param last whether the training ends with it */
  add(report: EvaluatedReport, last: boolean): MetricsRow | undefined {
    const { step, updates, episodes, evaluation, ...numbers } = report;
    for (const [name, value] of Object.entries(numbers)) {
      if (typeof value !== 'number' && value !== null) continue;
      this.#sums[name] ??= { sum: 0, count: 0 };
      // Nothing to measure: no update has been made yet, say. What diverges the agent itself refuses.
      if (value === null || !Number.isFinite(value)) continue;
      this.#sums[name].sum += value;
      this.#sums[name].count++;
    }
    this.#tally.add(episodes);
    if (step - this.#lastStep < this.#interval && !last && evaluation === undefined) return undefined;
    const statistics = this.#tally.statistics();
    const shares = sharesOf(statistics, this.#shares);
    for (const name in shares) this.#shares.add(name);
    const row = {
      step,
      updates,
      episodes: statistics.episodes,
      return: statistics.return,
      length: statistics.length,
      ...shares,
      ...Object.fromEntries(
        Object.entries(this.#sums).map(([name, { sum, count }]) => [name, count === 0 ? null : sum / count]),
      ),
      ...(evaluation && columnsOf(evaluation)),
    };
    this.#lastStep = step;
    this.#sums = {};
    this.#tally = new EpisodeTally();
    return row;
  }
}

function columnsOf(evaluation: TrainingEvaluation): MetricsRow {
  const { return: mean, length } = evaluation;
  const columns = Object.entries({ return: mean, length, ...sharesOf(evaluation) });
  return Object.fromEntries(
    columns.map(([name, value]) => [`${EVALUATION}${name[0]!.toUpperCase()}${name.slice(1)}`, value]),
  );
}

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

  constructor(path: string) {
    this.#file = new GrowingFile(path, '');
    // The first event of a file says its version.
    this.#write(new ProtobufWriter().double(1, now()).string(3, 'brain.Event:2').finish());
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

  sync(): void {
    this.#file.sync();
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

/** A file that grows. Its descriptor stays open: what a process appends after another has replaced the file is in no file. */
class GrowingFile {
  readonly #file: number;
  #open = true;

  constructor(path: string, content: string) {
    writeWholeFile(path, content);
    this.#file = openSync(path, 'a');
  }

  append(content: string | Uint8Array): void {
    appendFileSync(this.#file, content);
  }

  sync(): void {
    fsyncSync(this.#file);
  }

  close(): void {
    // Another file may have got its number since.
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#file);
  }
}
