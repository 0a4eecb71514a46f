import * as tf from '@tensorflow/tfjs-core';
import { add, multiply, subtract, unary } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import { matMul } from '../../graph/matMul.ts';
import { einsumShape } from '../../graph/shapeInference.ts';
import { transpose } from '../../graph/shapes.ts';
import type { Value } from '../../graph/value.ts';
import { leakyRelu, prelu, relu6 } from './functions.ts';
import { alike, type Kernel, type KernelAttributes, type KernelInputs, type Kernels, ofCounts } from './kernel.ts';

/** `x` after the activation of a fused kernel. */
export function activated(g: Graph, x: Value, inputs: KernelInputs, attributes: KernelAttributes): Value {
  switch (attributes.activation ?? 'linear') {
    case 'linear':
      return x;
    case 'relu':
      return unary(g, 'Relu', x);
    case 'relu6':
      return relu6(g, x);
    case 'elu':
      return unary(g, 'Elu', x);
    case 'sigmoid':
      return unary(g, 'Sigmoid', x);
    case 'tanh':
      return unary(g, 'Tanh', x);
    case 'leakyrelu':
      return leakyRelu(g, x, attributes.leakyreluAlpha ?? 0.2);
    case 'prelu':
      return prelu(g, x, inputs.preluActivationWeights!);
    default:
      throw new Error(`the activation '${attributes.activation}' cannot be traced`);
  }
}

const fusedMatMul: Kernel = (g, inputs, attributes) => {
  const product = matMul(g, inputs.a, inputs.b, attributes.transposeA, attributes.transposeB);
  return activated(g, inputs.bias ? add(g, product, inputs.bias) : product, inputs, attributes);
};

/** (x − mean) / √(variance + ε) · scale + offset, as one scale and one shift. */
const batchNorm: Kernel = (g, { x, mean, variance, scale, offset }, { varianceEpsilon }) => {
  // tfjs-cpu repeats any others row by row, which is no broadcast.
  for (const { shape } of [mean, variance, scale ?? mean, offset ?? mean]) {
    const first = shape.findIndex((size) => size !== 1);
    const own = first < 0 ? [] : shape.slice(first);
    if (own.some((size, i) => size !== x.shape.at(i - own.length))) {
      throw new Error(`moments of [${shape}] are none of the last axes of [${x.shape}]`);
    }
  }
  const deviation = unary(g, 'Sqrt', add(g, variance, g.scalar(varianceEpsilon)));
  const inverse = unary(g, 'Reciprocal', deviation);
  const normalized = multiply(g, subtract(g, x, mean), scale ? multiply(g, inverse, scale) : inverse);
  return offset ? add(g, normalized, offset) : normalized;
};

/** A product over one shared index is a matrix product; ONNX's Einsum does the rest. */
const einsum: Kernel = (g, _, { equation }, given) => {
  const list = alike(g, given);
  // Its checks are those of eager code.
  tf.backend_util.decodeEinsumEquation(equation, list.length);
  const plain = equation.replace(/\s/g, '');
  const shape = einsumShape(
    plain,
    list.map((value) => value.shape),
  );
  const [term, result] = plain.split('->') as [string, string];
  if (list.length === 1) {
    const isPermutation = term.length === result.length && [...result].every((letter) => term.includes(letter));
    if (isPermutation) {
      const perm = [...result].map((letter) => term.indexOf(letter));
      return transpose(g, list[0]!, perm);
    }
  }
  return g.node('Einsum', list, shape, list[0]!.dtype, { equation: plain });
};

/** tfjs-cpu keeps the products of bools with numbers as bools, in 8 bits. @throws for such a product */
const einsumOfOneKind: Kernel = (g, inputs, attributes, given) => {
  const others = given.filter(({ dtype }) => dtype !== 'bool');
  if (others.length > 0 && others.length < given.length) {
    throw new Error(`a bool beside ${others[0]!.dtype}: cast one to the type of the other`);
  }
  return ofCounts(einsum, 'int32')(g, inputs, attributes, given);
};

/** Products of matrices and what is built on them. */
export const LINEAR_ALGEBRA: Kernels = {
  BatchMatMul: ofCounts((g, { a, b }, { transposeA, transposeB }) => matMul(g, a, b, transposeA, transposeB)),
  _FusedMatMul: fusedMatMul,
  FusedBatchNorm: batchNorm,
  Einsum: einsumOfOneKind,
};
