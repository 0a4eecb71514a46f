import * as tf from '@tensorflow/tfjs-core';
import type { Rng } from '../../random.ts';
import type { Graph } from '../graph/graph.ts';
import { concat, reshape } from '../graph/shapes.ts';
import type { Value } from '../graph/value.ts';
import type { Pack } from '../state/pack.ts';
import { traceBackend } from './register.ts';
import { withTrace } from './traceBackend.ts';
import { type Draw, TracingRng } from './tracingRng.ts';

/** A function as it is traced: from named tensors and an Rng to named tensors. */
export type TracedFunction = (inputs: Record<string, tf.Tensor>, rng: Rng) => Record<string, tf.Tensor>;

export interface InputSignature {
  readonly name: string;
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly shape: readonly number[];
}

/** What the graph's inputs are called. */
export interface InputNames {
  input(name: string): string;
  draw(index: number): string;
}

export interface Trace {
  readonly outputs: readonly (readonly [name: string, value: Value])[];
  /** The draws, in order. */
  readonly draws: readonly Draw[];
  /** The values of the packs after the function, undefined for those it does not change. */
  readonly newState: readonly (Value | undefined)[];
}

/**
 * Runs `fn` once with tensors that stand for values of a graph.
 *
 * @param variables those of the packs that the function may use
 * @param flatsOf the values of a pack's variables at the start, each as a vector
 * @throws what `fn` throws; the variables and the active backend are as before then too
 */
export function trace(
  name: string,
  fn: TracedFunction,
  graph: Graph,
  inputs: readonly InputSignature[],
  packs: readonly Pack[],
  variables: ReadonlySet<tf.Variable>,
  flatsOf: (pack: Pack, index: number) => readonly Value[],
  names: InputNames,
): Trace {
  const backend = traceBackend();
  const engine = tf.engine();
  const asTensor = (value: Value): tf.Tensor =>
    engine.makeTensorFromTensorInfo(
      { dataId: backend.put(value), shape: [...value.shape], dtype: value.dtype as tf.DataType },
      backend,
    );
  const flats = packs.map(flatsOf);
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
    const tensors: Record<string, tf.Tensor> = {};
    for (const input of inputs)
      tensors[input.name] = asTensor(graph.input(names.input(input.name), input.shape, input.dtype));
    const rng = new TracingRng(name, (draw, index) => asTensor(graph.input(names.draw(index), draw.shape, 'float32')));
    const starts = new Map([...variables].map((variable) => [variable, backend.lookUp(variable)]));
    const returned = fn(tensors, rng);
    const outputs = outputValues(name, returned, (tensor) => backend.lookUp(tensor));
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
    return { outputs, draws: rng.draws, newState };
  };
  // Not returned through tf.tidy, which looks for tensors in all that it is given, down to the first node of the graph.
  let traced: Trace | undefined;
  withTrace({ graph, name }, () =>
    tf.tidy(() => {
      try {
        traced = run();
      } finally {
        release();
      }
    }),
  );
  return traced!;
}

function outputValues(
  name: string,
  returned: unknown,
  lookUp: (tensor: tf.Tensor) => Value,
): (readonly [string, Value])[] {
  if (typeof returned !== 'object' || returned === null || returned instanceof Promise) {
    const got = returned instanceof Promise ? 'a promise' : String(returned);
    throw new Error(`compile('${name}'): the function must return an object of tensors, got ${got}`);
  }
  return Object.entries(returned).map(([key, tensor]) => {
    if (!(tensor instanceof tf.Tensor)) {
      throw new Error(
        `compile('${name}'): the function must return an object of tensors, but '${key}' is ${typeof tensor}`,
      );
    }
    return [key, lookUp(tensor)] as const;
  });
}
