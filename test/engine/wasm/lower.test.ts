import { describe, expect, test } from 'vitest';
import { binary, cast, reduce, unary, where } from '../../../src/engine/graph/elementwise.ts';
import { Graph } from '../../../src/engine/graph/graph.ts';
import { matMul } from '../../../src/engine/graph/linearAlgebra.ts';
import { concat, expand, pad, reshape, slice, split, transpose } from '../../../src/engine/graph/shapes.ts';
import { type Data, elementCount, type InputValue, type Node, type Value } from '../../../src/engine/graph/value.ts';
import { loadNative, type Native } from '../../../src/engine/native/load.ts';
import { nativeRuntime } from '../../../src/engine/native/runtime.ts';
import type { Runtime } from '../../../src/engine/runtime/runtime.ts';
import { wasmRuntime } from '../../../src/engine/wasm/executable.ts';
import { Rng } from '../../../src/random.ts';
import { evaluateGraph } from '../../oracle/evaluateGraph.ts';
import { input, output } from '../graphPorts.ts';

const RUNTIMES: Readonly<Record<string, Runtime>> = {
  wasm: wasmRuntime(),
  'wasm, a kernel a module': wasmRuntime({ largestModule: 1 }),
  native: nativeRuntime(loadNative() as Native),
};

const a = (g: Graph, shape: readonly number[]): InputValue => input(g, 'a', shape);
const b = (g: Graph, shape: readonly number[]): InputValue => input(g, 'b', shape);

