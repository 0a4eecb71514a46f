import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, test } from 'vitest';
import { ProtobufWriter } from '../../../src/engine/bytes.ts';
import { compile } from '../../../src/engine/compile.ts';
import { graphFromOnnx } from '../../../src/engine/graphFromOnnx.ts';
import { traceToOnnx } from '../../../src/engine/traceToOnnx.ts';
import { Rng } from '../../../src/random.ts';
import { type ModelParts, modelBytes, writeTensor } from '../../support/onnxModel.ts';
import { Net, numbers } from '../support.ts';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-onnx-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** y = x w + b with two weights. */
const LINEAR: ModelParts = {
  nodes: [{ op: 'Gemm', name: 'layer', inputs: ['x', 'w', 'b'], outputs: ['y'] }],
  inputs: { x: { shape: ['batch', 2] } },
  outputs: ['y'],
  initializers: { w: { shape: [2, 2], data: [1, 2, 3, 4] }, b: { shape: [2], data: [0.5, -0.5] } },
};
const x = () => tf.tensor2d([[1, -1]]);

/** What is wrong with a model, or with its run on a row of numbers. */
function problemOf(parts: ModelParts): string {
  try {
    const graph = graphFromOnnx(modelBytes(parts));
    tf.tidy(() => graph.run({ x: x() }, new Rng(0)));
  } catch (error) {
    const { message } = error as Error;
    expect(message.split('\n')).toHaveLength(1);
    expect(message.length).toBeLessThan(400);
    return message;
  }
  throw new Error('it ran');
}

