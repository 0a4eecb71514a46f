import type * as tf from '@tensorflow/tfjs-core';
import type { Rng } from '../random.ts';
import type { CompileOptions, Outputs, Tensors } from './compile.ts';
import { Graph } from './graph/graph.ts';
import { type Data, elementCount, newData } from './graph/value.ts';
import { ModuleState } from './moduleState.ts';
import { lower } from './onnx/lower.ts';
import { encodeModel, type Model, type ModelNode, type TensorSpec } from './onnx/model.ts';
import { packsOf } from './pack.ts';
import { currentRuntime } from './runtime/engine.ts';
import { plainStorage } from './runtime/runtime.ts';
import { type InputSpec, namedSignature } from './signature.ts';
import type { Draw } from './trace/tensorRng.ts';
import { type TracedFunction, trace } from './trace/trace.ts';

/** A model as ONNX, and what goes in and comes out. */
export interface OnnxModel {
  /** A file's content: an ONNX ModelProto, IR version 9, operator set 18, no other operators. */
  readonly model: Uint8Array;
  /** `noise` says of an input that is a draw from which distribution: N(0, 1) or U(0, 1), independent numbers. */
  readonly inputs: readonly (TensorSpec & { readonly noise?: Draw['kind'] })[];
  readonly outputs: readonly TensorSpec[];
}

/** An input of {@link traceToOnnx}: its shape, in which a text is a size that is free, and its type, float32 by default. */
export interface OnnxInputSpec {
  readonly shape: readonly (number | string)[];
  readonly dtype?: InputSpec['dtype'];
}

