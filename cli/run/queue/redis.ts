import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { InputError } from '../../experiment/errors.ts';
import { firstLine } from '../../experiment/text.ts';
import { MessageError, takeSecret } from './queuedJob.ts';

/** The environment variable that holds the password where the address has none: other users can list command lines. */
const PASSWORD = 'OXBOW_QUEUE_PASSWORD';

/** The oldest Redis whose commands a queue needs. */
const OLDEST = [6, 2] as const;

/** Milliseconds in which a Redis has to answer at first. */
const PATIENCE = 10_000;

/** Milliseconds after which a Redis that gives no answer is taken for lost: a cable that was pulled says nothing. */
const SILENCE = 30_000;

/** Milliseconds that a connection has to close in. ioredis waits for all of them where it is told twice to disconnect. */
const GOODBYE = 100;

/** Milliseconds between two attempts to reach a Redis that has gone, at most. */
const LONGEST_WAIT = 2000;

type QueuePackages = typeof import('bullmq') & { readonly Redis: typeof Redis };

/** The packages behind queues, which are installed by those who use one. */
export async function queuePackages(): Promise<QueuePackages> {
  try {
    const [{ Redis }, bullmq] = await Promise.all([import('ioredis'), import('bullmq')]);
    return { Redis, ...bullmq };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new InputError(`a queue needs two more packages: npm install bullmq ioredis (${firstLine(message)})`);
  }
}

/**
 * Connects to a Redis, and holds on to it: where the connection is lost later, commands wait until it is back.
 *
 * @param url `redis://[user:password@]host[:port][/database]`, `rediss://` with TLS; a password that it lacks is taken out of the environment
 * @throws InputError that says what is wrong, without the password
 */
export async function connectRedis(label: string, url: string): Promise<Redis> {
  const { Redis } = await queuePackages();
  const where = placeOf(label, url);
  const password = takeSecret(PASSWORD);
  let isThere = false;
  const redis = new Redis(url, {
    ...(password && new URL(url).password === '' && { password }),
    lazyConnect: true,
    maxRetriesPerRequest: null,
    socketTimeout: SILENCE,
    disconnectTimeout: GOODBYE,
    retryStrategy: (times) => (isThere ? Math.min(200 * times, LONGEST_WAIT) : null),
  });
  let problem: Error | undefined;
  redis.on('error', (error: Error) => {
    problem = error;
  });
  try {
    const silence = delay(PATIENCE, undefined, { ref: false }).then(() => {
      throw new Error(`it gives no answer in ${PATIENCE / 1000} s, or is still reading its data`);
    });
    const info = await Promise.race([redis.connect().then(() => redis.info('server')), silence]);
    const version = /redis_version:(\S+)/.exec(info)?.[1] ?? 'unknown';
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
      throw new Error(`it is Redis ${version}, expected ${OLDEST.join('.')} or newer`);
    }
  } catch (error) {
    redis.disconnect();
    throw new InputError(`${label}: cannot use Redis at ${where}: ${reason(problem ?? (error as Error))}`);
  }
  isThere = true;
  return redis;
}

/** The host and port of a Redis, for lines. */
export const addressOf = (redis: Redis): string => `${redis.options.host}:${redis.options.port}`;

/**
 * The bytes of a key, undefined if it is not there.
 * @throws MessageError if there are more than `longest`, or it is no text
 */
export async function readValue(redis: Redis, key: string, longest: number): Promise<Buffer | undefined> {
  let value: Buffer;
  try {
    // No more than that is read, whatever its length is said to be.
    value = await redis.getrangeBuffer(key, 0, longest);
  } catch (error) {
    if (/^WRONGTYPE/.test((error as Error).message)) throw new MessageError('cannot be read');
    throw error;
  }
  if (value.length > longest) throw new MessageError(`has more than ${longest} bytes`);
  // Nothing that is sealed is empty.
  return value.length === 0 ? undefined : value;
}

/** Has a line said when the connection is lost, and when it is back. */
export function watchConnection(redis: Redis, say: (line: string) => void): void {
  const where = addressOf(redis);
  let isLost = false;
  redis.on('reconnecting', () => {
    if (!isLost) say(`Lost the connection to Redis at ${where}, waiting for it`);
    isLost = true;
  });
  redis.on('ready', () => {
    if (isLost) say(`Redis at ${where} is back`);
    isLost = false;
  });
}

/**
 * Resolves when work that is to stop cannot wait for Redis any longer, since it is not there or gives no answer. It has
 * been disconnected then.
 */
export function lostWhenStopping(redis: Redis, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const leave = () => {
      redis.disconnect();
      resolve();
    };
    const onStop = () => {
      if (redis.status !== 'ready') leave();
      redis.once('close', leave);
      setTimeout(leave, PATIENCE).unref();
    };
    if (signal.aborted) onStop();
    else signal.addEventListener('abort', onStop, { once: true });
  });
}

/** The host and port of the address. */
function placeOf(label: string, url: string): string {
  const expected = `${label}: expected redis://host:port or rediss://host:port`;
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new InputError(`${expected}, got ${url.trim() === '' ? 'nothing' : url}`);
  }
  if (!['redis:', 'rediss:'].includes(parsed.protocol)) throw new InputError(`${expected}, got ${parsed.protocol}//…`);
  return `${parsed.hostname || 'localhost'}:${parsed.port || 6379}`;
}

function reason(error: Error): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') return 'nothing listens there (connection refused)';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'no such host';
  if (/WRONGPASS|invalid (username-)?password/.test(message)) return 'the password is wrong';
  if (/NOAUTH/.test(message)) return `it wants a password: ${PASSWORD}, or redis://:password@host:port`;
  return firstLine(message);
}

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

/** What others have written, as one line: cut to a length, ends of lines as spaces. */
export function oneLine(text: string, longest = 500): string {
  const line = text.replace(/[\s\u2028\u2029]+/g, ' ');
  return line.length > longest ? `${line.slice(0, longest - 1).replace(/[\ud800-\udbff]$/, '')}…` : line;
}

/** How a worker calls itself in Redis, which lists its clients: `alpha:123*4` on `alpha` takes four jobs at a time. */
export const workerName = (me: string, jobs: number): string => `${me}*${jobs}`;

/** Jobs at a time of one worker, as `--workers` takes them: its name may be anybody's. */
const MOST = 1024;

/** What {@link workerName} says, from the name of a client, where BullMQ has put that of the queue before it. */
export function readWorkerName(client: string): { readonly me: string; readonly jobs: number } {
  const [, me, jobs] = /^(?:.*:w:)?(.*?)(?:\*(\d+))?$/.exec(client)!;
  return { me: me!, jobs: Math.min(Number(jobs ?? 1), MOST) };
}