describe('a graph', () => {
  test('says what it takes and gives, and has its weights as variables under their names', () => {
    const graph = graphFromOnnx(modelBytes({ ...LINEAR, metadata: { chunk: '3' } }));
    expect(graph.inputs).toEqual([{ name: 'x', type: 'float', shape: ['batch', 2] }]);
    expect(graph.outputs.map(({ name }) => name)).toEqual(['y']);
    expect(graph.metadata.get('chunk')).toBe('3');
    expect([...graph.namedVariables().keys()]).toEqual(['weights.w', 'weights.b']);
    tf.tidy(() => {
      expect(numbers(graph.run({ x: x() }).y!)).toEqual([-1.5, -2.5]);
      graph.weights.byName.get('b')!.assign(tf.tensor1d([10, 20]));
      expect(numbers(graph.run({ x: x() }).y!)).toEqual([8, 18]);
    });
    graph.dispose();
  });

  test('has filters of images as tfjs has them, [height, width, in, out], if nothing else reads them', () => {
    const filter = { shape: [4, 3, 2, 1], data: Array.from({ length: 24 }, (_, i) => i) };
    const image = { x: { shape: [1, 3, 2, 2] } };
    const conv = { op: 'Conv', inputs: ['x', 'w'], outputs: ['y'] };
    const of = (parts: Partial<ModelParts>) =>
      graphFromOnnx(
        modelBytes({ nodes: [conv], inputs: image, outputs: ['y'], initializers: { w: filter }, ...parts }),
      ).weights.byName.get('w')!;
    expect(of({}).shape).toEqual([2, 1, 3, 4]);
    expect(numbers(of({})).slice(0, 5)).toEqual([0, 6, 12, 18, 2]);
    const other = { op: 'ReduceSum', inputs: ['w'], outputs: ['z'] };
    expect(of({ nodes: [conv, other], outputs: ['y', 'z'] }).shape).toEqual([4, 3, 2, 1]);
  });

  test('takes names that objects have otherwise', () => {
    const names = ['dispose', '__proto__', 'constructor', 'byName'];
    const graph = graphFromOnnx(
      modelBytes({
        nodes: names.map((name, i) => ({ op: 'Add', inputs: [i === 0 ? 'x' : `y${i}`, name], outputs: [`y${i + 1}`] })),
        inputs: { x: { shape: [1, 2] } },
        outputs: ['y4'],
        initializers: Object.fromEntries(names.map((name) => [name, { shape: [2], data: [1, 2] }])),
      }),
    );
    tf.tidy(() => {
      expect(numbers(graph.run({ x: x() }).y4!)).toEqual([5, 7]);
    });
    expect(graph.variables()).toHaveLength(4);
    graph.dispose();
    expect(({} as Record<string, unknown>).shape).toBeUndefined();
  });

  test('leaves no tensors behind', () => {
    const graph = graphFromOnnx(modelBytes(LINEAR));
    const given = x();
    graph.run({ x: given }).y!.dispose();
    const before = tf.memory().numTensors;
    graph.run({ x: given }).y!.dispose();
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose(given);
    graph.dispose();
  });

  test('is what this engine exports, to the last bits', () => {
    const net = new Net([3, 4, 2], 'net');
    const { model } = traceToOnnx(
      (inputs: { x: tf.Tensor }) => ({ y: net.apply(inputs.x) }),
      { x: { shape: ['batch', 3] } },
      { name: 'net', state: [net] },
    );
    const graph = graphFromOnnx(model);
    tf.tidy(() => {
      const given = new Rng(0).normalTensor([5, 3]);
      const [got, wanted] = [numbers(graph.run({ x: given }).y!), numbers(net.apply(given))];
      got.forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 6));
    });
  });

  test('has gradients by its inputs and weights', () => {
    const graph = graphFromOnnx(modelBytes(LINEAR));
    const w = graph.weights.byName.get('w')!;
    const { grads } = tf.variableGrads(() => tf.sum(graph.run({ x: x() }).y!), [w]);
    expect(numbers(grads[w.name]!)).toEqual([1, 1, -1, -1]);
  });

  test('only what an output needs is computed', () => {
    const unknown = { op: 'RandomNormal', inputs: [], outputs: ['z'], attributes: { shape: [2] } };
    const graph = graphFromOnnx(modelBytes({ ...LINEAR, nodes: [...LINEAR.nodes, unknown], outputs: ['y', 'z'] }));
    tf.tidy(() => {
      expect(Object.keys(graph.run({ x: x() }, undefined, ['y']))).toEqual(['y']);
    });
    expect(() => graph.run({ x: x() })).toThrow('draws random numbers');
    expect(() => graph.run({ x: x() }, undefined, 'y' as never)).toThrow('outputs: got "y", expected a list of names');
    expect(() => graph.run({ x: x() }, 5 as never)).toThrow('rng: got 5, expected an object');
    expect(() => graph.run({ x: x() }, undefined, ['w'])).toThrow('unknown output "w", expected one of y, z');
  });

  test('inputs are checked', () => {
    const graph = graphFromOnnx(modelBytes(LINEAR));
    expect(() => graph.run({})).toThrow("graphFromOnnx: input 'x': got undefined, expected a tensor");
    expect(() => graph.run({ x: tf.zeros([1, 3]) })).toThrow("input 'x': got shape [1,3], expected [batch,2]");
    expect(() => graph.run({ x: x(), z: x() })).toThrow('unknown input "z", expected one of x');
  });
});