/** Options of {@link traceToOnnx}. */
export interface OnnxOptions extends CompileOptions {
  /** What programs may read of the model, by key, beside what it says of its noise. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * A function as a standard ONNX model, which any ONNX runtime runs. The variables of the state are in it with their present
 * values. Each tensor that the function draws from its rng is an input, `noise0`, `noise1`, …: N(0, 1) or U(0, 1) numbers. Which
 * they are is said in the result, in the input's documentation in the model, and in the model's metadata, `noise0` → `N(0, 1)`.
 *
 * A size may be free, one and the same in all inputs: `{ x: { shape: ['batch', 3] } }`. The function must then be one of tensors of any such
 * size: all shapes in it multiples of the size, and sums of such and numbers.
 *
 * @param inputs the function's inputs, which become the model's inputs of the same names
 * @throws what a compiled call throws, if the function assigns to a variable, if two tensors would have one name, or a size cannot be free
 */
export function traceToOnnx<T extends Tensors, O extends Outputs>(
  fn: (inputs: T, rng: Rng) => O,
  inputs: { readonly [K in keyof T]: OnnxInputSpec },
  options: OnnxOptions,
): OnnxModel {
  const where = `traceToOnnx('${options.name}')`;
  const frees = Object.entries<OnnxInputSpec>(inputs).flatMap(([input, spec]) =>
    (Array.isArray(spec?.shape) ? spec.shape : []).flatMap((name, axis) =>
      typeof name === 'string' ? [{ name, input, axis }] : [],
    ),
  );
  const [free] = frees;
  const other = frees.find(({ name }) => name !== free!.name);
  if (other !== undefined) throw new Error(`${where}: one size may be free, got '${free!.name}' and '${other.name}'`);
  const at = (size?: number) => {
    const fixed = Object.entries<OnnxInputSpec>(inputs).map(([input, spec]) => {
      const isFree = frees.some((each) => each.input === input);
      return [input, isFree ? { ...spec, shape: spec.shape.map((n) => (typeof n === 'string' ? size! : n)) } : spec];
    });
    return modelOf(where, fn as unknown as TracedFunction, Object.fromEntries(fixed), options);
  };
  let model: Model;
  try {
    model =
      free === undefined
        ? at()
        : freeSize([at(TRACED_SIZES[0]), at(TRACED_SIZES[1]), at(TRACED_SIZES[2])], free.name, free);
  } catch (error) {
    throw error instanceof FixedSizeError ? new FixedSizeError(`${where}: ${error.message}`) : error;
  }
  return { model: encodeModel(model), inputs: model.inputs as OnnxModel['inputs'], outputs: model.outputs };
}

/** A function of inputs of fixed sizes as a graph by itself, with the present values of the variables as constants. */
export function traceAlone(
  where: string,
  fn: TracedFunction,
  inputs: Readonly<Record<string, InputSpec>>,
  { name, state }: CompileOptions,
) {
  const graph = new Graph();
  const moduleState = new ModuleState(name, state);
  const variables = moduleState.variables();
  const packs = packsOf(variables, currentRuntime() ?? plainStorage);
  for (const pack of packs) pack.refresh();
  const { outputs, newState, draws } = trace({
    name,
    fn,
    graph,
    inputs: namedSignature(inputs, where).map((input) => ({
      ...input,
      value: graph.input({ kind: 'input', name: input.name }, input.shape, input.dtype),
    })),
    packs,
    variables: new Set<tf.Variable>(variables),
    constants: moduleState.constants,
    flats: packs.map((pack) => pack.variables.map(({ size }, i) => graph.constant(pack.copyOf(i), [size], pack.dtype))),
    draw: ({ shape }, index) => graph.input({ kind: 'draw', index }, shape, 'float32'),
  });
  if (newState.some((value) => value !== undefined)) {
    throw new Error(`${where}: the function assigns to a variable, which a model cannot`);
  }
  return { graph, outputs, draws };
}

/** The model of inputs of fixed sizes. */
function modelOf(
  where: string,
  fn: TracedFunction,
  inputs: Readonly<Record<string, InputSpec>>,
  { metadata = {}, ...options }: OnnxOptions,
): Model {
  const { name } = options;
  const { graph, outputs, draws } = traceAlone(where, fn, inputs, options);
  const lowered = lower(outputs, { name, inputs: graph.inputs });
  const { model } = lowered;
  const names = [...model.inputs, ...model.outputs].map((tensor) => tensor.name);
  const twice = names.find((other, i) => names.indexOf(other) !== i);
  if (twice !== undefined) throw new Error(`${where}: two tensors of the model are called '${twice}'`);
  const inputSpecs = [...lowered.inputs].map(([port, spec]) => {
    if (port?.kind !== 'draw') return spec;
    const noise = draws[port.index]!.kind;
    return { ...spec, noise, doc: NOISE[noise] };
  });
  const noises = inputSpecs.flatMap(({ name: input, doc }) => (doc === undefined ? [] : [[input, doc]]));
  return { ...model, inputs: inputSpecs, metadata: { ...metadata, ...Object.fromEntries(noises) } };
}

const NOISE = { normal: 'N(0, 1)', uniform: 'U(0, 1)' } as const;

/** One function's models at three sizes, in the order of these. */
type Three<T> = readonly [T, T, T];
type Initializer = Model['initializers'][number];

/**
 * The sizes at which a function is traced whose size is free. They are beyond each size from which on the lowering takes another form, and
 * so near to each other that none of its limits on products lies between them: the three models have the same nodes.
 */
const TRACED_SIZES: Three<number> = [1009, 1013, 1019];

/** Why a size cannot be free. */
export class FixedSizeError extends Error {}

/** A size, or an element of a shape, as a function of the free size n: times · n + plus. */
interface Affine {
  readonly times: number;
  readonly plus: number;
}

/** The function that has these values at the traced sizes; undefined if none has. */
function affine(values: Three<number>): Affine | undefined {
  const [first, second] = TRACED_SIZES;
  const times = (values[1] - values[0]) / (second - first);
  const plus = values[0] - times * first;
  const fits = values.every((value, i) => times * TRACED_SIZES[i]! + plus === value);
  return fits && Number.isInteger(times) ? { times, plus } : undefined;
}

const all = <T, U>([a, b, c]: Three<T>, f: (item: T) => U): Three<U> => [f(a), f(b), f(c)];
const sameText = ([a, b, c]: Three<unknown>): boolean => {
  const text = JSON.stringify(a);
  return JSON.stringify(b) === text && JSON.stringify(c) === text;
};

/**
 * A model of any size `name` of an input's axis, from its models at {@link TRACED_SIZES}. They have the same nodes, and differ in constants
 * alone: shapes and bounds, whose elements are affine functions of the size and are computed from the input's shape; and tensors that are one
 * slice over and over, which are expanded.
 *
 * @throws {@link FixedSizeError} if they differ in anything else
 */
function freeSize(models: Three<Model>, name: string, { input, axis }: { input: string; axis: number }): Model {
  const joined = new FreedModel(models, name);
  joined.emit('Shape', [input], joined.size, { start: axis, end: axis + 1 });
  return joined.model();
}

class FreedModel {
  /** The tensor `[1]` of the size. */
  readonly size: string;
  readonly #models: Three<Model>;
  readonly #name: string;
  readonly #nodes: ModelNode[] = [];
  readonly #initializers = new Map<string, Initializer>();
  readonly #given: Three<ReadonlyMap<string, Initializer>>;
  /** Names of the first model by those of the second and of the third. */
  readonly #own: readonly [Map<string, string>, Map<string, string>] = [new Map(), new Map()];
  readonly #constants = new Map<string, string>();

