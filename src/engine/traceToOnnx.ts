import type * as tf from '@tensorflow/tfjs-core';
import type { Rng } from '../random.ts';
import type { CompileOptions, Outputs, Tensors } from './compile.ts';
import { Graph } from './graph/graph.ts';
import { lower } from './onnx/lower.ts';
import { encodeModel, type TensorSpec } from './onnx/model.ts';
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

/**
 * A function as a standard ONNX model, which any ONNX runtime runs. The variables of the state are in it with their present
 * values. Each tensor that the function draws from its rng is an input, `noise0`, `noise1`, …: N(0, 1) or U(0, 1) numbers. Which
 * they are is said in the result, in the input's documentation in the model, and in the model's metadata, `noise0` → `N(0, 1)`.
 *
 * @param inputs the function's inputs, the batch's size fixed too, which become the model's inputs of the same names
 * @throws what a compiled call throws, if the function assigns to a variable, or if two tensors would have one name
 */
export function traceToOnnx<T extends Tensors, O extends Outputs>(
  fn: (inputs: T, rng: Rng) => O,
  inputs: { readonly [K in keyof T]: InputSpec },
  options: CompileOptions,
): OnnxModel {
  const { name } = options;
  const graph = new Graph();
  const variables = new ModuleState(name, options.state).variables();
  const packs = packsOf(variables, currentRuntime() ?? plainStorage);
  for (const pack of packs) pack.refresh();
  const { outputs, newState, draws } = trace({
    name,
    fn: fn as unknown as TracedFunction,
    graph,
    inputs: namedSignature(inputs, `traceToOnnx('${name}')`).map((input) => ({
      ...input,
      value: graph.input({ kind: 'input', name: input.name }, input.shape, input.dtype),
    })),
    packs,
    variables: new Set<tf.Variable>(variables),
    flats: packs.map((pack) => pack.variables.map(({ size }, i) => graph.constant(pack.copyOf(i), [size], pack.dtype))),
    draw: ({ shape }, index) => graph.input({ kind: 'draw', index }, shape, 'float32'),
  });
  if (newState.some((value) => value !== undefined)) {
    throw new Error(`traceToOnnx('${name}'): the function assigns to a variable, which a model cannot`);
  }
  const lowered = lower(outputs, { name, standard: true, inputs: graph.inputs });
  const { model } = lowered;
  const names = [...model.inputs, ...model.outputs].map((tensor) => tensor.name);
  const twice = names.find((other, i) => names.indexOf(other) !== i);
  if (twice !== undefined) throw new Error(`traceToOnnx('${name}'): two tensors of the model are called '${twice}'`);
  const inputSpecs = [...lowered.inputs.tensors].map(([port, spec]) => {
    if (port?.kind !== 'draw') return spec;
    const noise = draws[port.index]!.kind;
    return { ...spec, noise, doc: NOISE[noise] };
  });
  const metadata = Object.fromEntries(
    inputSpecs.flatMap(({ name: input, doc }) => (doc === undefined ? [] : [[input, doc]])),
  );
  return {
    model: encodeModel({ ...model, inputs: inputSpecs, metadata }),
    inputs: inputSpecs,
    outputs: model.outputs,
  };
}

const NOISE = { normal: 'N(0, 1)', uniform: 'U(0, 1)' } as const;
