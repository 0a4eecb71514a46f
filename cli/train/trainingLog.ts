import { join } from 'node:path';
import { makeFolder, syncTree } from '../../src/files.ts';
import type { MetricsRow } from '../experiment/experiment.ts';
import { csvCell } from '../experiment/metrics.ts';
import { EventFile } from './eventFile.ts';
import { GrowingFile } from './growingFile.ts';
import { EVALUATION } from './reportRows.ts';
import { isShare } from './shares.ts';

/**
 * The log of a training while it goes on, a row every now and then: `progress.jsonl`, `progress.csv`, and an event file for
 * TensorBoard, which alone has times. Rows are added as they come, so that a power cut may take those since the last `sync`, and leave
 * a part of one.
 */
export class TrainingLog {
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
    this.#events = new EventFile(join(folder, 'events.out.tfevents.0.oxbow'), Number(rows.at(-1)?.step ?? -1));
    // What was damaged or is gone is written anew, but for the speed of that time.
    for (const row of rows.slice(this.#events.kept)) this.#events.scalars(row.step as number, scalarsOf(row));
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
    syncTree(this.#folder);
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
  if (column.startsWith(EVALUATION)) return `${EVALUATION}/${lowerFirst(column.slice(EVALUATION.length))}`;
  return `${EPISODE.has(column) ? 'episode' : 'train'}/${column}`;
}

function lowerFirst(name: string): string {
  return `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`;
}

function jsonLine(row: MetricsRow): string {
  return `${JSON.stringify(row)}\n`;
}