describe('branches and functions', () => {
  const branch = (value: number): ModelParts => ({
    nodes: [{ op: 'Mul', inputs: ['x', 'factor'], outputs: ['scaled'] }],
    outputs: ['scaled'],
    initializers: { factor: { shape: [], data: [value] } },
  });
  const conditioned: ModelParts = {
    ...LINEAR,
    nodes: [
      { op: 'Shape', inputs: ['x'], outputs: ['shape'] },
      { op: 'ReduceProd', inputs: ['shape'], outputs: ['size'], attributes: { keepdims: 0 } },
      { op: 'Equal', inputs: ['size', 'two'], outputs: ['is'] },
      {
        op: 'If',
        inputs: ['is'],
        outputs: ['y'],
        attributes: { then_branch: { graph: branch(3) }, else_branch: { graph: branch(-1) } },
      },
    ],
    initializers: { two: { shape: [], data: [2], type: 'int64' } },
  };
  test('a condition on shapes chooses a branch, which sees what is outside, eagerly and compiled', () => {
    const graph = graphFromOnnx(modelBytes(conditioned));
    const compiled = compile((inputs: { x: tf.Tensor }) => ({ y: graph.run(inputs).y! }), {
      name: 'if',
      state: [graph],
    });
    tf.tidy(() => {
      for (const run of [(given: tf.Tensor) => graph.run({ x: given }), (given: tf.Tensor) => compiled({ x: given })]) {
        expect(numbers(run(x()).y!)).toEqual([3, -3]);
        expect(numbers(run(tf.ones([2, 2])).y!)).toEqual([-1, -1, -1, -1]);
      }
    });
  });

  test('a condition on values cannot be traced, and says so', () => {
    const nodes = [
      { op: 'ReduceSum', inputs: ['x'], outputs: ['sum'], attributes: { keepdims: 0 } },
      { op: 'Cast', inputs: ['sum'], outputs: ['is'], attributes: { to: 9 } },
      conditioned.nodes[3]!,
    ];
    const graph = graphFromOnnx(modelBytes({ ...conditioned, nodes }));
    const compiled = compile((inputs: { x: tf.Tensor }) => ({ y: graph.run(inputs).y! }), {
      name: 'if',
      state: [graph],
    });
    expect(() => compiled({ x: x() })).toThrow("node 'If' (If): input 0 depends on the values of others");
  });

  test('a function of the file runs with the attributes of its caller', () => {
    const graph = graphFromOnnx(
      modelBytes({
        ...LINEAR,
        nodes: [{ op: 'Best', domain: 'local', inputs: ['x'], outputs: ['y'], attributes: { along: 1 } }],
        functions: [
          {
            name: 'Best',
            inputs: ['a'],
            outputs: ['b'],
            nodes: [
              { op: 'ArgMax', inputs: ['a'], outputs: ['b'], attributes: { axis: { ref: 'along' }, keepdims: 0 } },
            ],
          },
        ],
      }),
    );
    tf.tidy(() => {
      expect(numbers(graph.run({ x: tf.tensor2d([[1, 5]]) }).y!)).toEqual([1]);
    });
  });

  test('functions that call themselves end in one line', () => {
    const nodes = [{ op: 'Round', domain: 'local', inputs: ['a'], outputs: ['b'] }];
    const parts = { ...LINEAR, nodes: [{ op: 'Round', domain: 'local', inputs: ['x'], outputs: ['y'] }] };
    expect(problemOf({ ...parts, functions: [{ name: 'Round', inputs: ['a'], outputs: ['b'], nodes }] })).toMatch(
      'deeper than 16 levels',
    );
    const twice = Array.from({ length: 14 }, (_, i) => ({
      name: `F${i}`,
      inputs: ['a'],
      outputs: ['b'],
      nodes: Array.from({ length: 8 }, (__, k) => ({
        op: i === 0 ? 'Neg' : `F${i - 1}`,
        domain: i === 0 ? '' : 'local',
        inputs: [k === 0 ? 'a' : `t${k - 1}`],
        outputs: [k === 7 ? 'b' : `t${k}`],
      })),
    }));
    const laughs = {
      ...LINEAR,
      nodes: [{ op: 'F13', domain: 'local', inputs: ['x'], outputs: ['y'] }],
      functions: twice,
    };
    expect(problemOf(laughs)).toMatch('a run of more than 20000 nodes');
  });
});

test('draws come from the rng', () => {
  const graph = graphFromOnnx(
    modelBytes({
      ...LINEAR,
      nodes: [
        {
          op: 'RandomNormalLike',
          inputs: ['x'],
          outputs: ['n'],
          attributes: { mean: { float: 3 }, scale: { float: 0.5 } },
        },
        { op: 'RandomUniform', outputs: ['u'], attributes: { shape: [1000], low: { float: -1 }, high: { float: 3 } } },
        { op: 'Bernoulli', inputs: ['p'], outputs: ['b'] },
        { op: 'Multinomial', inputs: ['logits'], outputs: ['m'], attributes: { sample_size: 4000 } },
      ],
      outputs: ['n', 'u', 'b', 'm'],
      initializers: {
        p: { shape: [4000], data: new Array<number>(4000).fill(0.25) },
        logits: { shape: [1, 3], data: [Math.log(0.5), Math.log(0.2), Math.log(0.3)] },
      },
    }),
  );
  tf.tidy(() => {
    const draw = (seed: number) => graph.run({ x: tf.zeros([4000, 2]) }, new Rng(seed));
    const first = draw(0);
    expect(numbers(draw(0).n!)).toEqual(numbers(first.n!));
    expect(numbers(draw(1).n!)).not.toEqual(numbers(first.n!));
    const { mean, variance } = tf.moments(first.n!);
    // Four standard errors of 8000 numbers.
    expect(Math.abs(mean.dataSync()[0]! - 3)).toBeLessThan(4 * (0.5 / Math.sqrt(8000)));
    expect(Math.abs(variance.dataSync()[0]! - 0.25)).toBeLessThan(4 * 0.25 * Math.sqrt(2 / 8000));
    const uniform = numbers(first.u!);
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...uniform)).toBeLessThan(3);
    const share = (values: number[], of: number) => values.filter((value) => value === of).length / values.length;
    expect(share(numbers(first.b!), 1)).toBeCloseTo(0.25, 1);
    const chosen = numbers(first.m!);
    [0.5, 0.2, 0.3].forEach((p, i) =>
      expect(Math.abs(share(chosen, i) - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / 4000)),
    );
  });
});

