import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { selectEngine } from '../../src/engine/runtime/engine.ts';
import { traceToOnnx } from '../../src/engine/traceToOnnx.ts';
import { Rng } from '../../src/random.ts';
import {
  type ConvolutionSizes,
  convolution,
  convolutionFilterGradient,
  convolutionInputGradient,
} from '../oracle/convolution.ts';

interface Case {
  readonly name: string;
  readonly images: readonly [number, number, number, number];
  readonly filter: readonly [number, number, number, number];
  readonly strides?: readonly [number, number];
  readonly pad?: 'valid' | 'same' | number;
}

const CASES: readonly Case[] = [
  { name: '3 × 3 on 8 × 8 × 3', images: [2, 8, 8, 3], filter: [3, 3, 3, 5] },
  { name: 'same, odd sizes', images: [2, 7, 5, 3], filter: [3, 3, 3, 4], pad: 'same' },
  { name: 'same, stride 2, an even kernel', images: [2, 7, 6, 2], filter: [4, 2, 2, 3], strides: [2, 2], pad: 'same' },
  { name: 'rows and columns that no window reaches', images: [2, 10, 9, 2], filter: [4, 3, 2, 3], strides: [4, 4] },
  { name: 'stride > kernel', images: [2, 9, 11, 2], filter: [2, 2, 2, 3], strides: [3, 4] },
  { name: 'stride > kernel, same', images: [1, 8, 8, 2], filter: [1, 2, 2, 3], strides: [3, 3], pad: 'same' },
  { name: 'patches: stride = kernel', images: [2, 6, 8, 3], filter: [2, 4, 3, 3], strides: [2, 4] },
  { name: '1 × 1', images: [3, 4, 5, 6], filter: [1, 1, 6, 4] },
  { name: '1 × 1, stride 2', images: [3, 5, 5, 2], filter: [1, 1, 2, 4], strides: [2, 2] },
  { name: 'one image, one channel, one filter', images: [1, 6, 6, 1], filter: [3, 3, 1, 1] },
  { name: 'the whole image', images: [2, 4, 3, 2], filter: [4, 3, 2, 5] },
  { name: 'zeros all round', images: [2, 5, 4, 2], filter: [3, 3, 2, 3], strides: [2, 2], pad: 2 },
  { name: 'sums longer than a block of the product', images: [2, 6, 6, 40], filter: [3, 3, 40, 20] },
];

/** What the cases say in full: 'same' is ⌈size / stride⌉ windows, with the odd row of zeros below. */
function sizesOf({ images, filter, strides = [1, 1], pad = 'valid' }: Case): ConvolutionSizes {
  const along = (axis: 0 | 1): { before: number; count: number } => {
    const [size, kernel, stride] = [images[axis + 1]!, filter[axis]!, strides[axis]!];
    if (pad === 'same') {
      const count = Math.ceil(size / stride);
      return { before: Math.floor(Math.max(0, (count - 1) * stride + kernel - size) / 2), count };
    }
    const before = pad === 'valid' ? 0 : pad;
    return { before, count: Math.floor((size + 2 * before - kernel) / stride) + 1 };
  };
  const [down, right] = [along(0), along(1)];
  return {
    images,
    filter,
    strides,
    dilations: [1, 1],
    before: [down.before, right.before],
    counts: [down.count, right.count],
  };
}

function expectNear(got: tf.Tensor, wanted: readonly number[], terms: number): void {
  const values = got.dataSync();
  expect(values).toHaveLength(wanted.length);
  wanted.forEach((number, i) => {
    // Of n terms of size 1 in float32.
    expect(Math.abs(values[i]! - number), `element ${i}: ${values[i]}, in float64 ${number}`).toBeLessThan(
      2e-6 * (1 + Math.sqrt(terms)),
    );
  });
}

const rng = new Rng('convolution');
const uniform = (count: number): number[] => Array.from({ length: count }, () => Math.fround(2 * rng.uniform() - 1));
const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

afterAll(() => selectEngine());

