import type { Graph } from './graph.ts';
import { pad, reshape, slice } from './shapes.ts';
import type { Node, Value } from './value.ts';

// Images are [batch, height, width, channels], filters [height, width, channels in, channels out].

/** The operations of the graph that are convolutions or their gradients. */
export const CONVOLUTIONS: ReadonlySet<string> = new Set(['Conv2D', 'Conv2DBackpropInput', 'Conv2DBackpropFilter']);

/** How the windows of a convolution lie on the images: each pair is for height and width. */
export interface Windows {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Rows above and columns on the left, then rows below and columns on the right, of zeros: no more than the windows reach. */
  readonly pads: readonly [number, number, number, number];
  /** How many windows fit. */
  readonly counts: readonly [number, number];
}

/** The images, the filter and the results of a convolution, by their shapes, with its windows. */
export interface Convolution extends Windows {
  readonly images: readonly [number, number, number, number];
  readonly filter: readonly [number, number, number, number];
  readonly results: readonly [number, number, number, number];
}

/** From the first to the last pixel under a window, along height and width. */
export function extents({ kernel, dilations }: Windows): [number, number] {
  return [(kernel[0] - 1) * dilations[0] + 1, (kernel[1] - 1) * dilations[1] + 1];
}

/** A node for a convolution or one of its gradients. */
export function convolution(
  g: Graph,
  op: 'Conv2D' | 'Conv2DBackpropInput' | 'Conv2DBackpropFilter',
  inputs: readonly [Value, Value],
  { images, filter, results, strides, dilations, pads }: Convolution,
): Value {
  const shape = op === 'Conv2D' ? results : op === 'Conv2DBackpropInput' ? images : filter;
  return g.node(op, inputs, shape, 'float32', { strides, dilations, pads });
}

/** What a node that {@link convolution} made is. */
export function convolutionOf({ op, inputs: [a, b], outputs: [y], attributes }: Node): Convolution {
  const [images, filter, results] = op === 'Conv2D' ? [a, b, y] : op === 'Conv2DBackpropInput' ? [y, b, a] : [a, y, b];
  const shapeOf = (value: Value | undefined): [number, number, number, number] =>
    value!.shape as unknown as [number, number, number, number];
  const [kernelHeight, kernelWidth] = shapeOf(filter);
  const [, height, width] = shapeOf(results);
  return {
    images: shapeOf(images),
    filter: shapeOf(filter),
    results: shapeOf(results),
    kernel: [kernelHeight, kernelWidth],
    counts: [height, width],
    strides: attributes.strides as unknown as Windows['strides'],
    dilations: attributes.dilations as unknown as Windows['dilations'],
    pads: attributes.pads as unknown as Windows['pads'],
  };
}

/** The pixels under each window as one row: [batch · windows, kernel height · kernel width · channels]. */
export function imageToColumns(g: Graph, x: Value, { kernel, strides, dilations, pads, counts }: Windows): Value {
  const [top, left, bottom, right] = pads;
  const [batch, , , channels] = x.shape as [number, number, number, number];
  const framed = pad(
    g,
    x,
    [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ],
    0,
  );
  const windows = g.node('Im2Col', [framed], [batch, ...counts, ...kernel, channels], x.dtype, { strides, dilations });
  return reshape(g, windows, [batch * counts[0] * counts[1], kernel[0] * kernel[1] * channels]);
}

/** The adjoint of {@link imageToColumns}: images of such rows, whose pixels are sums where windows overlap. */
export function columnsToImage(
  g: Graph,
  columns: Value,
  { images, kernel, strides, dilations, pads, counts }: Convolution,
): Value {
  const [top, left, bottom, right] = pads;
  const [batch, height, width, channels] = images;
  const windows = reshape(g, columns, [batch, ...counts, ...kernel, channels]);
  const framed = [batch, height + top + bottom, width + left + right, channels];
  const sums = g.node('Col2Im', [windows], framed, columns.dtype, { strides, dilations });
  return slice(g, sums, [0, top, left, 0], images);
}