describe('what is no file to run is refused in one line', () => {
  const refused = (bytes: Uint8Array): string => {
    try {
      graphFromOnnx(bytes);
    } catch (error) {
      expect((error as Error).message.split('\n')).toHaveLength(1);
      return (error as Error).message;
    }
    throw new Error('it was read');
  };

  test('files that are none', () => {
    expect(refused(new Uint8Array())).toBe('graphFromOnnx: no ONNX model: it has no graph, or no set of operators');
    expect(refused(new TextEncoder().encode('{"format": "oxbow-policy"}'))).toMatch(/^graphFromOnnx: /);
    expect(() => graphFromOnnx(join(folder, 'none.onnx'))).toThrow(
      /^graphFromOnnx: .*none\.onnx cannot be read: ENOENT/,
    );
    expect(() => graphFromOnnx(folder)).toThrow('cannot be read: it is no file');
    expect(() => graphFromOnnx(3 as never)).toThrow('graphFromOnnx: source: got 3, expected a string or an Uint8Array');
  });

  test('a file is read by its path, and errors name it', () => {
    const path = join(folder, 'linear.onnx');
    writeFileSync(path, modelBytes(LINEAR));
    const graph = graphFromOnnx(path);
    expect(() => graph.run({})).toThrow(`graphFromOnnx: ${path}: input 'x'`);
  });

  test('lengths that lead out of the file, integers without an end, unknown kinds of fields', () => {
    const bytes = modelBytes(LINEAR);
    expect(refused(bytes.subarray(0, bytes.length - 30))).toMatch('where fewer are left');
    expect(refused(new Uint8Array([0x3a, 0xff, 0xff, 0xff, 0xff, 0x7f]))).toMatch('where fewer are left');
    expect(refused(new Uint8Array([0x08, 0x80]))).toMatch('an integer that has no end');
    expect(refused(new Uint8Array([0x08, ...new Array<number>(11).fill(0xff)]))).toMatch('more than 64 bits');
    expect(refused(new Uint8Array([0x0b]))).toMatch('a field of kind 3');
  });

  const withTensor = (write: (w: ProtobufWriter) => void): Uint8Array =>
    new ProtobufWriter()
      .message(7, (graph) => graph.message(5, (tensor) => write(tensor.string(8, 'w'))))
      .message(8, (set) => set.int(2, 18))
      .finish();

  test('tensors whose sizes are not those of their bytes, of other types, or in other files', () => {
    const raw = (shape: (number | bigint)[], bytes: number, type = 1) =>
      refused(
        withTensor((w) => {
          for (const size of shape) w.int(1, size);
          w.int(2, type).bytes(9, new Uint8Array(bytes));
        }),
      );
    expect(raw([2, 3], 20)).toBe("graphFromOnnx: initializer 'w': 5 numbers, expected 6 of shape [2,3]");
    expect(raw([2n ** 40n], 4)).toMatch('shape [1099511627776], expected up to 8 sizes');
    expect(raw([65536, 65536, 65536], 4)).toMatch('1 numbers, expected 281474976710656');
    expect(raw([-1], 4)).toMatch('shape [-1]');
    expect(raw([1], 3)).toMatch('3 bytes, expected a multiple of 4');
    expect(raw([1], 8, 8)).toMatch('type 8, expected numbers or bools');
    expect(raw([1, 1, 1, 1, 1, 1, 1, 1, 1], 4)).toMatch('expected up to 8 sizes');
    const external = withTensor((w) =>
      w
        .int(2, 1)
        .int(14, 1)
        .message(13, (entry) => entry.string(1, 'location').string(2, '/etc/passwd')),
    );
    expect(refused(external)).toMatch(
      'its numbers are in another file, which is not read: export the model with its weights inside (in PyTorch external_data=False)',
    );
  });

  test('numbers of every type, as raw bytes or in fields of their own', () => {
    const read = (write: (w: ProtobufWriter) => void) => {
      const bytes = new ProtobufWriter()
        .message(7, (graph) =>
          graph
            .message(1, (node) => node.string(1, 'w').string(2, 'y').string(4, 'Identity'))
            .message(5, (tensor) => write(tensor.string(8, 'w')))
            .message(12, (value) => value.string(1, 'y').message(2, (type) => type.message(1, (t) => t.int(1, 1)))),
        )
        .message(8, (set) => set.int(2, 18))
        .finish();
      return tf.tidy(() => numbers(graphFromOnnx(bytes).run({}).y!));
    };
    const raw = (type: number, data: ArrayBufferView, count: number) =>
      read((w) => w.int(1, count).int(2, type).bytes(9, new Uint8Array(data.buffer)));
    expect(raw(2, Uint8Array.of(7, 255), 2)).toEqual([7, 255]);
    expect(raw(3, Int8Array.of(-7, 127), 2)).toEqual([-7, 127]);
    expect(raw(4, Uint16Array.of(65535), 1)).toEqual([65535]);
    expect(raw(5, Int16Array.of(-3), 1)).toEqual([-3]);
    expect(raw(6, Int32Array.of(-9), 1)).toEqual([-9]);
    expect(raw(7, BigInt64Array.of(-2n, 2n ** 63n - 1n), 2)).toEqual([-2, 2 ** 31 - 1]);
    expect(raw(9, Uint8Array.of(0, 1), 2)).toEqual([0, 1]);
    // 1, −2, the least number, the greatest, −0, infinity.
    expect(raw(10, Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff, 0x8000, 0x7c00), 6)).toEqual([
      1,
      -2,
      2 ** -24,
      65504,
      -0,
      Infinity,
    ]);
    expect(raw(10, Uint16Array.of(0x7e00), 1)).toEqual([Number.NaN]);
    expect(raw(11, Float64Array.of(0.1), 1)).toEqual([Math.fround(0.1)]);
    expect(raw(13, BigUint64Array.of(5n), 1)).toEqual([5]);
    expect(raw(16, Uint16Array.of(0x3f80, 0xc040), 2)).toEqual([1, -3]);
    expect(read((w) => w.int(1, 2).int(2, 1).float(4, 1.5).float(4, -2))).toEqual([1.5, -2]);
    expect(read((w) => w.int(1, 2).int(2, 7).int(7, -4).int(7, 9))).toEqual([-4, 9]);
    expect(read((w) => w.int(1, 1).int(2, 6).int(5, -8))).toEqual([-8]);
    expect(read((w) => w.int(1, 1).int(2, 11).double(10, 0.25))).toEqual([0.25]);
    expect(read((w) => w.int(1, 1).int(2, 10).int(5, 0x3c00))).toEqual([1]);
  });

  test('operators that are not known, by their names', () => {
    const node = (op: string, domain = '') =>
      problemOf({ ...LINEAR, nodes: [{ op, domain, name: 'n', inputs: ['x'], outputs: ['y'] }] });
    expect(node('Sigmiod')).toBe(
      "graphFromOnnx: node 'n' (Sigmiod): no operator of this name runs here (the most similar one that does: Sigmoid)",
    );
    expect(node('FusedGemm', 'com.microsoft')).toMatch(
      "node 'n' (com.microsoft:FusedGemm): no operator of this name runs here",
    );
    expect(node('constructor')).toMatch('no operator of this name');
    expect(node('Loop')).toMatch('no operator of this name');
  });

  test('cycles, names that nothing gives, missing weights', () => {
    const cycle = [
      { op: 'Neg', name: 'a', inputs: ['q'], outputs: ['p'] },
      { op: 'Neg', name: 'b', inputs: ['p'], outputs: ['q'] },
      { op: 'Add', name: 'c', inputs: ['x', 'q'], outputs: ['y'] },
    ];
    expect(problemOf({ ...LINEAR, nodes: cycle })).toBe(
      "graphFromOnnx: node 'a' (Neg): nothing before it gives its input 'q'",
    );
    expect(problemOf({ ...LINEAR, initializers: {} })).toMatch(
      "node 'layer' (Gemm): nothing before it gives its input 'w'",
    );
    expect(problemOf({ ...LINEAR, outputs: ['z'] })).toMatch("nothing gives the output 'z'");
    expect(problemOf({ ...LINEAR, nodes: [{ op: 'Gemm', inputs: ['x'], outputs: ['y'] }] })).toMatch(
      "node 'Gemm' (Gemm): it has no input 1",
    );
  });

  test('wrong kinds of attributes', () => {
    expect(
      problemOf({ ...LINEAR, nodes: [{ op: 'Softmax', inputs: ['x'], outputs: ['y'], attributes: { axis: 'last' } }] }),
    ).toBe('graphFromOnnx: node \'Softmax\' (Softmax): attribute axis: got "last", expected a number');
    expect(
      problemOf({ ...LINEAR, nodes: [{ op: 'Transpose', inputs: ['x'], outputs: ['y'], attributes: { perm: 1 } }] }),
    ).toMatch('attribute perm: got 1, expected numbers');
  });

  test('tensors that would take the memory, and products that would take the time', () => {
    const grown = (...nodes: ModelParts['nodes'][number][]) =>
      problemOf({
        ...LINEAR,
        nodes,
        initializers: {
          big: { shape: [2], data: [100_000, 100_000], type: 'int64' },
          wide: { shape: [2], data: [4000, 4000], type: 'int64' },
          side: { shape: [1], data: [100_000], type: 'int64' },
          column: { shape: [2], data: [-1, 1], type: 'int64' },
          one: { shape: [1], data: [1] },
        },
      });
    const y = { outputs: ['y'] };
    expect(grown({ op: 'ConstantOfShape', inputs: ['big'], ...y })).toMatch(
      'with its result of shape [100000,100000] a row costs more than 67108864 numbers',
    );
    const sum = [
      { op: 'Reshape', inputs: ['long', 'column'], outputs: ['standing'] },
      { op: 'Add', inputs: ['long', 'standing'], ...y },
    ];
    expect(grown({ op: 'Expand', inputs: ['one', 'big'], ...y })).toMatch('shape [100000,100000] a row costs');
    expect(grown({ op: 'ConstantOfShape', inputs: ['side'], outputs: ['long'] }, ...sum)).toMatch(
      '(Add): with its result of shape [100000,100000]',
    );
    const doubling = Array.from({ length: 40 }, (_, i) => ({
      op: 'Concat',
      inputs: [i === 0 ? 'x' : `d${i - 1}`, i === 0 ? 'x' : `d${i - 1}`],
      outputs: [i === 39 ? 'y' : `d${i}`],
      attributes: { axis: 1 },
    }));
    expect(grown(...doubling)).toMatch('a row costs more than 67108864 numbers');
    expect(
      grown({ op: 'ConstantOfShape', inputs: ['wide'], outputs: ['m'] }, { op: 'MatMul', inputs: ['m', 'm'], ...y }),
    ).toMatch('a row costs more than 2147483648 products');
  });

  test('graphs within graphs without an end', () => {
    let graph: ModelParts = { nodes: [], outputs: [] };
    for (let i = 0; i < 40; i++) graph = { nodes: [{ op: 'If', attributes: { then_branch: { graph } } }], outputs: [] };
    expect(refused(modelBytes(graph))).toMatch('graphs nested deeper than 16 levels');
  });

  test('sparse weights', () => {
    const sparse = new ProtobufWriter()
      .message(7, (g) => g.message(15, (t) => writeTensor(t, { shape: [1], data: [1] })))
      .message(8, (s) => s.int(2, 18));
    expect(refused(sparse.finish())).toMatch('sparse initializers');
  });
});
