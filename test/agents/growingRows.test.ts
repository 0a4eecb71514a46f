import { expect, test } from 'vitest';
import { GrowingRows } from '../../agents/core/observationRows.ts';

const CHUNK_BYTES = 2 ** 22;

const bytesOf = ({ buffer }: Float32Array | Uint8Array) => Buffer.from(buffer);
const isSame = (a: Float32Array | Uint8Array, b: Float32Array | Uint8Array) => bytesOf(a).equals(bytesOf(b));

test.each([
  [Float32Array, 3],
  // Copied otherwise than few numbers.
  [Float32Array, 100],
  [Uint8Array, 5000],
  // A row of more than a chunk.
  [Uint8Array, CHUNK_BYTES + 1],
] as const)('rows of %o of %i numbers stay where they were written, over the borders of chunks', (type, width) => {
  const perChunk = Math.max(1, 2 ** Math.floor(Math.log2(CHUNK_BYTES / width / type.BYTES_PER_ELEMENT)));
  const capacity = 2 * perChunk + 1;
  const rows = new GrowingRows<Float32Array | Uint8Array>(type, width, capacity);
  const written = [0, 1, perChunk - 1, perChunk, 2 * perChunk - 1, 2 * perChunk].filter((row) => row < capacity);
  /** All entries of a row, the first and the last of which differ. */
  const entries = (row: number) => {
    const values = new Float32Array(width).fill(row % 251);
    values[0] = (row % 251) + 1;
    values[width - 1] = (row % 251) + 2;
    return values;
  };
  for (const row of written) {
    const source = new Float32Array(2 * width).fill(255);
    source.set(entries(row), width);
    rows.write(row, source, 1);
  }
  for (const row of written) {
    const target = new Float32Array(3 * width);
    rows.read(row, target, 1);
    const wanted = new Float32Array(3 * width);
    wanted.set(entries(row), width);
    expect(isSame(target, wanted)).toBe(true);
  }
  const all = rows.first(capacity);
  expect(all).toBeInstanceOf(type);
  expect(all).toHaveLength(capacity * width);
  for (const row of written) expect(all[(row + 1) * width - 1]).toBe((row % 251) + 2);
  const copy = new GrowingRows<Float32Array | Uint8Array>(type, width, capacity);
  copy.setFirst(all, capacity, 'rows');
  expect(isSame(copy.first(capacity), all)).toBe(true);
});

test('memory is taken when rows are written, chunk by chunk, and no more than the capacity needs', () => {
  const taken: number[] = [];
  const counted = new Proxy(Float32Array, {
    construct(target, [length]) {
      taken.push(length * 4);
      return new target(length);
    },
  });
  const rows = new GrowingRows(counted, 64, 40_000);
  expect(taken).toEqual([]);
  const perChunk = CHUNK_BYTES / 4 / 64;
  rows.write(0, new Float32Array(64), 0);
  rows.write(perChunk - 1, new Float32Array(64), 0);
  expect(taken).toEqual([CHUNK_BYTES]);
  rows.write(perChunk, new Float32Array(64), 0);
  rows.write(39_999, new Float32Array(64), 0);
  expect(taken).toEqual([CHUNK_BYTES, CHUNK_BYTES, (40_000 - 2 * perChunk) * 64 * 4]);
});

test('single numbers are 0 until they are set', () => {
  const rows = new GrowingRows(Int32Array, 1, 3_000_000);
  rows.set(2_500_000, -7);
  expect([rows.get(0), rows.get(2_499_999), rows.get(2_500_000)]).toEqual([0, 0, -7]);
});
