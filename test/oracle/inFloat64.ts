import type * as tf from '@tensorflow/tfjs-core';
import { Graph } from '../../src/engine/graph/graph.ts';
import { elementCount, type Value } from '../../src/engine/graph/value.ts';
import { plainStorage } from '../../src/engine/runtime/plainStorage.ts';
import { packsOf } from '../../src/engine/state/pack.ts';
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
  const values = new Map<tf.Variable, Value>();
  for (const [path, variable] of named) values.set(variable, graph.input(`of ${path}`, [variable.size], 'float32'));
  const packs = packsOf([...named.values()], plainStorage);
  const { outputs, draws } = trace({
    name: 'inFloat64',
    fn: ((inputs, rng) => ({ loss: fn(inputs, rng) })) satisfies TracedFunction,
    graph,
    inputs: Object.entries(shapes).map(([name, shape]) => ({
      name,
      shape: [...shape],
      dtype: 'float32' as const,
      value: graph.input(name, [...shape], 'float32'),
    })),
    packs,
    variables: new Set(named.values()),
    flats: (pack) => pack.variables.map((variable) => values.get(variable)!),
    draw: ({ shape }, i) => graph.input(`draw ${i}`, shape, 'float32'),
  });
  const rng = noise();
  const drawn = Object.fromEntries(
    draws.map(({ kind, shape }, i) => {
      const numbers = new Float32Array(elementCount(shape));
      return [`draw ${i}`, Array.from(kind === 'normal' ? rng.fillNormal(numbers) : rng.fillUniform(numbers))];
    }),
  );
  const [[, loss]] = outputs as [[string, Value]];
  const evaluate = evaluateGraph([loss]);
  return (variables, inputs) => {
    const ofVariables = Object.fromEntries(Object.entries(variables).map(([path, value]) => [`of ${path}`, value]));
    return evaluate({ ...ofVariables, ...inputs, ...drawn })[0]![0]!;
  };
}
