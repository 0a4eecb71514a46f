import type * as tf from '@tensorflow/tfjs-core';
import type { Rng } from '../random.ts';
import type { CompileOptions, Outputs, Tensors } from './compile.ts';
import { Graph } from './graph/graph.ts';
import { FixedSizeError, freeSize, TRACED_SIZES } from './onnx/freeSize.ts';
import { lower } from './onnx/lower.ts';
import { encodeModel, type Model, type TensorSpec } from './onnx/model.ts';
import { currentRuntime } from './runtime/engine.ts';
import { plainStorage } from './runtime/plainStorage.ts';
import { type InputSpec, namedSignature } from './signature.ts';
import { ModuleState } from './state/moduleState.ts';
import { packsOf } from './state/pack.ts';
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

/** The model of inputs of fixed sizes. */
function modelOf(
  where: string,
  fn: TracedFunction,
  inputs: Readonly<Record<string, InputSpec>>,
  { name, state, metadata = {} }: OnnxOptions,
): Model {
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
  const lowered = lower(outputs, { name, standard: true, inputs: graph.inputs });
  const { model } = lowered;
  const names = [...model.inputs, ...model.outputs].map((tensor) => tensor.name);
  const twice = names.find((other, i) => names.indexOf(other) !== i);
  if (twice !== undefined) throw new Error(`${where}: two tensors of the model are called '${twice}'`);
  const inputSpecs = [...lowered.inputs.tensors].map(([port, spec]) => {
    if (port?.kind !== 'draw') return spec;
    const noise = draws[port.index]!.kind;
    return { ...spec, noise, doc: NOISE[noise] };
  });
  const noises = inputSpecs.flatMap(({ name: input, doc }) => (doc === undefined ? [] : [[input, doc]]));
  return { ...model, inputs: inputSpecs, metadata: { ...metadata, ...Object.fromEntries(noises) } };
}

const NOISE = { normal: 'N(0, 1)', uniform: 'U(0, 1)' } as const;
