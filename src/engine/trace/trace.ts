import * as tf from '@tensorflow/tfjs-core';
import type { Rng } from '../../random.ts';
import type { Graph } from '../graph/graph.ts';
import type { NamedPort } from '../graph/port.ts';
import { concat, reshape } from '../graph/shapes.ts';
import type { Value } from '../graph/value.ts';
import { guarded } from '../guard.ts';
import { type InputSignature, namedTensors } from '../signature.ts';
import type { Pack } from '../state/pack.ts';
import { traceBackend } from './register.ts';
import { type Draw, TensorRng } from './tensorRng.ts';
import { withTrace } from './traceBackend.ts';

/** A function as it is traced: from named tensors and an Rng to named tensors. */
export type TracedFunction = (inputs: Record<string, tf.Tensor>, rng: Rng) => Record<string, tf.Tensor>;

/** What is traced, and the values that stand for what the function gets. */
export interface TraceRequest {
  /** The compiled function's name, for errors. */
  readonly name: string;
  readonly fn: TracedFunction;
  readonly graph: Graph;
  readonly inputs: readonly (InputSignature & { readonly value: Value })[];
  readonly packs: readonly Pack[];
  /** Those of the packs that the function may use. */
  readonly variables: ReadonlySet<tf.Variable>;
  /** Tensors from outside that the function may use, as they are now. */
  readonly constants: readonly tf.Tensor[];
  /** For each pack the values of its variables at the start, each as a vector. */
  readonly flats: readonly (readonly Value[])[];
  draw(draw: Draw, index: number): Value;
}

export interface Trace {
  readonly outputs: readonly (readonly [port: NamedPort, value: Value])[];
  /** The draws, in order. */
  readonly draws: readonly Draw[];
  /** The values of the packs after the function, undefined for those it does not change. */
  readonly newState: readonly (Value | undefined)[];
}

/**
 * Runs `fn` once with tensors that stand for values of a graph.
 * @throws what `fn` throws; the variables and the active backend are as before then too
 */
export function trace({ name, fn, graph, inputs, packs, variables, constants, flats, draw }: TraceRequest): Trace {
  const backend = traceBackend();
  const engine = tf.engine();
  const asTensor = (value: Value): tf.Tensor =>
    engine.makeTensorFromTensorInfo(
      { dataId: backend.put(value), shape: [...value.shape], dtype: value.dtype as tf.DataType },
      backend,
    );
  const held: { readonly variable: tf.Variable; readonly dataId: object }[] = [];

  /** Makes a variable stand for `value`, without touching what it held. */
  const hold = (variable: tf.Variable, value: Value): void => {
    const { dataId } = asTensor(value);
    backend.incRef(dataId);
    held.push({ variable, dataId: variable.dataId });
    variable.dataId = dataId;
  };
  const release = (): void => {
    for (const { variable, dataId } of held) {
      if (backend.disposeData(variable.dataId)) engine.removeDataId(variable.dataId, backend);
      variable.dataId = dataId;
    }
  };

  const run = (): Trace => {
    packs.forEach((pack, i) => {
      pack.variables.forEach((variable, j) => {
        if (variables.has(variable)) hold(variable, reshape(graph, flats[i]![j]!, variable.shape));
      });
    });
    const tensors = Object.fromEntries(inputs.map((input) => [input.name, asTensor(input.value)]));
    const draws: Draw[] = [];
    const rng = new TensorRng(name, (each) => asTensor(draw(each, draws.push(each) - 1)));
    const starts = new Map([...variables].map((variable) => [variable, backend.lookUp(variable)]));
    const returned = namedTensors(name, fn(tensors, rng));
    const outputs = returned.map(
      ([key, tensor]) => [{ kind: 'output', name: key } as const, backend.lookUp(tensor)] as const,
    );
    const newState = packs.map((pack, i) => {
      const before = flats[i]!;
      const after = pack.variables.map((variable, j) => {
        const value = variables.has(variable) ? backend.lookUp(variable) : undefined;
        return value === undefined || value === starts.get(variable)
          ? before[j]!
          : reshape(graph, value, [variable.size]);
      });
      return after.every((value, j) => value === before[j]) ? undefined : concat(graph, after, 0);
    });
    return { outputs, draws, newState };
  };
  // Not returned through tf.tidy, which looks for tensors in all that it is given, down to the first node of the graph.
  let traced: Trace | undefined;
  const context = { graph, name, constants: new Map(constants.map((tensor) => [tensor.dataId, tensor])) };
  withTrace(context, () =>
    tf.tidy(() => {
      try {
        traced = guarded(name, run);
      } finally {
        release();
      }
    }),
  );
  return traced!;
}
