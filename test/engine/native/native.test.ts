import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { binary, reduce, unary } from '../../../src/engine/graph/elementwise.ts';
import { Graph } from '../../../src/engine/graph/graph.ts';
import { matMul } from '../../../src/engine/graph/linearAlgebra.ts';
import { reshape, transpose } from '../../../src/engine/graph/shapes.ts';
import type { Value } from '../../../src/engine/graph/value.ts';
import { loadNative, type Native } from '../../../src/engine/native/load.ts';
import { nativeRuntime } from '../../../src/engine/native/runtime.ts';
import { input, output } from '../graphPorts.ts';

const loaded = loadNative();
if (typeof loaded === 'string') throw new Error(loaded);
const native: Native = loaded;

/** That of this level. */
function atLevel(level: string): Native {
  vi.stubEnv('OXBOW_NATIVE_LEVEL', level);
  return loadNative() as Native;
}

const a = (g: Graph, shape: readonly number[]) => input(g, 'a', shape);
const b = (g: Graph, shape: readonly number[]) => input(g, 'b', shape);

/** The words of a program. */
function wordsOf(make: (g: Graph) => Value): Int32Array {
  let found: Int32Array | undefined;
  const runtime = nativeRuntime({
    ...native,
    load(words, threads) {
      found = words;
      return native.load(words, threads);
    },
  });
  runtime.load({ name: 'test', outputs: [[output('y'), make(new Graph())]], moving: new Set() }).dispose();
  return found!;
}

/** A program of each kind of operation. */
const PROGRAMS: Readonly<Record<string, (g: Graph) => Value>> = {
  grid: (g) => unary(g, 'Tanh', binary(g, 'Add', a(g, [9, 7]), b(g, [7]))),
  'grid of strides': (g) => binary(g, 'Mul', transpose(g, a(g, [5, 9]), [1, 0]), b(g, [9, 5])),
  copy: (g) => reshape(g, transpose(g, a(g, [5, 9]), [1, 0]), [45]),
  reduction: (g) => reduce(g, 'ReduceMax', a(g, [6, 11]), [1], false),
  'reduction of columns': (g) => reduce(g, 'ReduceSum', a(g, [6, 11]), [0], false),
  product: (g) => matMul(g, a(g, [5, 7]), b(g, [7, 9])),
  'product of transposed': (g) => matMul(g, a(g, [7, 5]), b(g, [9, 7]), true, true),
  gather: (g) =>
    g.node('Gather', [a(g, [6, 3]), g.constant(Int32Array.of(5, 0, 2), [3], 'int32')], [3, 3], 'float32', { axis: 0 }),
  cumulative: (g) => g.node('CumSum', [a(g, [4, 5]), g.int64s([1])], [4, 5], 'float32', { exclusive: 1, reverse: 1 }),
  best: (g) => g.node('ArgMax', [a(g, [4, 5])], [4], 'int64', { axis: 1, keepdims: 0 }),
  sums: (g) => g.node('Einsum', [a(g, [4, 5]), b(g, [5, 3])], [4, 3], 'float32', { equation: 'ij,jk->ik' }),
};

/** Longer than any of these programs needs. */
const memory = new ArrayBuffer(1 << 16);

describe('ill-formed programs', () => {
  test.each(Object.entries(PROGRAMS))('%s: each is refused in a line, or stays in its memory', (_, make) => {
    const words = wordsOf(make);
    native.load(words)(memory);
    let refused = 0;
    const change = fc.record({
      at: fc.nat(words.length - 1),
      to: fc.oneof(fc.integer({ min: -70, max: 70 }), fc.constantFrom(2 ** 31 - 1, -(2 ** 31), 2 ** 30, 1 << 20, -1)),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), fc.nat(words.length), (changes, length) => {
        const changed = words.slice(0, length % 4 === 0 ? length : words.length);
        for (const { at, to } of changes) if (at < changed.length) changed[at] = to;
        let run: ((memory: ArrayBuffer) => void) | undefined;
        try {
          run = native.load(changed);
        } catch (error) {
          refused++;
          expect((error as Error).message).toMatch(/^[a-z].{5,80}$/);
        }
        // What has huge sizes that lie nowhere, as of a tensor of one element, would take long.
        if (run === undefined || changes.some(({ to }) => Math.abs(to) > 70)) return;
        try {
          run(memory);
        } catch (error) {
          expect((error as Error).message).toMatch(/memory|tensor/);
        }
      }),
      { numRuns: 300, seed: 1 },
    );
    expect(refused).toBeGreaterThan(100);
  });

  /** A program of one operation on one tensor. */
  const programOf = (size: number, operation: readonly number[]) =>
    Int32Array.of(wordsOf(PROGRAMS.copy!)[0]!, 0, 0, 1, 1, 1, -1, 256, size, 1, ...operation);
  const most = 2 ** 31 - 1;
  const far = 2 ** 29 - 1;
  const gridOf = (size: number) => [0, 1, size, size, size, 1, 1, 1, 0, 0, 1, 0, ...[0, 0, most, most, most]];
  const productOf = (size: number) => [4, 1, 0, 1, size, size, ...[0, 0, 0, 0], ...[0, 0, 0, 0], ...[0, 0, 0, 0]];
  const indexedOf = (size: number) => [8, 0, 0, 0, 3, 0, size, size, size, most, most, most, ...[0, 0, 0, 0, 0, 0]];

  test.each([
    ['a grid', gridOf(most), 'out of bounds'],
    ['a grid', gridOf(far), 'would leave its tensor'],
    ['a product', productOf(most), 'out of bounds'],
    ['a product', productOf(far), 'it needs too much memory'],
    ['rows by their indices', indexedOf(most), 'out of bounds'],
    ['rows by their indices', indexedOf(far), 'out of bounds'],
  ])('%s of sizes whose products do not fit into 64 bits: %j', (_, operation, message) => {
    for (const level of native.levels) {
      expect(() => atLevel(level).load(programOf(16, operation)), level).toThrow(message);
    }
  });

  test('the longest strip, of one number', () => {
    const longest = 4096;
    const copy = native.operations.indexOf('copy');
    const grid = [0, 0, 1, longest, 1, longest, 0, 1, 1, 2, 1, ...[0, 0, longest, 1], 41, ...[copy, 0, 1, 1, 1, 0]];
    for (const level of native.levels) {
      atLevel(level).load(programOf(longest, grid))(memory);
      expect(new Set(new Int32Array(memory, 256, longest)), level).toEqual(new Set([41]));
    }
  });

  test('a memory that is too small, a kernel that is not there', () => {
    const run = native.load(wordsOf(PROGRAMS.product!));
    expect(() => run(new ArrayBuffer(0))).toThrow('its memory is too small');
    expect(() => run(new ArrayBuffer(256))).toThrow('a tensor lies beyond its memory');
    expect(() => run(memory, 7)).toThrow('it has no such kernel');
  });
});
