import * as tf from '@tensorflow/tfjs-core';
import { readFileBytes } from '../files.ts';
import { Module } from '../module.ts';
import { expectedOneOf, shortened, show } from '../options/describe.ts';
import { checkArgument, checkInterface } from '../options/parse.ts';
import type { Rng } from '../random.ts';
import { checkOperators, Evaluation, namesNeeded, readBy } from './onnx/evaluate.ts';
import { Budget } from './onnx/operators/operator.ts';
import { type FileGraph, type FileModel, type FileTensor, type FileValue, readModel, typeNamed } from './onnx/read.ts';
import { type InputSpec, namedSignature } from './signature.ts';
import { MissingRng } from './trace/tensorRng.ts';
import { Recording, type TracedFunction } from './trace/trace.ts';

/** Names and sizes that an error lists. */
const MOST_LISTED = 16;

/** As many names of a file as an error lists, none of them long. */
export function few(names: readonly string[]): string[] {
  const some = names.slice(0, MOST_LISTED).map(shortened);
  return names.length > MOST_LISTED ? [...some, '…'] : some;
}

/** From a filter of ONNX, `[out, in, height, width]`, to one of tfjs, and back. */
const [TO_TFJS, FROM_TFJS] = [
  [2, 3, 1, 0],
  [3, 2, 0, 1],
];

/** The weights of a graph, each a variable under its name in the file; filters of images are `[height, width, in, out]`, as tfjs has them. */
class OnnxWeights extends Module {
  /** Variables by their names in the file, which may be others here: a property cannot have any name. */
  readonly #byName = new Map<string, tf.Variable>();
  readonly #filters: ReadonlySet<string>;

  constructor(tensors: ReadonlyMap<string, FileTensor>, filters: ReadonlySet<string>) {
    super();
    this.#filters = filters;
    for (const [name, { data, shape, dtype }] of tensors) {
      const variable = tf.tidy(() => {
        const tensor = tf.tensor(data, [...shape], dtype);
        return tf.variable(filters.has(name) ? tf.transpose(tensor, TO_TFJS) : tensor);
      });
      let property = name;
      while (property in this) property = `${property}_`;
      Object.defineProperty(this, property, { value: variable, enumerable: true, configurable: true, writable: true });
      this.#byName.set(name, variable);
    }
  }

  get byName(): ReadonlyMap<string, tf.Variable> {
    return this.#byName;
  }

  /** The weights in the shapes of the file. */
  tensors(): [string, tf.Tensor][] {
    return [...this.#byName].map(([name, variable]) => [
      name,
      // Undone where a convolution turns it back.
      this.#filters.has(name) ? tf.transpose(variable, FROM_TFJS) : variable,
    ]);
  }
}

/** Names of what nodes use as filters of images, and as nothing else. */
function filtersOf({ nodes, initializers }: FileGraph): ReadonlySet<string> {
  const filters = new Set<string>();
  const others = new Set<string>();
  for (const node of nodes) {
    const inner = readBy(node).slice(node.inputs.length);
    for (const name of inner) others.add(name);
    node.inputs.forEach((name, i) => {
      (node.op === 'Conv' && i === 1 ? filters : others).add(name);
    });
  }
  return new Set([...filters].filter((name) => !others.has(name) && initializers.get(name)?.shape.length === 4));
}

/**
 * The graph of an ONNX file, as a function of tfjs tensors: it runs in Node and in a page, eagerly or in {@link compile}, which makes of it a
 * program of the engine. Its weights are variables: a state for `compile`, and for `saveModule`.
 *
 * Numbers of the types of ONNX that tfjs lacks are those of the next one: doubles and half floats are float32; integers are int32, and one
 * beyond its range is its last one.
 */
export class OnnxGraph extends Module {
  readonly outputs: readonly FileValue[];
  /** What the file says of itself, by key. */
  readonly metadata: ReadonlyMap<string, string>;
  readonly weights: OnnxWeights;
  readonly #model: FileModel;
  readonly #where: string;
  #inputs: readonly FileValue[];

  /** @param where begins the errors */
  constructor(model: FileModel, where: string) {
    super();
    this.#model = model;
    this.#where = where;
    const { graph, metadata } = model;
    this.#inputs = graph.inputs;
    this.outputs = graph.outputs;
    this.metadata = metadata;
    // Single numbers and integers say how to compute, and stay as they are.
    const isWeight = ({ dtype, data }: FileTensor) => dtype === 'float32' && data.length > 1;
    const weights = [...graph.initializers].filter(([, tensor]) => isWeight(tensor));
    this.weights = new OnnxWeights(new Map(weights), filtersOf(graph));
  }

  /** Its inputs, in the file's order: a size that is free is a text, and the shape undefined where the file has none. */
  get inputs(): readonly FileValue[] {
    return this.#inputs;
  }

