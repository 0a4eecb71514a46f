import { add, multiply, subtract, unary } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import { matMul } from '../../graph/matMul.ts';
import { reshape, transpose } from '../../graph/shapes.ts';
import type { Value } from '../../graph/value.ts';
import { leakyRelu, prelu, relu6 } from './functions.ts';
import { alike, type Kernel, type KernelAttributes, type KernelInputs, type Kernels } from './kernel.ts';

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
  const deviation = unary(g, 'Sqrt', add(g, variance, g.scalar(varianceEpsilon)));
  const inverse = unary(g, 'Reciprocal', deviation);
  const normalized = multiply(g, subtract(g, x, mean), scale ? multiply(g, inverse, scale) : inverse);
  return offset ? add(g, normalized, offset) : normalized;
};

/** A product over one shared index is a matrix product; ONNX's Einsum does the rest. */
const einsum: Kernel = (g, _, { equation }, given) => {
  const list = alike(g, given);
  const [left, result] = equation.replace(/\s/g, '').split('->') as [string, string];
  const terms = left.split(',');
  if (terms.length === 1) {
    const [term] = terms as [string];
    const isPermutation = term.length === result.length && [...result].every((letter) => term.includes(letter));
    if (isPermutation) {
      const perm = [...result].map((letter) => term.indexOf(letter));
      return transpose(g, list[0]!, perm);
    }
  }
  const sizes = new Map<string, number>();
  terms.forEach((term, i) => {
    [...term].forEach((letter, axis) => {
      sizes.set(letter, list[i]!.shape[axis]!);
    });
  });
  const shape = [...result].map((letter) => sizes.get(letter)!);
  return reshape(g, g.node('Einsum', list, shape, list[0]!.dtype, { equation: `${left}->${result}` }), shape);
};

/** Products of matrices and what is built on them. */
export const LINEAR_ALGEBRA: Kernels = {
  BatchMatMul: (g, { a, b }, { transposeA, transposeB }) => matMul(g, a, b, transposeA, transposeB),
  _FusedMatMul: fusedMatMul,
  FusedBatchNorm: batchNorm,
  Einsum: einsum,
};
