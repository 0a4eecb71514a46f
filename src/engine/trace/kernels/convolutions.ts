import * as tf from '@tensorflow/tfjs-core';
import { type Convolution, convolution } from '../../graph/convolution.ts';
import { add } from '../../graph/elementwise.ts';
import type { Kernel, KernelAttributes, Kernels } from './kernel.ts';
import { mutable } from './kernel.ts';
import { activated } from './linearAlgebra.ts';

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
