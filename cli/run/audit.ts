import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleOf } from '../experiment/collections.ts';
import type { Job, Outcome } from '../experiment/experiment.ts';
import { firstLine, trueMinus } from '../experiment/text.ts';
import { storageErrorOf } from './fence.ts';
import { readJobFolder } from './jobFolder.ts';
import type { WorkerData } from './performJob.ts';
import { JobProcess } from './pool.ts';

/** What came of an audit, as `run.json` records it. */
export interface AuditRecord {
  readonly job: string;
  /** Who sent the result. */
  readonly worker: string;
  readonly agrees: boolean;
}

/**
 * Computes a share of the results that others send anew, here, and compares their bytes.
 *
 * Which share is drawn from the system's randomness and stays in this process: who sends a result cannot know whether it will be checked.
 */
export class Audit {
  readonly records: AuditRecord[] = [];
  readonly #chosen: ReadonlySet<string>;
  readonly #process = new JobProcess();
  /** The one before. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(jobs: readonly Job[], share: number) {
    this.#chosen = new Set(sampleOf(jobs, share).map(({ id }) => id));
  }

  /** How many jobs have been chosen. */
  get size(): number {
    return this.#chosen.size;
  }

  isChosen(job: Job): boolean {
    return this.#chosen.has(job.id);
  }

  /**
   * Computes a result anew, after those that were given before.
   * @param worker who sent it
   * @returns what differs, in words; undefined if the bytes are the same
   * @throws what keeps it from being computed here; whatever it is, once `signal` has aborted
   */
  check(sent: Outcome, worker: string, data: WorkerData, signal: AbortSignal): Promise<string | undefined> {
    const checked = this.#last.then(() => this.#check(sent, worker, data, signal));
    this.#last = checked.catch(() => {});
    return checked;
  }

  async #check(sent: Outcome, worker: string, data: WorkerData, signal: AbortSignal): Promise<string | undefined> {
    const { job } = sent;
    const folder = mkdtempSync(join(tmpdir(), 'oxbow-audit-'));
    const folders = { directory: join(folder, 'job'), logs: join(folder, 'logs') };
    let problem: string | undefined;
    try {
      await this.#process.perform({ ...data, job, ...folders }, { progress() {}, said() {} }, signal);
      problem = compareOutcomes(sent, readJobFolder(folders.directory, job, data.settings)!);
    } catch (error) {
      if (signal.aborted || storageErrorOf(error) !== undefined) throw error;
      problem = `it fails here: ${firstLine((error as Error).message)}`;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    this.records.push({ job: job.id, worker, agrees: problem === undefined });
    return problem;
  }

  /** Ends its process. */
  async close(): Promise<void> {
    await this.#last;
    await this.#process.end();
  }
}

/** What differs between two outcomes of one job, in words; undefined if their bytes are the same. */
export function compareOutcomes(stored: Outcome, anew: Outcome): string | undefined {
  if (stored.fingerprint === anew.fingerprint) return undefined;
  const names = Object.keys({ ...stored.result.metrics, ...anew.result.metrics }).filter(
    (name) => stored.result.metrics[name] !== anew.result.metrics[name],
  );
  const shown = names.map((name) => `${name} ${stored.result.metrics[name]}, now ${anew.result.metrics[name]}`);
  return `other bytes (${trueMinus(shown.join('; ')) || 'the metrics agree, its files do not'})`;
}
