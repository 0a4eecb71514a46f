import { createHash } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { binary, reduce, unary } from '../../src/engine/graph/elementwise.ts';
import { Graph } from '../../src/engine/graph/graph.ts';
import { type Convolution, convolution, matMul } from '../../src/engine/graph/linearAlgebra.ts';
import { transpose } from '../../src/engine/graph/shapes.ts';
import type { Port, Value } from '../../src/engine/graph/value.ts';
import { selectEngine } from '../../src/engine/runtime/engine.ts';
import type { Executable, Runtime, Slot } from '../../src/engine/runtime/runtime.ts';
import { wasmRuntime } from '../../src/engine/wasm/executable.ts';
import { Rng } from '../../src/random.ts';
import { input, output } from './graphPorts.ts';

const THREADS = [1, 2, 3];
const runtimes = THREADS.map((threads) => wasmRuntime({ threads }));

afterAll(async () => {
  for (const runtime of runtimes) runtime.dispose!();
  await selectEngine();
});

const a = (g: Graph, shape: readonly number[]) => input(g, 'a', shape);
const b = (g: Graph, shape: readonly number[]) => input(g, 'b', shape);

const images: Convolution = {
  images: [9, 25, 25, 8],
  filter: [3, 3, 8, 33],
  results: [9, 13, 13, 33],
  kernel: [3, 3],
  strides: [2, 2],
  dilations: [1, 1],
  pads: [1, 1, 1, 1],
  counts: [13, 13],
};

/** Graphs of enough work to be divided, with sizes that no number of parts divides. */
const GRAPHS: Readonly<Record<string, (g: Graph) => Value>> = {
  'a product by rows': (g) => matMul(g, a(g, [333, 129]), b(g, [129, 77])),
  'a product by columns': (g) => matMul(g, a(g, [77, 129]), b(g, [129, 333])),
  'a transposed left side, in panels': (g) => matMul(g, a(g, [333, 129]), b(g, [333, 77]), true),
  'a transposed right side': (g) => matMul(g, a(g, [333, 129]), b(g, [77, 129]), false, true),
  'a long sum in blocks': (g) => matMul(g, a(g, [1001, 61]), b(g, [1001, 47]), true),
  'few columns': (g) => matMul(g, a(g, [2001, 301]), b(g, [301, 5])),
  'several products': (g) => matMul(g, a(g, [3, 131, 65]), b(g, [3, 65, 133])),
  'a grid of rows': (g) => unary(g, 'Tanh', binary(g, 'Add', a(g, [1999, 67]), b(g, [67]))),
  'a grid of a transposed operand': (g) =>
    unary(g, 'Tanh', binary(g, 'Mul', transpose(g, a(g, [331, 401]), [1, 0]), b(g, [401, 331]))),
  'a grid that runs backwards': (g) => {
    const backwards = [a(g, [200_003]), g.int64s([-1]), g.int64s([-200_004]), g.int64s([0]), g.int64s([-1])];
    return unary(g, 'Tanh', g.node('Slice', backwards, [200_003], 'float32'));
  },
  'a convolution': (g) => convolution(g, 'Conv2D', [a(g, images.images), b(g, images.filter)], images),
  "a convolution's gradient by images": (g) =>
    convolution(g, 'Conv2DBackpropInput', [a(g, images.results), b(g, images.filter)], images),
  "a convolution's gradient by its filter": (g) =>
    convolution(g, 'Conv2DBackpropFilter', [a(g, images.images), b(g, images.results)], images),
  'sums over a batch': (g) => reduce(g, 'ReduceSum', a(g, [4999, 1003]), [0], false),
  'a sum of all, which no part is of, and what is made from it': (g) =>
    binary(g, 'Mul', reduce(g, 'ReduceSum', a(g, [4999, 1003]), [0, 1], false), b(g, [199_999])),
  'sums of rows': (g) => reduce(g, 'ReduceSum', a(g, [4999, 1003]), [1], true),
};

interface Divided extends Executable {
  readonly program: { readonly kernels: readonly { readonly parts?: number }[] };
}

function load(runtime: Runtime, make: (g: Graph) => Value) {
  const g = new Graph();
  const port = output('y');
  const value = make(g);
  const executable = runtime.load({ name: 'threads', outputs: [[port, value]], moving: new Set() }) as Divided;
  for (const { input: given } of g.inputs) fill(executable.input(given)!, given);
  return { executable, bits: () => hashOf(executable.output(port)) };
}

function hashOf({ data }: Slot): string {
  const { buffer, byteOffset, byteLength } = data;
  return createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex');
}

function fill({ data }: Slot, port: Port): void {
  new Rng((port as { name: string }).name).fillNormal(data as Float32Array);
}

describe('the same bits by one, two and three threads', () => {
  test.each(Object.entries(GRAPHS))('%s', (name, make) => {
    const hashes = runtimes.flatMap((runtime, i) => {
      const { executable, bits } = load(runtime, make);
      const isDivided = executable.program.kernels.some(({ parts }) => parts !== undefined);
      expect(isDivided, `${THREADS[i]} threads`).toBe(THREADS[i]! > 1 && !name.includes('backwards'));
      const found = [1, 2, 3].map(() => {
        executable.run();
        return bits();
      });
      executable.dispose();
      return found;
    });
    expect(new Set(hashes).size).toBe(1);
  });
});