  /** Frees a size of inputs by their names, at the given axis: a file that was exported for one row may do for several. */
  free(axes: ReadonlyMap<string, number>): void {
    this.#inputs = this.#model.graph.inputs.map((input) => {
      const axis = axes.get(input.name);
      if (axis === undefined || input.shape === undefined) return input;
      return { ...input, shape: input.shape.map((size, i) => (i === axis && typeof size === 'number' ? '' : size)) };
    });
  }

  /** Whether outputs depend on an input. */
  needs(input: string, outputs: readonly string[]): boolean {
    return namesNeeded(this.#model.graph.nodes, outputs).has(input);
  }

  /**
   * What outputs would be for such inputs, without a number computed: their shapes and types, and how many tensors of noise are drawn.
   * @throws as {@link run}
   */
  outline(
    inputs: Readonly<Record<string, InputSpec>>,
    outputs?: readonly string[],
  ): { readonly outputs: Readonly<Record<string, Required<InputSpec>>>; readonly draws: number } {
    const fn: TracedFunction = (given, rng) => this.run(given, rng, outputs);
    const { trace } = new Recording('outline', fn, namedSignature(inputs, this.#where), [], [], this.variables());
    const specs = trace.outputs.map(([{ name }, { shape, dtype }]) => [name, { shape, dtype }]);
    return { outputs: Object.fromEntries(specs), draws: trace.draws.length };
  }

  /**
   * The outputs for inputs. A shape of tensors within may depend on the shapes of the inputs, and not on their values.
   * @param inputs by name; one of another type is cast
   * @param rng draws the noise of nodes that draw some
   * @param outputs the names of those that are wanted, all by default; only what they need is computed
   * @throws one line, if an input is missing, unknown or of another shape, or a node cannot run
   */
  run(
    inputs: Readonly<Record<string, tf.Tensor>>,
    rng: Rng = new MissingRng(this.#where),
    outputs: readonly string[] = this.outputs.map(({ name }) => name),
  ): Record<string, tf.Tensor> {
    const given = this.#checked(inputs);
    checkInterface(this.#where, 'rng', rng, ['normalTensor', 'uniformTensor']);
    if (!Array.isArray(outputs)) {
      throw new Error(`${this.#where}: outputs: got ${show(outputs)}, expected a list of names`);
    }
    const known = this.outputs.map(({ name }) => name);
    const unknown = outputs.find((name) => !known.includes(name));
    if (unknown !== undefined) {
      throw new Error(`${this.#where}: unknown output ${show(unknown)}, ${expectedOneOf(unknown, few(known))}`);
    }
    const rows = Math.max(1, ...given.map(([, { shape }]) => shape[0] ?? 1));
    try {
      return tf.tidy(() => {
        const evaluation = new Evaluation(this.#model, rng, new Budget(rows));
        const results = evaluation.run(new Map([...this.weights.tensors(), ...given.map(typed)]), outputs);
        return Object.fromEntries(outputs.map((name, i) => [name, tf.clone(results[i]!)]));
      });
    } catch (error) {
      throw new Error(`${this.#where}: ${(error as Error).message}`, { cause: error });
    }
  }

  #checked(inputs: Readonly<Record<string, tf.Tensor>>): [FileValue, tf.Tensor][] {
    checkArgument(this.#where, 'inputs', inputs, Object);
    const names = this.inputs.map(({ name }) => name);
    const unknown = Object.keys(inputs).find((name) => !names.includes(name));
    if (unknown !== undefined) {
      throw new Error(`${this.#where}: unknown input ${show(unknown)}, ${expectedOneOf(unknown, few(names))}`);
    }
    return this.inputs.map((input) => {
      const value = inputs[input.name];
      const where = `${this.#where}: input '${shortened(input.name)}'`;
      if (!(value instanceof tf.Tensor)) throw new Error(`${where}: got ${show(value)}, expected a tensor`);
      const { shape } = input;
      const fits =
        shape === undefined ||
        (shape.length === value.rank && shape.every((size, i) => typeof size === 'string' || size === value.shape[i]));
      if (!fits) {
        throw new Error(
          `${where}: got shape [${value.shape}], expected [${few(shape.map((size) => String(size) || '?'))}]`,
        );
      }
      return [input, value];
    });
  }
}

/** An input in the type that the file says, by its name. */
function typed([{ name, type }, value]: [FileValue, tf.Tensor]): [string, tf.Tensor] {
  return [name, type === undefined ? value : tf.cast(value, typeNamed(type))];
}

/**
 * The graph of an ONNX file, to be run by tfjs or by this engine.
 *
 * @param source a path, in Node, or the bytes of the file
 * @throws one line, if it cannot be read, is no model or is damaged, has weights in other files, or an operator that does not run here
 *
 * @example
 * const graph = graphFromOnnx('actor.onnx');
 * const { actions } = graph.run({ observations: tf.zeros([1, 8]) });
 */
export function graphFromOnnx(source: string | Uint8Array): OnnxGraph {
  checkArgument('graphFromOnnx', 'source', source, [String, Uint8Array]);
  return onnxGraph('graphFromOnnx', source);
}

/** @param caller begins the errors */
export function onnxGraph(caller: string, source: string | Uint8Array): OnnxGraph {
  const where = typeof source === 'string' ? `${caller}: ${shortened(source)}` : caller;
  const bytes = typeof source === 'string' ? readFileBytes(where, source) : source;
  try {
    const model = readModel(bytes);
    checkOperators(model);
    return new OnnxGraph(model, where);
  } catch (error) {
    throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
  }
}
