import { columnsToImage, convolutionOf, imageToColumns } from '../graph/convolution.ts';
import { divide, subtract, unary } from '../graph/elementwise.ts';
import { matMul } from '../graph/matMul.ts';
import { reduce } from '../graph/reductions.ts';
import type { Expansion } from '../graph/rewrite.ts';
import { reshape } from '../graph/shapes.ts';
import type { Value } from '../graph/value.ts';

/** exp(x − max) / Σ exp(x − max) along an axis. */
const softmax: Expansion = (g, [x], { attributes }) => {
  const rank = x!.shape.length;
  const axes = [((attributes.axis as number) + rank) % rank];
  const powers = unary(g, 'Exp', subtract(g, x!, reduce(g, 'ReduceMax', x!, axes, true)));
  return [divide(g, powers, reduce(g, 'ReduceSum', powers, axes, true))];
};

/** A tensor as a matrix whose columns are its last axis. */
const matrix = (shape: readonly number[]): [number, number] => {
  const columns = shape.at(-1)!;
  return [shape.slice(0, -1).reduce((product, size) => product * size, 1), columns];
};

/** Convolutions are products with the pixels under the windows. */
const conv2D: Expansion = (g, inputs, node) => {
  const [x, filter] = inputs as [Value, Value];
  const { results, ...windows } = convolutionOf(node);
  const product = matMul(g, imageToColumns(g, x, windows), reshape(g, filter, matrix(filter.shape)));
  return [reshape(g, product, results)];
};

const inputGradient: Expansion = (g, inputs, node) => {
  const [dy, filter] = inputs.map((value) => reshape(g, value, matrix(value.shape))) as [Value, Value];
  return [columnsToImage(g, matMul(g, dy, filter, false, true), convolutionOf(node))];
};

const filterGradient: Expansion = (g, inputs, node) => {
  const [x, dy] = inputs as [Value, Value];
  const { filter, ...windows } = convolutionOf(node);
  const product = matMul(g, imageToColumns(g, x, windows), reshape(g, dy, matrix(dy.shape)), true);
  return [reshape(g, product, filter)];
};

/** Operations of the graph that are made of others here. */
export const EXPANSIONS: Readonly<Record<string, Expansion>> = {
  Softmax: softmax,
  Conv2D: conv2D,
  Conv2DBackpropInput: inputGradient,
  Conv2DBackpropFilter: filterGradient,
};