describe.each(['wasm', 'onnxruntime-node'])('on %s', (engine) => {
  test.each(CASES)('a convolution and its gradients are those of float64: $name', async (given) => {
    await selectEngine(engine);
    const sizes = sizesOf(given);
    const { images, filter, strides, counts } = sizes;
    const shape = [images[0], ...counts, filter[3]];
    const numbers = { x: uniform(count(images)), w: uniform(count(filter)), dy: uniform(count(shape)) };
    const all = compile(
      ({ x, w, dy }: { x: tf.Tensor; w: tf.Tensor; dy: tf.Tensor }) => {
        const apply = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
          tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, [...strides], given.pad ?? 'valid');
        const [dx, dw] = tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(apply(a, b), dy)))([x, w]);
        return { y: apply(x, w), dx: dx!, dw: dw! };
      },
      { name: 'convolution', state: [] },
    );
    const { y, dx, dw } = all({
      x: tf.tensor(numbers.x, [...images]),
      w: tf.tensor(numbers.w, [...filter]),
      dy: tf.tensor(numbers.dy, shape),
    });
    expect([y.shape, dx.shape, dw.shape]).toEqual([shape, [...images], [...filter]]);
    expectNear(y, convolution(numbers.x, numbers.w, sizes), count(filter) / filter[3]);
    expectNear(dx, convolutionInputGradient(numbers.dy, numbers.w, sizes), count(filter) / filter[2]);
    expectNear(dw, convolutionFilterGradient(numbers.x, numbers.dy, sizes), images[0] * count(counts));
    all.dispose();
  });

  test('filters of two sizes on one image, and two images under one filter, are told apart', async () => {
    await selectEngine(engine);
    const shapes = { x: [2, 5, 5, 3], small: [2, 2, 3, 2], large: [3, 3, 3, 2], y: [2, 2, 2, 2] };
    const inputs = Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, tf.tensor(uniform(count(shape)), shape)]),
    );
    type Images = Record<'x' | 'small' | 'large' | 'y', tf.Tensor4D>;
    const both = ({ x, small, large, y }: Images): Record<string, tf.Tensor> => {
      const sum = (filter: tf.Tensor): tf.Tensor => tf.sum(tf.conv2d(x, filter as tf.Tensor4D, 2, 'valid'));
      const [ofSmall, ofLarge] = tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.add(sum(a), sum(b)))([small, large]);
      return {
        small: tf.conv2d(x, small, 1, 'valid'),
        large: tf.conv2d(x, large, 1, 'valid'),
        ofSmall: ofSmall!,
        ofLarge: ofLarge!,
        five: tf.conv2dTranspose(y, large, [2, 5, 5, 3], 2, 'valid'),
        six: tf.conv2dTranspose(y, large, [2, 6, 6, 3], 2, 'valid'),
      };
    };
    const compiled = compile(both, { name: 'both', state: [] });
    const results = compiled(inputs as Images);
    for (const [name, wanted] of Object.entries(both(inputs as Images))) {
      expect(results[name]!.shape, name).toEqual(wanted.shape);
      expectNear(results[name]!, Array.from(wanted.dataSync()), 27);
    }
    compiled.dispose();
  });

  test('windows with gaps, which have no gradients in tfjs, are as in float64', async () => {
    await selectEngine(engine);
    const sizes: ConvolutionSizes = {
      images: [2, 9, 8, 3],
      filter: [3, 2, 3, 4],
      strides: [1, 1],
      dilations: [2, 3],
      before: [0, 0],
      counts: [5, 5],
    };
    const [x, w] = [uniform(count(sizes.images)), uniform(count(sizes.filter))];
    const apply = compile(
      ({ x, w }: { x: tf.Tensor; w: tf.Tensor }) => ({
        y: tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'valid', 'NHWC', [2, 3]),
      }),
      { name: 'dilated', state: [] },
    );
    const { y } = apply({ x: tf.tensor(x, [...sizes.images]), w: tf.tensor(w, [...sizes.filter]) });
    expectNear(y, convolution(x, w, sizes), 18);
    apply.dispose();
  });
});

test('channels first are refused in one line', async () => {
  await selectEngine('wasm');
  const apply = compile(
    ({ x }: { x: tf.Tensor }) => ({
      y: tf.conv2d(x as tf.Tensor4D, tf.ones([3, 3, 2, 1]), 1, 'valid', 'NCHW'),
    }),
    { name: 'channelsFirst', state: [] },
  );
  expect(() => apply({ x: tf.ones([1, 2, 4, 4]) })).toThrow(/^.*'NCHW' cannot be traced.*'NHWC'.*$/);
});

test('groups of channels are refused in one line', async () => {
  await selectEngine('wasm');
  const grouped = compile(
    ({ x, w }: { x: tf.Tensor; w: tf.Tensor }) => ({
      y: tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'valid'),
    }),
    { name: 'grouped', state: [] },
  );
  expect(() => grouped({ x: tf.ones([1, 4, 4, 2]), w: tf.ones([3, 3, 2, 1]) })).toThrow(
    /^compile\('grouped'\): the operation 'DepthwiseConv2dNative' cannot be traced.*$/,
  );
});

test('an exported model has convolutions of the standard', () => {
  const { model } = traceToOnnx(
    ({ x, w }: { x: tf.Tensor; w: tf.Tensor }) => ({ y: tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 'same') }),
    { x: { shape: [1, 5, 5, 2] }, w: { shape: [3, 3, 2, 4] } },
    { name: 'exported', state: [] },
  );
  const text = Buffer.from(model).toString('latin1');
  expect(text).toMatch(/Conv\b/);
  expect(text).not.toMatch(/Conv2D\b(?!\/)|com\.microsoft/);
});
