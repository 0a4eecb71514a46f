import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { removeTemporaries } from '../../src/files.ts';
import { InputError } from '../experiment/errors.ts';

/** Milliseconds after which a lock of another machine that is not renewed counts as left behind, and between renewals. */
const [STALE, UPDATE] = [5000, 1000];

/** The lock's name in the folder: a file that says who holds it. */
const LOCK = '.lock';

const holderSchema = z.object({ id: z.string(), place: z.string(), pid: z.int(), started: z.string() });
type Holder = z.infer<typeof holderSchema>;

/** The ids of the locks that this process holds. A folder that was moved away has one that nobody holds any more. */
const held = new Set<string>();

/** A folder that is held. */
export interface Lock {
  /** Whether it is still held. */
  readonly holds: boolean;
  /** Gives it back. */
  release(): void;
}

/** What is thrown by who has lost a folder. */
export function lostLock(): Error {
  return Object.assign(new Error('the directory was removed, or taken by another command'), { code: 'ECOMPROMISED' });
}

/** Whether an error is that of {@link lostLock}. */
export function isLostLock(error: Error): boolean {
  return (error as NodeJS.ErrnoException).code === 'ECOMPROMISED';
}

/** Whether a name in a folder is one of {@link lockFolder}. */
export function isOfLock(name: string): boolean {
  return name.startsWith(LOCK);
}

/**
 * Takes the lock of a folder, so that one command at a time works on it. On one machine a lock is held as long as its process is there,
 * also while it stands still. On another machine, whose processes cannot be seen, it is held as long as it is renewed.
 *
 * @param lost called if the lock is lost later: the folder was removed, or this machine stood still
 * @throws InputError if another command holds it
 */
export async function lockFolder(path: string, lost: (error: Error) => void = () => {}): Promise<Lock> {
  const file = join(path, LOCK);
  const mine: Holder = { id: randomUUID(), place: place(), pid: process.pid, started: startOf(process.pid)! };
  const begun = performance.now();
  let isSaid = false;
  while (!create(file, mine)) {
    const text = read(file);
    const holder = holderOf(text);
    if (holder?.place === mine.place) {
      const isLost = holder.pid === process.pid && !held.has(holder.id);
      if (startOf(holder.pid) === holder.started && !isLost) throw inUse(path);
    } else if (Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) < STALE) {
      if (performance.now() - begun > STALE + 2 * UPDATE) throw inUse(path);
      const line = `${path} is in use on another machine, or was: waiting ${STALE / 1000} s to see whether it still is.`;
      if (!isSaid) process.stderr.write(`${line}\n`);
      isSaid = true;
      await delay(UPDATE);
      continue;
    }
    removeLeftBehind(file, text, mine);
  }
  held.add(mine.id);
  removeTemporaries(path);
  const holds = () => read(file) === JSON.stringify(mine);
  const release = () => {
    clearInterval(timer);
    process.off('exit', release);
    held.delete(mine.id);
    if (holds()) rmSync(file, { force: true });
  };
  const timer = setInterval(() => {
    try {
      if (!holds()) throw lostLock();
      utimesSync(file, new Date(), new Date());
    } catch {
      release();
      lost(lostLock());
    }
  }, UPDATE);
  timer.unref();
  process.on('exit', release);
  return {
    get holds() {
      return holds();
    },
    release,
  };
}

function inUse(path: string): InputError {
  return new InputError(`${path} is in use by another command, expected one at a time`);
}

/** @returns false if there is a lock */
function create(file: string, holder: Holder): boolean {
  try {
    writeFileSync(file, JSON.stringify(holder), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    rmSync(file, { force: true });
    throw error;
  }
}

/** What a lock says, undefined if nothing can be read. */
function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function holderOf(text: string | undefined): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(text ?? ''));
  } catch {
    // It is just being written, or is of an older oxbow.
    return undefined;
  }
}

/** Removes a lock, unless it is another's by now, who was faster: of two that find it, one moves it away. */
function removeLeftBehind(file: string, text: string | undefined, { id }: Holder): void {
  const aside = `${file}-${id}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  if (read(aside) === text) rmSync(aside, { recursive: true, force: true });
  else renameSync(aside, file);
}

/** The machine, and of its sets of processes the one that this process sees: containers have their own. */
function place(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

/** When a process was started, so that another with its number is told apart, where the system says it; undefined if it has ended. */
function startOf(pid: number): string | undefined {
  try {
    if (process.platform !== 'linux') return process.kill(pid, 0) ? 'running' : undefined;
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // What has ended and nobody has asked how.
    return state === 'Z' || state === 'X' ? undefined : fields[18];
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'running' : undefined;
  }
}
