import type { Job, Outcome } from '../experiment/experiment.ts';
import type { AuditRecord } from './audit.ts';
import { storageErrorOf } from './storageError.ts';

/** What has come of the jobs of a run so far. */
export class RunProgress {
  #jobs: readonly Job[] = [];
  readonly #due: (outcomes: readonly Outcome[]) => readonly Job[];
  /** How long jobs took, by job. */
  readonly seconds: Record<string, number> = {};
  /** Who has done them, by job, where that were workers of a queue. */
  readonly workers: Record<string, string> = {};
  /** The results that were computed anew, if any were to be. */
  audit: readonly AuditRecord[] | undefined;
  /** Errors, by job. */
  readonly failures: Record<string, string> = {};
  readonly #outcomes = new Map<string, Outcome>();
  readonly #breaking = new AbortController();
  #isBadInput = true;

  /** @param due the jobs that are to be done, by what came of those that have finished */
  constructor(due: (outcomes: readonly Outcome[]) => readonly Job[]) {
    this.#due = due;
  }

  /** The jobs that are to be done, as far as {@link lookAhead} has seen. */
  get jobs(): readonly Job[] {
    return this.#jobs;
  }

  /** Asks which jobs are to be done, now that some have finished. @returns whether there are more than before */
  lookAhead(): boolean {
    const before = this.#jobs.length;
    this.#jobs = this.#due([...this.#outcomes.values()]);
    return this.#jobs.length > before;
  }

  /** Those of the finished jobs, in the order of the jobs. */
  get outcomes(): Outcome[] {
    return this.jobs.map((job) => this.#outcomes.get(job.id)).filter((outcome) => outcome !== undefined);
  }

  /** The jobs that have not finished. */
  get unfinished(): Job[] {
    return this.jobs.filter((job) => !this.#outcomes.has(job.id));
  }

  /** Whether the user can mend each of the errors. */
  get isBadInput(): boolean {
    return this.#isBadInput;
  }

  /** Aborts when nothing more can be stored; the reason is {@link broken}. */
  get breaking(): AbortSignal {
    return this.#breaking.signal;
  }

  /** Why nothing more can be stored, if that is so: the run stops then. */
  get broken(): Error | undefined {
    return this.#breaking.signal.reason;
  }

  break(error: Error): void {
    this.#breaking.abort(error);
  }

  finish(job: Job, outcome: Outcome): void {
    this.#outcomes.set(job.id, outcome);
  }

  /** @returns false if what has failed is not the job but the storage */
  fail(job: Job, error: Error): boolean {
    const full = storageErrorOf(error);
    if (full !== undefined) {
      this.break(full);
      return false;
    }
    const isInput = error.name === 'InputError';
    this.failures[job.id] = (isInput ? undefined : error.stack) ?? error.message;
    this.#isBadInput &&= isInput;
    return true;
  }
}
