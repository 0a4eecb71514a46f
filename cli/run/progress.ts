import { MultiBar, type SingleBar } from 'cli-progress';
import type { Job, Outcome } from '../experiment/experiment.ts';
import { plural, printable } from '../experiment/text.ts';
import { terminalWidth } from '../terminal/wrapText.ts';
import { storageErrorOf } from './environment.ts';

/** Milliseconds between two lines where there is no terminal. */
const LINE_INTERVAL = 5000;

/** Milliseconds from the first word of a job, and the share of the work, before the time left is estimated. */
const [WARM_UP, SHARE] = [10_000, 0.02];

/** How much of the work is done, by weight, and how long the rest takes at the pace so far. */
export class TimeLeft {
  readonly #fractions = new Map<string, number>();
  readonly #total: number;
  /** When jobs began to tell how far they are, and how far they were: their start-up is no measure of their pace. */
  #first: { readonly time: number; readonly done: number } | undefined;

  /** @param now milliseconds. */
  constructor(
    private readonly jobs: readonly Job[],
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#total = jobs.reduce((sum, job) => sum + job.weight, 0);
  }

  update(job: Job, fraction: number): void {
    this.#fractions.set(job.id, Math.min(1, Math.max(0, fraction)));
    this.#first ??= { time: this.now(), done: this.#done };
  }

  /** 0 to 1. */
  get fraction(): number {
    return this.#total === 0 ? 1 : this.#done / this.#total;
  }

  /** Undefined until enough is done to measure the pace. */
  get seconds(): number | undefined {
    if (this.#first === undefined) return undefined;
    const [elapsed, done] = [this.now() - this.#first.time, this.#done - this.#first.done];
    if (elapsed < WARM_UP || done < SHARE * this.#total) return undefined;
    return ((this.#total - this.#done) * elapsed) / done / 1000;
  }

  get #done(): number {
    return this.jobs.reduce((sum, job) => sum + job.weight * (this.#fractions.get(job.id) ?? 0), 0);
  }
}

/** `42 s`, `3 min 05 s`, `1 h 02 min`. */
export function formatDuration(seconds: number): string {
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  const two = (n: number) => String(n).padStart(2, '0');
  if (s < 3600) return `${Math.floor(s / 60)} min ${two(s % 60)} s`;
  return `${Math.floor(s / 3600)} h ${two(Math.floor((s % 3600) / 60))} min`;
}

/** Shows how far some jobs are: by bars on a terminal, elsewhere by lines now and then. */
export class ProgressDisplay {
  readonly #estimate: TimeLeft;
  readonly #ended = { finished: 0, failed: 0 };
  /** How the jobs go that are being done, in a few words. */
  readonly #states = new Map<string, string>();
  readonly #bars: { readonly all: MultiBar; readonly overall: SingleBar } | undefined;
  readonly #running = new Map<string, SingleBar>();
  #last = performance.now();

  constructor(
    private readonly jobs: readonly Job[],
    private readonly stream: NodeJS.WriteStream = process.stdout,
  ) {
    this.#estimate = new TimeLeft(jobs);
    if (!stream.isTTY) return;
    const all = new MultiBar({
      stream,
      format: '{bar} {percentage} %  {label}',
      barCompleteChar: '█',
      barIncompleteChar: '░',
      // In 80 columns there is room for the id of a job.
      barsize: terminalWidth(stream) < 100 ? 12 : 24,
      autopadding: true,
      hideCursor: true,
      clearOnComplete: true,
      gracefulExit: false,
    });
    this.#bars = { all, overall: all.create(1, 0, { label: '' }) };
    this.#show();
  }

  /** @param state how the job goes, in a few words */
  update(job: Job, fraction: number, state?: string): void {
    this.#estimate.update(job, fraction);
    if (state !== undefined) this.#states.set(job.id, state);
    if (this.#bars !== undefined) {
      const bar = this.#running.get(job.id) ?? this.#bars.all.create(1, 0, { label: job.id });
      this.#running.set(job.id, bar);
      bar.update(fraction, { label: printable(state === undefined ? job.id : `${job.id}  ${state}`) });
    }
    this.#show();
  }

  /** The job has ended, well or with an error. */
  end(job: Job, how: 'finished' | 'failed'): void {
    this.#ended[how]++;
    this.#states.delete(job.id);
    this.#estimate.update(job, 1);
    const bar = this.#running.get(job.id);
    if (bar !== undefined) this.#bars!.all.remove(bar);
    this.#running.delete(job.id);
    this.#show();
  }

  /** A line of its own, above the bars. */
  log(line: string): void {
    const text = `${printable(line)}\n`;
    if (this.#bars === undefined) this.stream.write(text);
    else {
      // The line is written with the next drawing of the bars: now, since they may be gone soon.
      this.#bars.all.log(text);
      this.#bars.all.update();
    }
  }

  close(): void {
    this.#bars?.all.stop();
  }

  #show(): void {
    const { finished, failed } = this.#ended;
    const { fraction, seconds } = this.#estimate;
    const more =
      (failed === 0 ? '' : `, ${failed} failed`) + (seconds === undefined ? '' : `, ${formatDuration(seconds)} left`);
    const count = `${finished} of ${plural(this.jobs.length, 'job')}`;
    this.#bars?.overall.update(fraction, { label: `${count}${more}` });
    const now = performance.now();
    if (this.#bars !== undefined || now - this.#last < LINE_INTERVAL) return;
    this.#last = now;
    this.log(`${Math.floor(100 * fraction)} % done, ${count} finished${more}`);
    for (const [id, state] of this.#states) this.log(`  ${id}: ${state}`);
  }
}

/** What has come of the jobs of a run so far. */
export class RunProgress {
  /** The jobs that are to be done, as far as {@link lookAhead} has seen. */
  jobs: readonly Job[] = [];
  /** How long jobs took, by job. */
  readonly seconds: Record<string, number> = {};
  /** Who has done them, by job, where that were workers of a queue. */
  readonly workers: Record<string, string> = {};
  /** Errors, by job. */
  readonly failures: Record<string, string> = {};
  /** Whether the user can mend each of them. */
  isBadInput = true;
  readonly #outcomes = new Map<string, Outcome>();
  readonly #breaking = new AbortController();
  /** Aborts when nothing more can be stored; the reason is {@link broken}. */
  readonly breaking = this.#breaking.signal;

  /**
   * @param due the jobs that are to be done, by what came of those that have finished
   * @param isOurs whether this command does the job at a place of their order; others do the rest
   */
  constructor(
    private readonly due: (outcomes: readonly Outcome[]) => readonly Job[],
    private readonly isOurs: (job: Job, index: number) => boolean,
  ) {}

  /** Asks which jobs are to be done, now that some have finished. @returns whether there are more than before */
  lookAhead(): boolean {
    const before = this.jobs.length;
    this.jobs = this.due([...this.#outcomes.values()]);
    return this.jobs.length > before;
  }

  /** Those of the finished jobs, in the order of the jobs. */
  get outcomes(): Outcome[] {
    return this.jobs.flatMap((job) => this.#outcomes.get(job.id) ?? []);
  }

  /** The jobs that this command is to do and that have not finished. */
  get unfinished(): Job[] {
    return this.jobs.filter(this.isOurs).filter((job) => !this.#outcomes.has(job.id));
  }

  /** Why nothing more can be stored, if that is so: the run stops then. */
  get broken(): Error | undefined {
    return this.breaking.reason;
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
    this.isBadInput &&= isInput;
    return true;
  }
}