  constructor(models: Three<Model>, name: string) {
    this.#models = models;
    this.#name = name;
    this.size = `/${name}`;
    this.#given = all(models, ({ initializers }) => new Map(initializers.map((each) => [each.name, each])));
  }

  emit(op: string, inputs: readonly string[], output: string, attributes: ModelNode['attributes'] = {}): string {
    this.#nodes.push({ name: `/${op}${this.#nodes.length}:${this.#name}`, op, inputs, outputs: [output], attributes });
    return output;
  }

  model(): Model {
    const [{ name, metadata }, ...others] = this.#models;
    const inputs = this.#specs(all(this.#models, (model) => model.inputs));
    const [nodes] = all(this.#models, (model) => model.nodes);
    if (others.some((other) => other.nodes.length !== nodes.length)) this.#fail('operations of another number');
    nodes.forEach((_, i) => this.#addNode(all(this.#models, (model) => model.nodes[i]!)));
    return {
      name,
      nodes: this.#nodes,
      initializers: [...this.#initializers.values()],
      inputs,
      outputs: this.#specs(all(this.#models, (model) => model.outputs)),
      ...(metadata && { metadata }),
    };
  }

  #fail(what: string): never {
    throw new FixedSizeError(`'${this.#name}' cannot be a free size: at other sizes the function has ${what}`);
  }

  /** The model's inputs or outputs, with names for the sizes that are free. */
  #specs(specs: Three<readonly TensorSpec[]>): TensorSpec[] {
    return specs[0].map((spec, i) => {
      const own = all(specs, (each) => each[i]!);
      this.#identify(all(own, (each) => each.name));
      const shapes = all(own, (each) => each.shape as readonly number[]);
      return {
        ...spec,
        shape: this.#affineShape(`a tensor '${spec.name}'`, shapes).map((size) => this.#sizeName(size)),
      };
    });
  }

  #sizeName({ times, plus }: Affine): number | string {
    if (times === 0) return plus;
    const product = times === 1 ? this.#name : `${times}*${this.#name}`;
    return plus === 0 ? product : `${product}${plus < 0 ? '' : '+'}${plus}`;
  }

  #affineShape(what: string, shapes: Three<readonly number[]>): Affine[] {
    const sizes = shapes[0].map((_, axis) => affine(all(shapes, (shape) => shape[axis] ?? Number.NaN)));
    const isAlike = shapes.every((shape) => shape.length === sizes.length);
    if (!isAlike || sizes.includes(undefined)) this.#fail(`${what} whose shape is no multiple of it`);
    return sizes as Affine[];
  }

