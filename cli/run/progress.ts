import { MultiBar, type SingleBar } from 'cli-progress';
import type { Job, Outcome } from '../experiment/experiment.ts';
import { plural, printable } from '../experiment/text.ts';
import { terminalWidth } from '../terminal/wrapText.ts';
import { storageErrorOf } from './environment.ts';

/** Milliseconds between two lines where there is no terminal. */
const LINE_INTERVAL = 5000;

/** Milliseconds from the first word of a job, and the share of the work, before the time left is estimated. */
const [WARM_UP, SHARE] = [10_000, 0.02];

/** Shows how far a run is. */
export interface ProgressDisplay {
  /** @param state how the job goes, in a few words */
  update(job: Job, fraction: number, state?: string): void;
  /** The job has ended, well or with an error. */
  end(job: Job, how: 'finished' | 'failed'): void;
  /** A line of its own, above the bars. */
  log(line: string): void;
  close(): void;
}

/** Bars on a terminal; elsewhere a line now and then. */
export function progressDisplay(jobs: readonly Job[], stream: NodeJS.WriteStream): ProgressDisplay {
  const estimate = new TimeLeft(jobs);
  return stream.isTTY ? new Bars(jobs.length, estimate, stream) : new Lines(jobs.length, estimate, stream);
}

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

/** How many jobs have failed and the time left, each with a comma in front; nothing where there is none or it is not yet known. */
function more({ failed }: { readonly failed: number }, { seconds }: TimeLeft): string {
  return [
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(seconds === undefined ? [] : [`${formatDuration(seconds)} left`]),
  ]
    .map((part) => `, ${part}`)
    .join('');
}

class Lines implements ProgressDisplay {
  readonly #states = new Map<string, string>();
  readonly #ended = { finished: 0, failed: 0 };
  #last = performance.now();

  constructor(
    private readonly total: number,
    private readonly estimate: TimeLeft,
    private readonly stream: NodeJS.WriteStream,
  ) {}

  update(job: Job, fraction: number, state?: string): void {
    this.estimate.update(job, fraction);
    if (state !== undefined) this.#states.set(job.id, state);
    this.#show();
  }

  end(job: Job, how: 'finished' | 'failed'): void {
    this.#ended[how]++;
    this.#states.delete(job.id);
    this.update(job, 1);
  }

  log(line: string): void {
    this.stream.write(`${printable(line)}\n`);
  }

  close(): void {}

  #show(): void {
    const now = performance.now();
    if (now - this.#last < LINE_INTERVAL) return;
    this.#last = now;
    const percent = Math.floor(100 * this.estimate.fraction);
    this.log(
      `${percent} % done, ${this.#ended.finished} of ${plural(this.total, 'job')} finished${more(this.#ended, this.estimate)}`,
    );
    for (const [id, state] of this.#states) this.log(`  ${id}: ${state}`);
  }
}

class Bars implements ProgressDisplay {
  readonly #bars: MultiBar;
  readonly #overall: SingleBar;
  readonly #running = new Map<string, SingleBar>();
  readonly #ended = { finished: 0, failed: 0 };

  constructor(
    private readonly total: number,
    private readonly estimate: TimeLeft,
    stream: NodeJS.WriteStream,
  ) {
    this.#bars = new MultiBar({
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
    this.#overall = this.#bars.create(1, 0, { label: '' });
    this.#showOverall();
  }

  update(job: Job, fraction: number, state?: string): void {
    this.estimate.update(job, fraction);
    let bar = this.#running.get(job.id);
    if (bar === undefined) {
      bar = this.#bars.create(1, 0, { label: job.id });
      this.#running.set(job.id, bar);
    }
    bar.update(fraction, { label: printable(state === undefined ? job.id : `${job.id}  ${state}`) });
    this.#showOverall();
  }

  end(job: Job, how: 'finished' | 'failed'): void {
    this.#ended[how]++;
    this.estimate.update(job, 1);
    const bar = this.#running.get(job.id);
    if (bar !== undefined) this.#bars.remove(bar);
    this.#running.delete(job.id);
    this.#showOverall();
  }

  log(line: string): void {
    // The line is written with the next drawing of the bars: now, since they may be gone soon.
    this.#bars.log(`${printable(line)}\n`);
    this.#bars.update();
  }

  close(): void {
    this.#bars.stop();
  }

  #showOverall(): void {
    const label = `${this.#ended.finished} of ${plural(this.total, 'job')}${more(this.#ended, this.estimate)}`;
    this.#overall.update(this.estimate.fraction, { label });
  }
}

/** What has come of the jobs of a run so far. */
export class RunProgress {
  #jobs: readonly Job[] = [];
  readonly #due: (outcomes: readonly Outcome[]) => readonly Job[];
  readonly #isOurs: (job: Job, index: number) => boolean;
  /** How long jobs took, by job. */
  readonly seconds: Record<string, number> = {};
  /** Who has done them, by job, where that were workers of a queue. */
  readonly workers: Record<string, string> = {};
  /** Errors, by job. */
  readonly failures: Record<string, string> = {};
  readonly #outcomes = new Map<string, Outcome>();
  readonly #breaking = new AbortController();
  #isBadInput = true;

  /**
   * @param due the jobs that are to be done, by what came of those that have finished
   * @param isOurs whether this command does the job at a place of their order; others do the rest
   */
  constructor(
    due: (outcomes: readonly Outcome[]) => readonly Job[],
    isOurs: (job: Job, index: number) => boolean = () => true,
  ) {
    this.#due = due;
    this.#isOurs = isOurs;
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

  /** The jobs that this command is to do and that have not finished. */
  get unfinished(): Job[] {
    return this.jobs.filter(this.#isOurs).filter((job) => !this.#outcomes.has(job.id));
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
