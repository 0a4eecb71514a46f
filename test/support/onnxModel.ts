import * as tf from '@tensorflow/tfjs-core';
import { ProtobufWriter } from '../../src/engine/bytes.ts';
import { compile } from '../../src/engine/compile.ts';
import { graphFromOnnx } from '../../src/engine/graphFromOnnx.ts';
import { Rng } from '../../src/random.ts';

/** A tensor of a model: float32 unless it says another type. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
  readonly type?: 'float' | 'int64' | 'bool' | 'uint8';
}

/** A number is an integer, `{ float }` a float. */
type AttributeValue =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly strings: readonly string[] }
  | { readonly tensor: Numbers }
  | { readonly graph: ModelParts }
  | { readonly ref: string };

export interface NodeParts {
  readonly op: string;
  readonly name?: string;
  readonly domain?: string;
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

interface ValueParts {
  readonly shape?: readonly (number | string)[];
  readonly type?: Numbers['type'];
}

export interface ModelParts {
  readonly opset?: number;
  readonly nodes: readonly NodeParts[];
  readonly inputs?: Readonly<Record<string, ValueParts>>;
  readonly outputs: readonly string[];
  /** Where an output's shape is said. */
  readonly outputShapes?: Readonly<Record<string, ValueParts>>;
  readonly initializers?: Readonly<Record<string, Numbers>>;
  readonly functions?: readonly {
    readonly name: string;
    readonly inputs: string[];
    readonly outputs: string[];
    readonly nodes: NodeParts[];
  }[];
  readonly metadata?: Readonly<Record<string, string>>;
}

const TYPES = { float: 1, uint8: 2, int64: 7, bool: 9 } as const;

export function writeTensor(w: ProtobufWriter, { shape, data, type = 'float' }: Numbers, name = ''): void {
  for (const size of shape) w.int(1, size);
  w.int(2, TYPES[type]).string(8, name);
  const raw =
    type === 'float'
      ? Float32Array.from(data)
      : type === 'int64'
        ? BigInt64Array.from(data, (n) => BigInt(n))
        : Uint8Array.from(data);
  w.bytes(9, new Uint8Array(raw.buffer));
}

function writeAttribute(w: ProtobufWriter, name: string, value: AttributeValue): void {
  w.string(1, name);
  if (typeof value === 'number') w.int(3, value).int(20, 2);
  else if (typeof value === 'string') w.string(4, value).int(20, 3);
  else if ('float' in value) w.float(2, value.float).int(20, 1);
  else if ('tensor' in value) w.message(5, (tensor) => writeTensor(tensor, value.tensor)).int(20, 4);
  else if ('graph' in value) w.message(6, (graph) => writeGraph(graph, value.graph)).int(20, 5);
  else if ('ref' in value) w.string(21, value.ref).int(20, 2);
  else if ('floats' in value) {
    for (const each of value.floats) w.float(7, each);
    w.int(20, 6);
  } else if ('strings' in value) {
    for (const each of value.strings) w.string(9, each);
    w.int(20, 8);
  } else {
    for (const each of value) w.int(8, each);
    w.int(20, 7);
  }
}

function writeNode(
  w: ProtobufWriter,
  { op, name = op, domain = '', inputs = [], outputs = [], attributes = {} }: NodeParts,
) {
  for (const input of inputs) w.string(1, input);
  for (const output of outputs) w.string(2, output);
  w.string(3, name).string(4, op).string(7, domain);
  for (const [key, value] of Object.entries(attributes)) w.message(5, (a) => writeAttribute(a, key, value));
}

function writeValue(w: ProtobufWriter, name: string, { shape, type = 'float' }: ValueParts): void {
  w.string(1, name).message(2, (kind) =>
    kind.message(1, (tensor) => {
      tensor.int(1, TYPES[type]);
      if (shape === undefined) return;
      tensor.message(2, (dims) => {
        for (const size of shape)
          dims.message(1, (dim) => (typeof size === 'number' ? dim.int(1, size) : dim.string(2, size)));
      });
    }),
  );
}

function writeGraph(
  w: ProtobufWriter,
  { nodes, inputs = {}, outputs, outputShapes = {}, initializers = {} }: ModelParts,
): void {
  w.messages(1, nodes, writeNode).string(2, 'graph');
  w.messages(5, Object.entries(initializers), (tensor, [name, numbers]) => writeTensor(tensor, numbers, name));
  w.messages(11, Object.entries(inputs), (value, [name, parts]) => writeValue(value, name, parts));
  w.messages(12, outputs, (value, name) => writeValue(value, name, outputShapes[name] ?? {}));
}

/** The bytes of an ONNX model. */
export function modelBytes(parts: ModelParts): Uint8Array {
  const { opset = 18, functions = [], metadata = {} } = parts;
  return new ProtobufWriter()
    .int(1, 9)
    .message(7, (graph) => writeGraph(graph, parts))
    .message(8, (set) => set.string(1, '').int(2, opset))
    .messages(14, Object.entries(metadata), (entry, [key, value]) => entry.string(1, key).string(2, value))
    .messages(25, functions, (each, { name, inputs, outputs, nodes }) => {
      each.string(1, name).string(10, 'local');
      for (const input of inputs) each.string(4, input);
      for (const output of outputs) each.string(5, output);
      each.messages(7, nodes, writeNode);
    })
    .finish();
}

export const numbersOf = (tensor: tf.Tensor): Numbers & { readonly dtype: string } => ({
  shape: [...tensor.shape],
  data: Array.from(tensor.dataSync()),
  dtype: tensor.dtype,
});

const tensorOf = ({ shape, data, type = 'float' }: Numbers): tf.Tensor =>
  tf.tensor([...data], [...shape], type === 'float' ? 'float32' : type === 'bool' ? 'bool' : 'int32');

/**
 * What one node makes of its inputs, eagerly; compiled it must give the same.
 * @param inputs those of floats are given when it runs, others are constants of the model; undefined where one is left out
 */
export function runNode(
  op: string,
  inputs: readonly (Numbers | undefined)[],
  attributes: NodeParts['attributes'] = {},
  { opset = 18, outputs = 1, given = inputs.map((each) => each?.type === undefined) } = {},
): (Numbers & { readonly dtype: string })[] {
  const names = inputs.map((each, i) => (each === undefined ? '' : `x${i}`));
  const entries = names.flatMap((name, i) => (name === '' ? [] : [[name, inputs[i]!, given[i]!] as const]));
  const wanted = Array.from({ length: outputs }, (_, i) => `y${i}`);
  const graph = graphFromOnnx(
    modelBytes({
      opset,
      nodes: [{ op, inputs: names, outputs: wanted, attributes }],
      inputs: Object.fromEntries(
        entries.filter(([, , is]) => is).map(([name, { shape, type }]) => [name, { shape, ...(type && { type }) }]),
      ),
      outputs: wanted,
      initializers: Object.fromEntries(entries.filter(([, , is]) => !is).map(([name, numbers]) => [name, numbers])),
    }),
  );
  const compiled = compile((x: Record<string, tf.Tensor>, rng) => graph.run(x, rng), { name: op, state: [graph] });
  const results: ReturnType<typeof numbersOf>[] = [];
  tf.tidy(() => {
    const feeds = Object.fromEntries(
      entries.filter(([, , is]) => is).map(([name, numbers]) => [name, tensorOf(numbers)]),
    );
    const [eager, planned] = [graph.run(feeds, new Rng(0)), compiled(feeds, new Rng(0))];
    for (const name of wanted) {
      const [a, b] = [numbersOf(eager[name]!), numbersOf(planned[name]!)];
      expectNear(b, a.data, a.shape, 1e-5);
      results.push(a);
    }
  });
  compiled.dispose();
  graph.dispose();
  return results;
}

/** @throws if a shape differs, or a number by more than `tolerance`, relative to numbers beyond 1 */
export function expectNear(
  got: Numbers,
  expected: ArrayLike<number>,
  shape: readonly number[] = got.shape,
  tolerance = 2e-6,
): void {
  if (String(got.shape) !== String(shape) || got.data.length !== expected.length) {
    throw new Error(`got shape [${got.shape}], expected [${shape}]`);
  }
  got.data.forEach((value, i) => {
    const want = expected[i]!;
    const isNear =
      Object.is(value, want) || value === want || Math.abs(value - want) <= tolerance * Math.max(1, Math.abs(want));
    if (!isNear) throw new Error(`element ${i}: got ${value}, expected ${want}`);
  });
}
