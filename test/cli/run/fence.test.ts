import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { storageErrorOf } from '../../../cli/run/environment.ts';
import { Fence } from '../../../cli/run/fence.ts';
import { type Lock, lockFolder } from '../../../cli/run/lock.ts';
import { writeCheckpoint } from '../../../cli/train/checkpointFile.ts';
import { GrowingFile } from '../../../cli/train/trainingLog.ts';
import { guardFiles, isTemporary, writeWholeFile } from '../../../src/files.ts';

const MESSAGE = 'the directory was removed, or taken by another command';
const holding = { wait: () => {}, lost: () => {} };

let folder: string;
let lock: Lock;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'oxbow-fence-'));
  lock = await lockFolder(folder, holding);
});
afterEach(async () => {
  await lock.release();
  rmSync(folder, { recursive: true, force: true });
});

/** Takes the folder over, as a command does that finds a lock which has not been renewed for long. */
async function takeOver(): Promise<Lock> {
  const before = new Date(Date.now() - 60_000);
  utimesSync(join(folder, '.lock'), before, before);
  return lockFolder(folder, holding);
}

const visible = () =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => !/^\.lock/.test(name));

describe('a process that has lost the lock of a folder', () => {
  test('writes no file below it, and any other', async () => {
    mkdirSync(join(folder, 'jobs'));
    const file = join(folder, 'jobs', 'summary.json');
    writeWholeFile(file, 'before');
    const next = await takeOver();
    expect(next.fence.holds).toBe(true);
    expect(lock.fence.holds).toBe(false);
    expect(() => writeWholeFile(file, 'late')).toThrow(MESSAGE);
    expect(() => writeCheckpoint(join(folder, 'checkpoint'), { step: 1 })).toThrow(MESSAGE);
    expect(() => new GrowingFile(join(folder, 'progress.jsonl'), '')).toThrow(MESSAGE);
    expect(readFileSync(file, 'utf8')).toBe('before');
    expect(visible()).toEqual(['jobs', join('jobs', 'summary.json')]);
    const outside = `${folder}-outside`;
    writeWholeFile(outside, 'it');
    rmSync(outside);
    await lock.release();
    writeWholeFile(file, 'of the next');
    await next.release();
    expect(visible()).toEqual(['jobs', join('jobs', 'summary.json')]);
  });

  test('fails as one whose disk takes nothing, and so does one whose folder is gone', () => {
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    let error: unknown;
    try {
      writeWholeFile(join(folder, 'summary.json'), '');
    } catch (caught) {
      error = caught;
    }
    expect(storageErrorOf(error)?.message).toBe(MESSAGE);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('that stood still between its look at the token and the last step cannot take it', async () => {
    const file = join(folder, 'summary.json');
    const temporary = `${file}.1.tmp`;
    writeFileSync(temporary, 'late');
    // What another process has looked for and found, before it was stopped.
    expect(lock.fence.holds).toBe(true);
    const next = await takeOver();
    expect(existsSync(temporary)).toBe(false);
    await next.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('leaves the lock of the next to the next', async () => {
    const next = await takeOver();
    await lock.release();
    expect(next.fence.holds).toBe(true);
    expect(existsSync(join(folder, '.lock'))).toBe(true);
    await next.release();
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('that a lock is lost is told to who holds it, and not to who has ended', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const made = ['ended', 'holding'].map((name) => mkdtempSync(join(tmpdir(), `oxbow-fence-${name}-`)));
    const told = [vi.fn(), vi.fn()];
    const locks = await Promise.all(made.map((path, i) => lockFolder(path, { ...holding, lost: told[i]! })));
    for (const path of made) rmSync(path, { recursive: true });
    await locks[0]!.release();
    vi.advanceTimersByTime(1000);
    await vi.waitFor(() => expect(told[1]).toHaveBeenCalledOnce());
    // Both looks began together.
    for (let i = 0; i < 20; i++) await stat(folder);
    expect(told[0]).not.toHaveBeenCalled();
    await locks[1]!.release();
  } finally {
    vi.useRealTimers();
  }
});

test('what is appended late to a log lands in none', () => {
  const path = join(folder, 'progress.jsonl');
  const log = new GrowingFile(path, '1\n');
  log.append('2\n');
  const ofNext = new GrowingFile(path, '1\n');
  log.append('3\n');
  ofNext.append('2\n');
  expect(readFileSync(path, 'utf8')).toBe('1\n2\n');
  rmSync(lock.fence.token);
  expect(() => ofNext.append('3\n')).toThrow(MESSAGE);
  log.close();
  ofNext.close();
});

test('a token is not needed any more once the folder is given back', async () => {
  await lock.release();
  expect(readdirSync(folder)).toEqual([]);
  expect(new Fence(lock.fence.token).holds).toBe(false);
  writeWholeFile(join(folder, 'report.html'), '');
  expect(visible()).toEqual(['report.html']);
});

test('guards are asked immediately before the last step, and one that throws leaves nothing', () => {
  const asked: string[] = [];
  const path = join(folder, 'file');
  const end = guardFiles((file) => {
    const temporary = visible().find(isTemporary)!;
    asked.push(file, readFileSync(join(folder, temporary), 'utf8'));
    throw new Error('no');
  });
  expect(() => writeWholeFile(path, 'all of it')).toThrow('no');
  end();
  expect(asked).toEqual([path, 'all of it']);
  expect(visible()).toEqual([]);
  writeWholeFile(path, 'all of it');
  expect(visible()).toEqual(['file']);
});
