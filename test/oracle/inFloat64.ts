import type * as tf from '@tensorflow/tfjs-core';
import { Graph } from '../../src/engine/graph/graph.ts';
import { elementCount, type Value } from '../../src/engine/graph/value.ts';
import { packsOf } from '../../src/engine/pack.ts';
import { plainStorage } from '../../src/engine/runtime/runtime.ts';
import { type TracedFunction, trace } from '../../src/engine/trace/trace.ts';
import type { Module } from '../../src/module.ts';
import type { Rng } from '../../src/random.ts';
import { evaluateGraph } from './evaluateGraph.ts';

/** Values by name: of variables (their paths), of inputs. */
export type Numbers = Readonly<Record<string, readonly number[]>>;

/**
 * A function of tensors that returns a scalar, as a function in float64: it is traced once, and its graph is evaluated in plain
 * numbers wherever it is asked for. A finite difference of that is right to many digits, where one in float32 is not.
 *
 * What the function draws comes from `noise` at each evaluation, so that its seed fixes it.
 */
export function inFloat64(
  module: Module,
  shapes: Readonly<Record<string, readonly number[]>>,
  fn: (inputs: Record<string, tf.Tensor>, rng: Rng) => tf.Tensor,
  noise: () => Rng,
): (variables: Numbers, inputs: Numbers) => number {
  const graph = new Graph();
  const named = module.namedVariables();
  const entries = [...named];
  const states = entries.map(([, { size }], index) => graph.input({ kind: 'state', index }, [size], 'float32'));
  const stateOf = new Map(entries.map(([, variable], i) => [variable, states[i]!]));
  const given = Object.entries(shapes).map(([name, shape]) => ({
    name,
    shape: [...shape],
    dtype: 'float32' as const,
    value: graph.input({ kind: 'input', name }, [...shape], 'float32'),
  }));
  const packs = packsOf([...named.values()], plainStorage);
  const drawn: Value[] = [];
  const { outputs, draws } = trace({
    name: 'inFloat64',
    fn: ((inputs, rng) => ({ loss: fn(inputs, rng) })) satisfies TracedFunction,
    graph,
    inputs: given,
    packs,
    variables: new Set(named.values()),
    constants: [],
    flats: packs.map((pack) => pack.variables.map((variable) => stateOf.get(variable)!)),
    draw({ shape }, index) {
      drawn.push(graph.input({ kind: 'draw', index }, shape, 'float32'));
      return drawn[index]!;
    },
  });
  const rng = noise();
  const numbers = draws.map(({ kind, shape }) => {
    const array = new Float32Array(elementCount(shape));
    return Array.from(kind === 'normal' ? rng.fillNormal(array) : rng.fillUniform(array));
  });
  const [[, loss]] = outputs as [[unknown, Value]];
  const evaluate = evaluateGraph([loss]);
  return (variables, inputs) => {
    const elements = new Map<Value, readonly number[]>([
      ...entries.map(([path], i) => [states[i]!, variables[path]!] as const),
      ...given.map(({ name, value }) => [value, inputs[name]!] as const),
      ...drawn.map((value, i) => [value, numbers[i]!] as const),
    ]);
    return evaluate(elements)[0]![0]!;
  };
}