/** Graphs whose values lie in memory in every way there is: in place, transposed, broadcast, backwards, beside others. */
const GRAPHS: Readonly<Record<string, (g: Graph) => Value[]>> = {
  'a row in four lanes and a rest': (g) => [binary(g, 'Add', a(g, [3, 7]), b(g, [7]))],
  'a column and a row': (g) => [binary(g, 'Mul', a(g, [6, 1]), b(g, [1, 5]))],
  'a transposed operand': (g) => [binary(g, 'Sub', transpose(g, a(g, [5, 9]), [1, 0]), b(g, [9, 5]))],
  'operations that share an index space': (g) => {
    const x = a(g, [4, 6]);
    const tanh = unary(g, 'Tanh', x);
    return [binary(g, 'Mul', tanh, x), binary(g, 'Add', unary(g, 'Exp', tanh), b(g, [4, 6])), tanh];
  },
  'a result that is used as it is and as a view': (g) => {
    const x = unary(g, 'Exp', a(g, [4, 6]));
    return [binary(g, 'Add', x, reshape(g, transpose(g, x, [1, 0]), [4, 6]))];
  },
  'more operations on one index space than one function has local variables for': (g) => {
    let x: Value = a(g, [7]);
    for (let i = 0; i < 1500; i++) x = binary(g, 'Mul', unary(g, 'Sigmoid', x), g.scalar(1 + (i % 7)));
    return [x];
  },
  'a choice by a comparison': (g) => {
    const [x, y] = [a(g, [3, 5]), b(g, [3, 5])];
    const less = binary(g, 'Less', x, y, 'bool');
    return [where(g, less, x, y), cast(g, less, 'float32'), cast(g, unary(g, 'Not', less), 'int32'), less];
  },
  'parts of a concatenation in place': (g) => {
    const x = a(g, [4, 6]);
    const [left, right] = split(g, unary(g, 'Exp', x), [2, 4], 1);
    return [concat(g, [unary(g, 'Neg', right!), binary(g, 'Mul', left!, left!), x], 1)];
  },
  'a concatenation of reshaped results': (g) => {
    const flat = [unary(g, 'Exp', a(g, [3, 5])), unary(g, 'Tanh', b(g, [7]))].map((x) =>
      reshape(g, x, [elementCount(x.shape)]),
    );
    return [unary(g, 'Sqrt', unary(g, 'Abs', concat(g, flat, 0)))];
  },
  'slices and frames': (g) => {
    const x = a(g, [5, 6, 3]);
    const part = slice(g, x, [1, 2, 0], [3, 3, 2]);
    const frame = [1, 0, 0, 2, 1, 1].flatMap((n, k, all): [number, number][] => (k % 2 ? [] : [[n, all[k + 1]!]]));
    return [pad(g, unary(g, 'Neg', part), frame, 0.5), unary(g, 'Exp', part)];
  },
  backwards: (g) => {
    const x = a(g, [5, 6]);
    const each = (n: number): Value => g.int64s([n, n]);
    const flipped = g.node('Slice', [x, each(-1), g.int64s([-6, -7]), g.int64s([0, 1]), each(-1)], [5, 6], 'float32');
    return [flipped, binary(g, 'Add', flipped, b(g, [5, 6])), reduce(g, 'ReduceSum', flipped, [1], false)];
  },
  'reductions over each set of axes': (g) => {
    const x = a(g, [3, 5, 6]);
    const sets = [[0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2]];
    return sets.flatMap((axes) =>
      (['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceProd'] as const).map((op) =>
        reduce(g, op, x, axes, axes.length === 2),
      ),
    );
  },
  'a wide sum over rows': (g) => [reduce(g, 'ReduceSum', a(g, [9, 77]), [0], true)],
  'a sum over transposed rows': (g) => [
    g.node(
      'ReduceSum',
      [g.node('Transpose', [a(g, [9, 7])], [7, 9], 'float32', { perm: [1, 0] }), g.int64s([0])],
      [1, 9],
      'float32',
      {
        keepdims: 1,
      },
    ),
  ],
  ...Object.fromEntries(
    // Of the last ones sides are packed, and k is walked in blocks, with and without a rest.
    '1×1×1 1×9×13 13×9×1 5×3×2 2×17×33 9×8×19 34×5×21 18×310×43 33×512×30 19×100×97'.split(' ').flatMap((sizes) => {
      const [m, k, n] = sizes.split('×').map(Number) as [number, number, number];
      return [0, 1, 2, 3].map((flags) => {
        const [transA, transB] = [flags % 2 === 1, flags > 1];
        const product = (g: Graph) =>
          matMul(g, a(g, transA ? [k, m] : [m, k]), b(g, transB ? [n, k] : [k, n]), transA, transB);
        return [`a product ${sizes}, transposed: ${transA}, ${transB}`, (g: Graph) => [product(g)]];
      });
    }),
  ),
  'a product over batches, one side broadcast': (g) => [matMul(g, a(g, [3, 4, 5]), b(g, [1, 5, 6]), false, false)],
  'large products over batches': (g) => [matMul(g, a(g, [2, 17, 300]), b(g, [1, 300, 33]), false, false)],
  'a large product of slices, put beside another': (g) => {
    const product = matMul(
      g,
      slice(g, a(g, [22, 330]), [1, 2], [17, 320]),
      slice(g, b(g, [330, 60]), [2, 1], [320, 31]),
    );
    return [
      concat(g, [product, input(g, 'c', [17, 3])], 1),
      concat(g, [transpose(g, product, [1, 0]), input(g, 'd', [31, 2])], 1),
    ];
  },
  'a product of slices': (g) => [
    matMul(g, slice(g, a(g, [7, 9]), [1, 2], [5, 6]), slice(g, b(g, [9, 9]), [2, 1], [6, 5])),
  ],
  'a product of an expanded column': (g) => [matMul(g, expand(g, a(g, [4, 1]), [4, 6]), b(g, [6, 5]))],
  'a product of nothing': (g) => [matMul(g, a(g, [3, 0]), b(g, [0, 2]))],
  'products of nothing, in a batch': (g) => [matMul(g, a(g, [3, 2, 0]), b(g, [3, 0, 2]))],
  'nothing at all': (g) => [unary(g, 'Exp', a(g, [0, 4])), reduce(g, 'ReduceSum', b(g, [0, 3]), [0], false)],
  'an input, a constant and one result twice': (g) => {
    const x = a(g, [2, 3]);
    const doubled = binary(g, 'Add', x, x);
    return [
      x,
      g.constant(Float32Array.of(1, 2, 3), [3], 'float32'),
      expand(g, g.scalar(2.5), [2, 2]),
      doubled,
      doubled,
    ];
  },
  'constants that no operation uses, made last': (g) => [
    unary(g, 'Expm1', a(g, [1])),
    ...[1, 2, 3, 4].map((number) => g.constant(Float32Array.of(number), [1], 'float32')),
  ],
};

function numbersOf(data: Data): number[] {
  return Array.from(data as Float32Array, Number);
}

