import { type ConvolutionSizes, convolution } from './convolution.ts';
import type { Variables } from './mlp.ts';

/** A convolutional network in float64, of one image `[height, width, channels]`: rectified convolutions, then a rectified dense layer. */
export function cnn(
  variables: Variables,
  image: readonly number[],
  shape: readonly [number, number, number],
  layers: readonly (readonly [filters: number, size: number, stride: number])[],
): number[] {
  let x = [...image];
  let [height, width, channels] = shape;
  layers.forEach(([filters, size, stride], i) => {
    const counts: [number, number] = [
      Math.floor((height - size) / stride) + 1,
      Math.floor((width - size) / stride) + 1,
    ];
    const sizes: ConvolutionSizes = {
      images: [1, height, width, channels],
      filter: [size, size, channels, filters],
      strides: [stride, stride],
      dilations: [1, 1],
      before: [0, 0],
      counts,
    };
    const bias = variables[`convolutions.${i}.bias`]!;
    x = convolution(x, variables[`convolutions.${i}.kernel`]!, sizes).map((y, k) =>
      Math.max(0, y + bias[k % filters]!),
    );
    [height, width, channels] = [...counts, filters];
  });
  const [kernel, bias] = [variables['dense.kernel']!, variables['dense.bias']!];
  return bias.map((offset, unit) =>
    Math.max(
      0,
      x.reduce((sum, value, k) => sum + value * kernel[k * bias.length + unit]!, offset),
    ),
  );
}
