import type { Job } from '../../experiment/experiment.ts';
import { plural } from '../../experiment/plural.ts';
import type { JobEvents } from '../pool.ts';
import { oneLine } from './oneLine.ts';
import type { Message } from './queuedJob.ts';
import { readWorkerName } from './workerName.ts';

/** Shows what a queue says of workers and jobs: each line once, and whatever it is, as one line of some length. */
export class Seen {
  readonly #events: JobEvents;
  /** How many lines of a job have been said. */
  readonly #lines = new Map<string, number>();
  readonly #begun = new Set<string>();
  /** Why a worker takes no jobs of the run. */
  readonly #refusals = new Map<string, string>();
  readonly #doubts = new Set<string>();
  /** Jobs at a time by worker. */
  #workers: ReadonlyMap<string, number> | undefined;

  constructor(events: JobEvents) {
    this.#events = events;
  }

  /** Whether a worker has told how far the job is. */
  hasBegun(id: string): boolean {
    return this.#begun.has(id);
  }

  /** Says who has come and who has left, and how many jobs they do at a time. */
  workers(found: readonly { readonly [key: string]: string }[]): void {
    const now = new Map<string, number>();
    for (const { rawname = '' } of found) {
      const { me, jobs } = readWorkerName(rawname);
      now.set(oneLine(me, 100), jobs);
    }
    const before = this.#workers ?? new Map<string, number>();
    if (this.#workers === undefined && now.size === 0) {
      this.#events.noted('No worker yet: start some with oxbow worker <the same address>');
    }
    for (const [me, jobs] of now) {
      if (!before.has(me)) this.#events.noted(`Worker ${me} is there, ${plural(jobs, 'job')} at a time`);
    }
    for (const me of before.keys()) if (!now.has(me)) this.#events.noted(`Worker ${me} has left`);
    this.#workers = now;
    const taking = [...now].filter(([me]) => !this.#refusals.has(me));
    this.#events.workers(taking.reduce((sum, [, jobs]) => sum + jobs, 0));
  }

  /** @param isActive whether a worker has it now */
  progress(
    id: string,
    job: Job,
    { fraction, state, worker, lines, before }: Message<'progress'>,
    isActive: boolean,
  ): void {
    if (isActive) this.#begun.add(id);
    // One that waits has a word only where it was begun before.
    if (this.#begun.has(id)) {
      const words = `${oneLine(state ?? '', 200)} @ ${oneLine(worker, 100)}`.trim();
      this.#events.progress(job, fraction, isActive ? words : 'waits for a worker');
    }
    const said = this.#lines.get(id) ?? 0;
    for (const line of lines.slice(Math.max(0, said - before))) this.#events.said(job, oneLine(line));
    this.#lines.set(id, Math.max(said, before + lines.length));
  }

  refusal({ worker, why }: Message<'refusal'>): void {
    const [me, reason] = [oneLine(worker, 100), oneLine(why)];
    if (this.#refusals.get(me) !== reason) this.#events.noted(`${me} takes no jobs of this run: ${reason}`);
    this.#refusals.set(me, reason);
  }

  /** Says what somebody has written who may be anybody, once for each reason not to believe it. */
  doubt(why: string, line: string): void {
    if (!this.#doubts.has(why)) this.#events.noted(line);
    this.#doubts.add(why);
  }
}
