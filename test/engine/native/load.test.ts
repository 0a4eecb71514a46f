import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { loadNative, type Native } from '../../../src/engine/native/load.ts';
import { Words } from '../../../src/engine/native/words.ts';
import { Rng } from '../../../src/random.ts';

const name = `${process.platform}-${process.arch}.node`;
const prebuilt = resolve(import.meta.dirname, '../../../native/prebuilt');
const file = readFileSync(join(prebuilt, name));
const addon = createRequire(import.meta.url)(join(prebuilt, name));
const { levels } = addon as { levels: readonly string[] };

/** A program without kernels. */
const EMPTY = Words.program([], new Map(), { addresses: 0, faults: 0 }, false);

const temporary = mkdtempSync(join(tmpdir(), 'oxbow-native-'));
afterAll(() => rmSync(temporary, { recursive: true }));
let folders = 0;
/** A folder with this file and a sum, by default its own. */
function folderWith(content: Uint8Array, sumOf = content): string {
  const folder = join(temporary, `${folders++}`);
  mkdirSync(folder);
  writeFileSync(join(folder, name), content);
  writeFileSync(join(folder, 'SHA256SUMS'), `${createHash('sha256').update(sumOf).digest('hex')}  ${name}\n`);
  return folder;
}

describe('the file', () => {
  test('of this system is loaded, at the highest level that the processor has', () => {
    vi.stubEnv('OXBOW_NATIVE_LEVEL', '');
    const native = loadNative() as Native;
    expect(native.levels).toEqual(levels);
    expect(native.level).toBe(levels[0]);
    expect(native.operations.length).toBeGreaterThan(20);
    expect(new Set(native.operations).size).toBe(native.operations.length);
    expect(native.load(EMPTY)(new ArrayBuffer(65536))).toBeUndefined();
  });

  test('that is not there', () => {
    expect(loadNative(join(temporary, 'nowhere'))).toBe(`there is no ${name}`);
  });

  test.each([0, 1, 63, 4096, file.length >> 1, file.length - 1])('of which %i bytes are there', (length) => {
    expect(loadNative(folderWith(file.subarray(0, length), file))).toMatch(/^\S+ is not the file of this version: .*$/);
  });

  test('with one wrong byte', () => {
    const wrong = Buffer.from(file);
    wrong[file.length >> 1]! ^= 1;
    expect(loadNative(folderWith(wrong, file))).toMatch(/^\S+ is not the file of this version: .*$/);
  });

  test('without its sum', () => {
    const folder = folderWith(file);
    rmSync(join(folder, 'SHA256SUMS'));
    expect(loadNative(folder)).toMatch(/^ENOENT.*SHA256SUMS.*$/);
  });

  test.each(['linux-arm64', 'linux-x64', 'darwin-x64', 'win32-x64'].map((other) => `${other}.node`))(
    'of another system: %s',
    (other) => {
      if (other === name) return;
      expect(loadNative(folderWith(readFileSync(join(prebuilt, other))))).toMatch(/^.+$/);
    },
  );

  test('that is none, with a sum that is right', () => {
    expect(loadNative(folderWith(Buffer.from('\u007fELF, but only by name')))).toMatch(/^.+$/);
  });
});

describe('OXBOW_NATIVE_LEVEL', () => {
  test.each([...levels])('%s', (level) => {
    vi.stubEnv('OXBOW_NATIVE_LEVEL', level);
    const native = loadNative() as Native;
    expect(native.level).toBe(level);
    expect(native.load(EMPTY).name).toBe(level);
  });

  test('none', () => {
    vi.stubEnv('OXBOW_NATIVE_LEVEL', 'none');
    expect(loadNative()).toBe('OXBOW_NATIVE_LEVEL is none');
  });

  test('one that there is not', () => {
    vi.stubEnv('OXBOW_NATIVE_LEVEL', 'avx1024');
    expect(loadNative).toThrow(`OXBOW_NATIVE_LEVEL: got 'avx1024', expected one of ${levels.join(', ')}, none`);
  });
});

/** Arguments, and the message. */
type Wrong = readonly [args: readonly unknown[], message: string];

