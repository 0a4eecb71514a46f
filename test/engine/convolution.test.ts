import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { selectEngine } from '../../src/engine/runtime/engine.ts';
import { Rng } from '../../src/random.ts';
import {
  type ConvolutionSizes,
  convolution,
  convolutionFilterGradient,
  convolutionInputGradient,
} from '../oracle/convolution.ts';
import { exported } from '../support/onnx.ts';

interface Case {
  readonly images: readonly [number, number, number, number];
  readonly filter: readonly [number, number, number, number];
  readonly strides?: readonly [number, number];
  readonly pad?: 'valid' | 'same' | number;
  /** Windows with gaps, which have no gradients in tfjs. */
  readonly dilations?: readonly [number, number];
}

const CASES: Readonly<Record<string, Case>> = {
  '3 × 3 on 8 × 8 × 3': { images: [2, 8, 8, 3], filter: [3, 3, 3, 5] },
  'same, odd sizes': { images: [2, 7, 5, 3], filter: [3, 3, 3, 4], pad: 'same' },
  'same, stride 2, an even kernel': { images: [2, 7, 6, 2], filter: [4, 2, 2, 3], strides: [2, 2], pad: 'same' },
  'rows and columns that no window reaches': { images: [2, 10, 9, 2], filter: [4, 3, 2, 3], strides: [4, 4] },
  'stride > kernel': { images: [2, 9, 11, 2], filter: [2, 2, 2, 3], strides: [3, 4] },
  'stride > kernel, same': { images: [1, 8, 8, 2], filter: [1, 2, 2, 3], strides: [3, 3], pad: 'same' },
  'patches: stride = kernel': { images: [2, 6, 8, 3], filter: [2, 4, 3, 3], strides: [2, 4] },
  '1 × 1': { images: [3, 4, 5, 6], filter: [1, 1, 6, 4] },
  '1 × 1, stride 2': { images: [3, 5, 5, 2], filter: [1, 1, 2, 4], strides: [2, 2] },
  'one image, one channel, one filter': { images: [1, 6, 6, 1], filter: [3, 3, 1, 1] },
  'the whole image': { images: [2, 4, 3, 2], filter: [4, 3, 2, 5] },
  'zeros all round': { images: [2, 5, 4, 2], filter: [3, 3, 2, 3], strides: [2, 2], pad: 2 },
  'sums longer than a block of the product': { images: [2, 6, 6, 40], filter: [3, 3, 40, 20] },
  gaps: { images: [2, 9, 8, 3], filter: [3, 2, 3, 4], dilations: [2, 3] },
};

/** What the cases say in full: 'same' is ⌈size / stride⌉ windows, with the odd row of zeros below. */
function sizesOf({ images, filter, strides = [1, 1], pad = 'valid', dilations = [1, 1] }: Case): ConvolutionSizes {
  const [down, right] = ([0, 1] as const).map((axis) => {
    const [size, stride] = [images[axis + 1]!, strides[axis]!];
    const kernel = (filter[axis]! - 1) * dilations[axis]! + 1;
    const before = pad === 'valid' || pad === 'same' ? 0 : pad;
    if (pad !== 'same') return { before, count: Math.floor((size + 2 * before - kernel) / stride) + 1 };
    const count = Math.ceil(size / stride);
    return { before: Math.floor(Math.max(0, (count - 1) * stride + kernel - size) / 2), count };
  }) as [Along, Along];
  return { images, filter, strides, dilations, before: [down.before, right.before], counts: [down.count, right.count] };
}
type Along = { readonly before: number; readonly count: number };

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

type Tensors = Record<string, tf.Tensor>;

/** Runs a function by an engine, or by ONNX Runtime as its exported model. */
async function runBy(way: string, fn: (inputs: Tensors) => Tensors, inputs: Tensors): Promise<Tensors> {
  if (way === 'exported') return (await exported(fn, inputs))(inputs);
  expect((await selectEngine(way)).name).toBe(way);
  return compile(fn, { name: 'convolution', state: [] })(inputs);
}

describe.each(['native', 'wasm', 'exported'])('on %s', (way) => {
  test.each(Object.entries(CASES))('a convolution and its gradients are those of float64: %s', async (_, given) => {
    const sizes = sizesOf(given);
    const { images, filter, strides, counts } = sizes;
    const shape = [images[0], ...counts, filter[3]];
    const numbers = { x: uniform(count(images)), w: uniform(count(filter)), dy: uniform(count(shape)) };
    const all = ({ x, w, dy }: Tensors): Tensors => {
      const apply = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
        tf.conv2d(
          a as tf.Tensor4D,
          b as tf.Tensor4D,
          [...strides],
          given.pad ?? 'valid',
          'NHWC',
          given.dilations as [number, number],
        );
      if (given.dilations) return { y: apply(x!, w!) };
      const [dx, dw] = tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(apply(a, b), dy!)))([x!, w!]);
      return { y: apply(x!, w!), dx: dx!, dw: dw! };
    };
    const inputs = {
      x: tf.tensor(numbers.x, [...images]),
      w: tf.tensor(numbers.w, [...filter]),
      dy: tf.tensor(numbers.dy, shape),
    };
    const { y, dx, dw } = (await runBy(way, all, inputs)) as Record<'y' | 'dx' | 'dw', tf.Tensor | undefined>;
    expect([y, dx, dw].map((x) => x?.shape)).toEqual([shape, dx && [...images], dw && [...filter]]);
    expectNear(y!, convolution(numbers.x, numbers.w, sizes), count(filter) / filter[3]);
    if (dx) expectNear(dx, convolutionInputGradient(numbers.dy, numbers.w, sizes), count(filter) / filter[2]);
    if (dw) expectNear(dw, convolutionFilterGradient(numbers.x, numbers.dy, sizes), images[0] * count(counts));
    expect(dx === undefined).toBe(given.dilations !== undefined);
  });

  test('filters of two sizes on one image, and two images under one filter, are told apart', async () => {
    const shapes = { x: [2, 5, 5, 3], small: [2, 2, 3, 2], large: [3, 3, 3, 2], y: [2, 2, 2, 2] };
    const inputs = Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, tf.tensor(uniform(count(shape)), shape)]),
    );
    type Images = Record<'x' | 'small' | 'large' | 'y', tf.Tensor4D>;
    const both = (given: Tensors): Tensors => {
      const { x, small, large, y } = given as Images;
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
    const results = await runBy(way, both, inputs);
    for (const [name, wanted] of Object.entries(both(inputs))) {
      expect(results[name]!.shape, name).toEqual(wanted.shape);
      expectNear(results[name]!, Array.from(wanted.dataSync()), 27);
    }
  });
});

test.each<[string, (x: tf.Tensor4D, w: tf.Tensor4D) => tf.Tensor, RegExp]>([
  ['channels first', (x, w) => tf.conv2d(x, w, 1, 'valid', 'NCHW'), /'NCHW' cannot be traced/],
  ['groups of channels', (x, w) => tf.depthwiseConv2d(x, w, 1, 'valid'), /'DepthwiseConv2dNative' cannot be traced/],
])('%s are refused', (_, fn, message) => {
  const apply = compile(({ x, w }: { x: tf.Tensor; w: tf.Tensor }) => ({ y: fn(x as tf.Tensor4D, w as tf.Tensor4D) }), {
    name: 'refused',
    state: [],
  });
  expect(() => apply({ x: tf.ones([1, 4, 4, 4]), w: tf.ones([3, 3, 4, 1]) })).toThrow(message);
});