describe.each(Object.entries(RUNTIMES))('%s', (_, runtime) => {
  test.each(Object.entries(GRAPHS))('%s: as in float64', (name, make) => {
    const g = new Graph();
    const outputs = make(g).map((value, i) => [output(`y${i}`), value] as const);
    const rng = new Rng(name);
    const inputs = new Map(
      g.inputs.map((value) => [value, numbersOf(rng.fillNormal(new Float32Array(elementCount(value.shape))))]),
    );
    const executable = runtime.load({ name, outputs, moving: new Set() });
    const results = outputs.map(([port]) => executable.output(port));
    // Twice, since the first run may leave something behind.
    for (let run = 0; run < 2; run++) {
      for (const [value, values] of inputs) executable.input(value.input)?.data.set(values as never);
      executable.run();
    }
    const wanted = evaluateGraph(outputs.map(([, value]) => value))(inputs);
    outputs.forEach((_, i) => {
      const got = numbersOf(results[i]!.data);
      expect(got.length).toBe(wanted[i]!.length);
      const largest = Math.max(1, ...wanted[i]!.map(Math.abs));
      got.forEach((x, k) => {
        expect(Math.abs(x - wanted[i]![k]!), `y${i}[${k}]`).toBeLessThanOrEqual(2e-6 * largest);
      });
    });
    executable.dispose();
  });
});

test.each(Object.entries(RUNTIMES))('%s reads and writes where it is told', (name, runtime) => {
  const g = new Graph();
  const [x, y] = [a(g, [3]), b(g, [3])];
  const [sum, scaled] = [output('sum'), output('scaled')];
  const total = reduce(g, 'ReduceSum', binary(g, 'Mul', x, y), [0], false);
  const outputs = [
    [sum, total],
    [scaled, binary(g, 'Mul', x, total)],
  ] as const;
  const executable = runtime.load({ name, outputs, moving: new Set([x.input, scaled]) });
  const slots = [0, 1].map(() => ({ a: runtime.allocate('float32', 3), scaled: runtime.allocate('float32', 3) }));
  slots.forEach(({ a }, i) => a.data.set([1 + i, 2, 3] as never));
  executable.input(y.input)!.data.set([10, 20, 30] as never);
  const summed = executable.output(sum);
  slots.forEach((slot, i) => {
    executable.readFrom(x.input, slot.a);
    executable.writeTo(scaled, slot.scaled);
    executable.run();
    expect(numbersOf(summed.data)).toEqual([140 + 10 * i]);
  });
  expect(slots.map(({ scaled }) => numbersOf(scaled.data))).toEqual([
    [140, 280, 420],
    [300, 300, 450],
  ]);
  executable.dispose();
});

describe('a graph whose shapes do not hold, made by hand', () => {
  const runtime = wasmRuntime();
  const g = new Graph();
  const [x, wide, exp] = [a(g, [2, 3]), b(g, [2, 50]), unary(g, 'Exp', a(g, [3, 2]))];
  const plain = { transA: 0, transB: 0 };
  test.each<[string, readonly Value[], readonly number[], Node['attributes']]>([
    ['MatMul', [x, x], [2, 3], plain],
    ['MatMul', [x, exp], [9, 2], plain],
    ['Concat', [x, wide], [4, 3], { axis: 0 }],
    ['Add', [x, x], [2, 9], {}],
    ['ReduceSum', [x, g.int64s([0])], [1], { keepdims: 0 }],
    ['Pad', [x, g.int64s([5, 0, 0, 0]), g.scalar(0)], [2, 3], { mode: 'constant' }],
    ['ArgMax', [x], [1], { axis: 1, keepdims: 0 }],
  ])('%s: no code reaches beyond a tensor', (op, inputs, shape, attributes) => {
    const node: Node = { op, inputs, attributes, outputs: [], origin: '' };
    const value: Value = { id: 1000, shape, dtype: 'float32', node };
    (node.outputs as Value[]).push(value);
    const load = () => runtime.load({ name: op, outputs: [[output('y'), value]], moving: new Set() });
    expect(load).toThrow('reaches beyond its tensor');
  });

  test('the graph itself refuses it', () => {
    expect(() => g.node('Concat', [x, wide], [4, 3], 'float32', { axis: 0 })).toThrow(/^Concat of \[2,3\], \[2,50\]/);
    expect(() => g.node('Add', [x, x], [2, 9], 'float32')).toThrow(/^Add of \[2,3\], \[2,3\] makes \[2,3\]/);
    expect(() => g.node('Sum', [x], [2, 3], 'float32')).toThrow('the graph has no operation Sum');
  });
});
