import * as tf from '@tensorflow/tfjs-core';
import type { Rng } from '../random.ts';
import { Graph } from './graph/graph.ts';
import { split } from './graph/shapes.ts';
import { type Data, elementCount, newData, type Value } from './graph/value.ts';
import { type GraphCost, type Lowered, lower } from './onnx/lower.ts';
import { encodeModel } from './onnx/model.ts';
import { Ports } from './ports.ts';
import type { Runtime } from './runtime/session.ts';
import { type Pack, packsOf } from './state/pack.ts';
import { missingRngMessage } from './trace/refusingRng.ts';
import { type InputSignature, type TracedFunction, trace } from './trace/trace.ts';
import type { Draw } from './trace/tracingRng.ts';

export type CallInputs = Readonly<Record<string, tf.Tensor | number>>;

interface PlanInput extends InputSignature {
  readonly isNumber: boolean;
  readonly buffer: Data;
}

interface PlanDraw {
  readonly kind: 'normal' | 'uniform';
  readonly buffer: Float32Array;
}

interface PlanOutput {
  readonly name: string;
  readonly shape: number[];
  readonly dtype: tf.DataType;
  readonly buffer: Data;
}

function signatureOf(name: string, inputs: CallInputs): (InputSignature & { readonly isNumber: boolean })[] {
  return Object.entries(inputs).map(([key, value]) => {
    if (typeof value === 'number') return { name: key, dtype: 'float32', shape: [], isNumber: true };
    if (!(value instanceof tf.Tensor)) {
      throw new Error(`compile('${name}'): the input '${key}' must be a tensor or a number, got ${typeof value}`);
    }
    const { dtype, shape } = value;
    if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
      throw new Error(`compile('${name}'): the input '${key}' is a ${dtype} tensor, wanted float32, int32 or bool`);
    }
    return { name: key, dtype, shape: [...shape], isNumber: false };
  });
}

interface Recorded {
  readonly lowered: Lowered;
  readonly draws: readonly Draw[];
  readonly results: readonly (readonly [string, Value])[];
}

/** Up to how many floats a tensor is moved together with others. */
const JOIN_LIMIT = 4096;

/** Traces `fn` into an ONNX model with the inputs `input.*`, `draw.*`, `state.*` and the outputs `output.*`, `next.*`. */
function record(
  name: string,
  fn: TracedFunction,
  signature: readonly InputSignature[],
  packs: readonly Pack[],
  variables: ReadonlySet<tf.Variable>,
): Recorded {
  const graph = new Graph();
  const flatsOf = (pack: Pack, i: number): readonly Value[] => {
    const sizes = pack.variables.map((variable) => variable.size);
    return split(graph, graph.input(`state.${i}`, [pack.size], pack.dtype), sizes, 0);
  };
  const traced = trace(name, fn, graph, signature, packs, variables, flatsOf, {
    input: (key) => `input.${key}`,
    draw: (i) => `draw.${i}`,
  });
  const results = traced.outputs;
  const newState = traced.newState.flatMap((value, i) => (value === undefined ? [] : [[`next.${i}`, value] as const]));
  const lowered = lower([...results.map(([key, value]) => [`output.${key}`, value] as const), ...newState], {
    name,
    joinLimit: JOIN_LIMIT,
  });
  return { lowered, draws: traced.draws, results };
}

