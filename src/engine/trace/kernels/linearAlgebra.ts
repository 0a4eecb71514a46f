import * as tf from '@tensorflow/tfjs-core';
import { add, multiply, subtract, unary } from '../../graph/elementwise.ts';
import type { Graph } from '../../graph/graph.ts';
import { type Convolution, convolution, matMul } from '../../graph/linearAlgebra.ts';
import { einsumShape } from '../../graph/shapeInference.ts';
import { transpose } from '../../graph/shapes.ts';
import type { Value } from '../../graph/value.ts';
import { leakyRelu, prelu, relu6 } from './arithmetic.ts';
import {
  alike,
  type Kernel,
  type KernelAttributes,
  type KernelInputs,
  type Kernels,
  mutable,
  ofCounts,
} from './kernel.ts';

/** `x` after the activation of a fused kernel. */
function activated(g: Graph, x: Value, inputs: KernelInputs, attributes: KernelAttributes): Value {
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

type Shape4 = readonly [number, number, number, number];

/** The windows of tfjs's attributes, with zeros below and on the right as far as the windows reach. */
function described(images: readonly number[], filter: readonly number[], attributes: KernelAttributes): Convolution {
  const { strides, pad, dataFormat, dilations = 1, dimRoundingMode } = attributes;
  if (dataFormat !== undefined && dataFormat !== 'NHWC') {
    throw new Error(`conv2d: the data format '${dataFormat}' cannot be traced, expected 'NHWC'`);
  }
  const info = tf.backend_util.computeConv2DInfo(
    mutable(images) as [number, number, number, number],
    mutable(filter) as [number, number, number, number],
    strides as number | [number, number],
    dilations,
    pad,
    dimRoundingMode,
  );
  const { top, left } = info.padInfo;
  const below = (windows: number, stride: number, extent: number, before: number, size: number): number =>
    Math.max(0, (windows - 1) * stride + extent - before - size);
  return {
    images: images as Shape4,
    filter: filter as Shape4,
    results: info.outShape as unknown as Shape4,
    kernel: [info.filterHeight, info.filterWidth],
    counts: [info.outHeight, info.outWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    pads: [
      top,
      left,
      below(info.outHeight, info.strideHeight, info.effectiveFilterHeight, top, info.inHeight),
      below(info.outWidth, info.strideWidth, info.effectiveFilterWidth, left, info.inWidth),
    ],
  };
}

const conv2D: Kernel = (g, { x, filter }, attributes) =>
  convolution(g, 'Conv2D', [x, filter], described(x.shape, filter.shape, attributes));

const fusedConv2D: Kernel = (g, inputs, attributes, list) => {
  const result = conv2D(g, inputs, attributes, list) as ReturnType<typeof add>;
  return activated(g, inputs.bias ? add(g, result, inputs.bias) : result, inputs, attributes);
};

/** Convolutions of images, and their gradients. */
export const CONVOLUTIONS: Kernels = {
  Conv2D: conv2D,
  FusedConv2D: fusedConv2D,
  Conv2DBackpropInput: (g, { dy, filter }, attributes) =>
    convolution(g, 'Conv2DBackpropInput', [dy, filter], described(attributes.inputShape, filter.shape, attributes)),
  Conv2DBackpropFilter: (g, { x, dy }, attributes) =>
    convolution(g, 'Conv2DBackpropFilter', [x, dy], described(x.shape, attributes.filterShape, attributes)),
};