describe('wrong calls are errors', () => {
  const detached = new ArrayBuffer(65536);
  structuredClone(detached, { transfer: [detached] });

  test.each<Wrong>([
    [[], 'level: expected a string'],
    [[1, EMPTY], 'level: expected a string'],
    [['', EMPTY], 'level: expected one that this processor has'],
    [['sse9', EMPTY], 'level: expected one that this processor has'],
    [['baseline'.repeat(9), EMPTY], 'level: expected one that this processor has'],
    [[levels[0]], 'words: expected an Int32Array'],
    [[levels[0], null], 'words: expected an Int32Array'],
    [[levels[0], [...EMPTY]], 'words: expected an Int32Array'],
    [[levels[0], new Float32Array(EMPTY)], 'words: expected an Int32Array'],
    [[levels[0], new Uint32Array(EMPTY)], 'words: expected an Int32Array'],
    [[levels[0], new DataView(EMPTY.buffer)], 'words: expected an Int32Array'],
    [[levels[0], EMPTY.buffer], 'words: expected an Int32Array'],
    ...[null, '2', Number.NaN, 0, -1, 1.5, 65, 2 ** 32 + 1].map(
      (threads): Wrong => [[levels[0], EMPTY, threads], 'threads: expected an integer from 1 to 64'],
    ),
  ])('load(...%j)', (args, message) => {
    expect(() => addon.load(...args)).toThrow(new Error(message));
  });

  test.each(levels.map((level) => [level]))('words that are no program: %s', (level) => {
    for (let length = 0; length < EMPTY.length; length++) {
      expect(() => addon.load(level, EMPTY.subarray(0, length)), `${length}`).toThrow(/^it |^there |^a/);
    }
    const rng = new Rng('words');
    for (let i = 0; i < 1000; i++) {
      const words = Int32Array.from({ length: rng.integer(1, 41) }, () => rng.integer(-1, 8));
      words[0] = EMPTY[0]!;
      words[words.length - 1] = 2 ** 31 - rng.integer(1, 9);
      expect(() => addon.load(level, words), words.join()).toThrow(/^it |^there |^a/);
    }
  });

  test.each<Wrong>([
    [[], 'memory: expected an ArrayBuffer'],
    [[null], 'memory: expected an ArrayBuffer'],
    [[{}], 'memory: expected an ArrayBuffer'],
    [[new Uint8Array(65536)], 'memory: expected an ArrayBuffer'],
    [[new WebAssembly.Memory({ initial: 1 })], 'memory: expected an ArrayBuffer'],
    [[new ArrayBuffer(0)], 'its memory is too small'],
    [[detached], 'its memory is too small'],
    [[new ArrayBuffer(65536), 0], 'it has no such kernel'],
    [[new ArrayBuffer(65536), 2 ** 31 - 1], 'it has no such kernel'],
    ...[null, 'a', NaN, Infinity, 0.5, -2, 2 ** 31, 2 ** 32 - 1, 0n, Symbol.iterator].map(
      (kernel): Wrong => [[new ArrayBuffer(65536), kernel], 'kernel: expected an integer from -1'],
    ),
  ])('program %#', (args, message) => {
    const program = addon.load(levels[0], EMPTY);
    expect(() => program(...args)).toThrow(new Error(message));
  });
});

test('memory of WebAssembly, before and after it has grown', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const program = addon.load(levels[0], EMPTY);
  const before = memory.buffer;
  program(before);
  memory.grow(1);
  expect(() => program(before)).toThrow('its memory is too small');
  program(memory.buffer);
});

/** A product of 256 × 256 · 256 × 256 in one buffer. */
const SIDE = 256;
const PRODUCT = Int32Array.of(
  ...[EMPTY[0]!, 0, 0, 1, 1, 1, -1, 256, 3 * SIDE ** 2, 1, 4, 1, 0, SIDE, SIDE, SIDE],
  ...[0, 1, 2].flatMap((matrix) => [0, matrix * SIDE ** 2, SIDE, 1]),
);

test('several threads, each with programs of its own and helpers, while others end or are ended', async () => {
  const source = `
    const { parentPort, workerData: { path, words, product, threads } } = require('node:worker_threads');
    const { levels, load } = require(path);
    const memory = new WebAssembly.Memory({ initial: 13 });
    new Float32Array(memory.buffer, 256, 2 * 65536).fill(1);
    const shared = load(levels[0], product, threads);
    for (let i = 0; i < 50; i++) shared(memory.buffer);
    const programs = levels.flatMap((level) => Array.from({ length: 20 }, () => load(level, words)));
    for (let i = 0; i < 1000; i++) for (const program of programs) program(memory.buffer);
    parentPort.postMessage([...new Set(new Float32Array(memory.buffer, 256 + 8 * 65536, 65536))]);
    parentPort.once('message', () => { for (;;) shared(memory.buffer); });`;
  const workerData = { path: join(prebuilt, name), words: EMPTY, product: PRODUCT };
  for (let round = 0; round < 2; round++) {
    const workers = [2, 3, 4].map(
      (threads) => new Worker(source, { eval: true, workerData: { ...workerData, threads } }),
    );
    const found = workers.map(
      (worker) => new Promise((done, failed) => worker.on('message', done).on('error', failed)),
    );
    expect(await Promise.all(found)).toEqual([[SIDE], [SIDE], [SIDE]]);
    // One in the middle of its work.
    workers[0]!.postMessage('on');
    await new Promise((done) => setTimeout(done, 20));
    expect(await Promise.all(workers.map((worker) => worker.terminate()))).toEqual([1, 1, 1]);
  }
  expect(addon.load(levels[0], EMPTY)(new ArrayBuffer(65536))).toBeUndefined();
});
