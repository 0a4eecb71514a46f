/** Images [batch, height, width, channels] and a filter [height, width, channels in, channels out] in plain numbers, row by row. */
export interface ConvolutionSizes {
  readonly images: readonly [number, number, number, number];
  readonly filter: readonly [number, number, number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Rows of zeros above, columns of zeros on the left. */
  readonly before: readonly [number, number];
  /** Rows and columns of the results. */
  readonly counts: readonly [number, number];
}

/** The places in images, filter and results of every product that the sums of a convolution have. */
function* products({ images, filter, strides, dilations, before, counts }: ConvolutionSizes) {
  const [batch, height, width, channels] = images;
  const [kernelHeight, kernelWidth, , results] = filter;
  for (let n = 0; n < batch; n++)
    for (let i = 0; i < counts[0]; i++)
      for (let j = 0; j < counts[1]; j++)
        for (let p = 0; p < kernelHeight; p++)
          for (let q = 0; q < kernelWidth; q++) {
            const row = i * strides[0] + p * dilations[0] - before[0];
            const column = j * strides[1] + q * dilations[1] - before[1];
            if (row < 0 || row >= height || column < 0 || column >= width) continue;
            for (let c = 0; c < channels; c++)
              for (let f = 0; f < results; f++)
                yield [
                  ((n * height + row) * width + column) * channels + c,
                  ((p * kernelWidth + q) * channels + c) * results + f,
                  ((n * counts[0] + i) * counts[1] + j) * results + f,
                ] as const;
          }
}

const zeros = (sizes: readonly number[]): number[] => new Array<number>(sizes.reduce((a, b) => a * b, 1)).fill(0);

export function convolution(x: readonly number[], filter: readonly number[], sizes: ConvolutionSizes): number[] {
  const y = zeros([sizes.images[0], ...sizes.counts, sizes.filter[3]]);
  for (const [a, b, c] of products(sizes)) y[c]! += x[a]! * filter[b]!;
  return y;
}

/** The gradient of Σ dy · convolution(x, filter) by x. */
export function convolutionInputGradient(
  dy: readonly number[],
  filter: readonly number[],
  sizes: ConvolutionSizes,
): number[] {
  const dx = zeros(sizes.images);
  for (const [a, b, c] of products(sizes)) dx[a]! += dy[c]! * filter[b]!;
  return dx;
}

/** The gradient of Σ dy · convolution(x, filter) by the filter. */
export function convolutionFilterGradient(
  x: readonly number[],
  dy: readonly number[],
  sizes: ConvolutionSizes,
): number[] {
  const gradient = zeros(sizes.filter);
  for (const [a, b, c] of products(sizes)) gradient[b]! += x[a]! * dy[c]!;
  return gradient;
}