function isSameModel({ lowered }: Recorded, other: Recorded): boolean {
  const [a, b] = [encodeModel(lowered.model), encodeModel(other.lowered.model)];
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** A function compiled for inputs of certain names, types and shapes. */
export class Plan {
  readonly #name: string;
  readonly #variables: readonly tf.Variable[];
  readonly #inputs: readonly PlanInput[];
  readonly #draws: readonly PlanDraw[];
  readonly #outputs: readonly PlanOutput[];
  /** Absent where the function returns nothing and changes nothing. */
  readonly #ports: Ports | undefined;
  readonly cost: GraphCost;

  /**
   * @param checkRepeatable trace twice and compare, to find what changes from call to call without being an input
   * @throws what `fn` throws, or if the two traces differ
   */
  constructor(
    name: string,
    fn: TracedFunction,
    inputs: CallInputs,
    variables: readonly tf.Variable[],
    runtime: Runtime,
    checkRepeatable: boolean,
  ) {
    const signature = signatureOf(name, inputs);
    const packs = packsOf(name, variables);
    const allowed = new Set(variables);
    const recorded = record(name, fn, signature, packs, allowed);
    if (checkRepeatable && !isSameModel(recorded, record(name, fn, signature, packs, allowed))) {
      throw new Error(
        `compile('${name}'): the function is not the same when it is traced twice: it draws random numbers elsewhere than from ` +
          'its rng (tf.randomNormal, tf.dropout, Math.random), or uses numbers that change: pass these in `inputs`',
      );
    }
    this.#name = name;
    this.#variables = variables;
    this.cost = recorded.lowered.cost;
    const ports = recorded.lowered.model.outputs.length === 0 ? undefined : new Ports(recorded.lowered, runtime);
    this.#ports = ports;
    this.#inputs = signature.map((input) => {
      const { name: key, dtype, shape } = input;
      const size = elementCount(shape);
      return { ...input, buffer: ports?.input(`input.${key}`, dtype, size) ?? newData(dtype, size) };
    });
    this.#draws = recorded.draws.map(({ kind, shape }, i) => {
      const size = elementCount(shape);
      return { kind, buffer: (ports?.input(`draw.${i}`, 'float32', size) as Float32Array) ?? new Float32Array(size) };
    });
    this.#outputs = recorded.results.map(([key, { shape, dtype }]) => ({
      name: key,
      shape: [...shape],
      dtype: dtype as tf.DataType,
      buffer: ports!.output(`output.${key}`, dtype, elementCount(shape)),
    }));
    packs.forEach((pack, i) => {
      ports?.addPack(pack, `state.${i}`, `next.${i}`);
    });
  }

  /** Whether this plan is for such inputs. */
  matches(inputs: CallInputs): boolean {
    let count = 0;
    for (const _ in inputs) count++;
    if (count !== this.#inputs.length) return false;
    for (const input of this.#inputs) {
      const value = inputs[input.name];
      if (input.isNumber) {
        if (typeof value !== 'number') return false;
      } else {
        if (value === undefined || typeof value === 'number' || value.dtype !== input.dtype) return false;
        const { shape } = value;
        if (shape.length !== input.shape.length) return false;
        for (let i = 0; i < shape.length; i++) if (shape[i] !== input.shape[i]) return false;
      }
    }
    return true;
  }

  run(inputs: CallInputs, rng: Rng | undefined): Record<string, tf.Tensor> {
    const engine = tf.engine();
    this.#feed(engine, inputs, rng);
    this.#ports?.run();
    const results: Record<string, tf.Tensor> = {};
    for (const { name, buffer, shape, dtype } of this.#outputs) {
      results[name] = engine.makeTensor(buffer.slice() as tf.DataTypeMap['float32'], shape, dtype);
    }
    return results;
  }

  dispose(): void {
    this.#ports?.dispose();
  }

  #feed(engine: ReturnType<typeof tf.engine>, inputs: CallInputs, rng: Rng | undefined): void {
    for (const variable of this.#variables) {
      if (variable.isDisposed) {
        throw new Error(`compile('${this.#name}'): the variable '${variable.name}' in the state is disposed`);
      }
    }
    for (const { name, isNumber, buffer } of this.#inputs) {
      const value = inputs[name]!;
      if (isNumber) buffer[0] = value as number;
      else {
        const tensor = value as tf.Tensor;
        if (tensor.isDisposed) throw new Error(`compile('${this.#name}'): the input '${name}' is disposed`);
        (buffer as Float32Array).set(engine.readSync(tensor.dataId) as Float32Array);
      }
    }
    for (const { kind, buffer } of this.#draws) {
      if (rng === undefined) throw new Error(missingRngMessage(this.#name, `${kind}Tensor`));
      if (kind === 'normal') rng.fillNormal(buffer);
      else rng.fillUniform(buffer);
    }
  }
}
