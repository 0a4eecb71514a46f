import { setTimeout as delay } from 'node:timers/promises';

/** What a Redis says when it does not take a command now and may do so later, in plain words. */
const REFUSALS = {
  OOM: 'its memory is full (maxmemory)',
  MISCONF: 'it cannot save to its disk',
  READONLY: 'it is a replica, which is only read',
  LOADING: 'it is still reading its data',
  BUSY: 'it is busy with a script',
  MASTERDOWN: 'it has lost its master',
  NOREPLICAS: 'too few replicas follow it',
} as const;

const SAID = new RegExp(`(?:^|[\\s-])(${Object.keys(REFUSALS).join('|')}) `);

/** Milliseconds between two attempts. */
const INTERVAL = 500;

/** Milliseconds in which the same line is not said twice. */
const QUIET = 60_000;

/** Why a Redis does not take a command now, if it may do so later. Scripts of BullMQ put words before and behind it. */
export function refusalOf(error: unknown): string | undefined {
  const [, code] = SAID.exec((error as Error)?.message ?? '') ?? [];
  return REFUSALS[code as keyof typeof REFUSALS];
}

/** Says once that a Redis is there and takes nothing, and when it does again. */
export class Patience {
  readonly #where: string;
  readonly #say: (line: string) => void;
  /** Actions that wait. */
  #waiting = 0;
  #said: { readonly why: string; readonly at: number } | undefined;
  /** Whether it has been said since it last took something. */
  #isTold = false;

  /** @param where its address, for the lines */
  constructor(where: string, say: (line: string) => void) {
    this.#where = where;
    this.#say = say;
  }

  get isWaiting(): boolean {
    return this.#waiting > 0;
  }

  /** Says what Redis has refused. @returns false if the error is none of these, which says nothing */
  refused(error: unknown): boolean {
    const why = refusalOf(error);
    if (why === undefined) return false;
    if (this.#said?.why !== why || performance.now() - this.#said.at > QUIET) {
      this.#said = { why, at: performance.now() };
      this.#isTold = true;
      this.#say(`Redis at ${this.#where} takes nothing new: ${why}. Waiting, nothing is lost`);
    }
    return true;
  }

  /** Says that it takes again what it is told, if it has been said that it did not. */
  accepted(): void {
    if (this.#isTold) this.#say(`Redis at ${this.#where} takes what it is told again`);
    this.#isTold = false;
  }

  /**
   * Asks Redis for something, again and again while it refuses it.
   * @throws what is no refusal; the refusal, once `signal` aborts
   */
  async until<T>(action: () => Promise<T>, signal: AbortSignal): Promise<T> {
    let waits = false;
    try {
      for (;;) {
        try {
          return await action();
        } catch (error) {
          if (signal.aborted || !this.refused(error)) throw error;
          if (!waits) this.#waiting++;
          waits = true;
          await delay(INTERVAL, undefined, { signal }).catch(() => {});
        }
      }
    } finally {
      if (waits && --this.#waiting === 0 && !signal.aborted) this.accepted();
    }
  }
}