  /** Says that these are one tensor. */
  #identify([own, ...others]: Three<string>): void {
    others.forEach((other, i) => {
      this.#own[i]!.set(other, own);
    });
  }

  #addNode(nodes: Three<ModelNode>): void {
    const [node] = nodes;
    if (!sameText(all(nodes, ({ op, domain, attributes, inputs }) => [op, domain, attributes, inputs.length]))) {
      this.#fail(`another ${node.op} at ${node.name}`);
    }
    const inputs = node.inputs.map((_, i) =>
      this.#operand(
        node,
        all(nodes, (each) => each.inputs[i]!),
      ),
    );
    node.outputs.forEach((_, i) => {
      this.#identify(all(nodes, (each) => each.outputs[i]!));
    });
    this.#nodes.push({ ...node, inputs });
  }

  #operand(node: ModelNode, names: Three<string>): string {
    const [own, ...others] = names;
    const constants = names.map((name, i) => this.#given[i]!.get(name));
    if (constants.every((constant) => constant !== undefined)) {
      const key = String(names);
      const known = this.#constants.get(key) ?? this.#constant(node, constants as unknown as Three<Initializer>);
      this.#constants.set(key, known);
      return known;
    }
    if (others.some((other, i) => this.#own[i]!.get(other) !== own)) this.#fail(`other operands of ${node.name}`);
    return own;
  }

  #constant(node: ModelNode, constants: Three<Initializer>): string {
    const [own] = constants;
    if (constants.every((each) => each === own || isSame(each, own))) return this.#keep(own);
    const what = `a constant of ${node.name}`;
    if (own.dtype === 'int64' && constants.every(({ shape }) => String(shape) === String(own.shape))) {
      const numbers = all(constants, ({ data }) => Array.from(data, Number));
      const elements = numbers[0].map((_, i) => affine(all(numbers, (each) => each[i]!)));
      if (elements.includes(undefined)) this.#fail(`${what} that is no multiple of it`);
      return this.#vector(elements as Affine[]);
    }
    const shape = this.#affineShape(
      what,
      all(constants, (each) => each.shape),
    );
    const slices = all(constants, (constant) => repeatedSlice(constant, shape));
    if (slices.some((slice) => slice === undefined || !isSame(slice, slices[0]!))) {
      this.#fail(`${what} that is not one slice over and over`);
    }
    const expanded = this.#vector(shape);
    return this.emit('Expand', [this.#keep({ ...slices[0]!, name: `${own.name}:slice` }), expanded], own.name);
  }

  #keep(initializer: Initializer): string {
    this.#initializers.set(initializer.name, initializer);
    return initializer.name;
  }

  #int64s(numbers: readonly number[]): string {
    const data = newData('int64', numbers.map(BigInt));
    return this.#keep({ name: `/int64s(${numbers})`, dtype: 'int64', shape: [numbers.length], data });
  }

  /** The vector of these numbers, as the model computes it from the size. */
  #vector(elements: readonly Affine[]): string {
    const [times, plus] = [elements.map((each) => each.times), elements.map((each) => each.plus)];
    const name = `/${elements.map((each) => this.#sizeName(each))}`;
    if (name === this.size || this.#constants.has(name)) return name;
    this.#constants.set(name, name);
    if (plus.every((each) => each === 0)) return this.emit('Mul', [this.size, this.#int64s(times)], name);
    const product = this.emit('Mul', [this.size, this.#int64s(times)], `${name}:product`);
    return this.emit('Add', [product, this.#int64s(plus)], name);
  }
}

function isSame(a: Initializer, b: Initializer): boolean {
  if (a.dtype !== b.dtype || String(a.shape) !== String(b.shape)) return false;
  const [x, y] = [a, b].map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)) as [
    Uint8Array,
    Uint8Array,
  ];
  return x.every((byte, i) => byte === y[i]);
}

/** The slice of size 1 along the axes that depend on the size, if the constant is that slice everywhere. */
function repeatedSlice({ name, dtype, shape, data }: Initializer, sizes: readonly Affine[]): Initializer | undefined {
  const sliced = shape.map((size, axis) => (sizes[axis]!.times === 0 ? size : 1));
  const slice = newData(dtype, elementCount(sliced));
  // Elements in their order: each is that of the slice whose indices are the same, 0 along the axes that are sliced.
  const place = (element: number): number => {
    let [rest, at, stride] = [element, 0, 1];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (sliced[axis] !== 1) at += (rest % shape[axis]!) * stride;
      stride *= sliced[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    return at;
  };
  const seen = new Uint8Array(slice.length);
  for (let i = 0; i < data.length; i++) {
    const at = place(i);
    if (seen[at] === 0) {
      slice[at] = data[i] as never;
      seen[at] = 1;
    } else if (!Object.is(slice[at], data[i])) return undefined;
  }
  return { name, dtype, shape: sliced, data: slice as Data };
}
