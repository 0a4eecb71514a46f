import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { Cnn, Conv2d, cnnPresets } from '../../src/nn/index.ts';
import { Rng } from '../../src/random.ts';
import { gradient } from '../oracle/calculus.ts';
import { cnn } from '../oracle/cnn.ts';
import type { Variables } from '../oracle/mlp.ts';
import { perturb } from '../support/perturb.ts';

const rng = new Rng('cnn');
const numbersOf = (module: Cnn): Variables =>
  Object.fromEntries(Object.entries(module.stateDict()).map(([path, { values }]) => [path, Array.from(values)]));

describe('Cnn', () => {
  const image = [6, 7, 2] as const;
  const convolutions = [
    [3, 3, 2],
    [4, 2, 1],
  ] as const;

  test('values and gradients are those of the float64 network', () => {
    const network = perturb(new Cnn({ image, convolutions, features: 3, rng }), rng);
    const variables = numbersOf(network);
    const images = [0, 1].map(() => Array.from({ length: 84 }, () => Math.fround(rng.uniform(-1, 1))));
    const x = tf.tensor(images.flat(), [2, ...image]);
    const output = network.apply(x).arraySync() as number[][];
    const wanted = images.map((numbers) => cnn(variables, numbers, image, convolutions));
    expect(wanted.flat().filter((value) => value > 0).length).toBeGreaterThan(2);
    output.forEach((row, i) => {
      row.forEach((value, k) => {
        expect(value).toBeCloseTo(wanted[i]![k]!, 5);
      });
    });
    const objective = (moved: Variables) =>
      images.reduce(
        (sum, numbers) =>
          sum + cnn(moved, numbers, image, convolutions).reduce((s, value, k) => s + value * (k + 1), 0),
        0,
      );
    const { grads } = tf.variableGrads(
      () => tf.sum(tf.mul(network.apply(x), [1, 2, 3])) as tf.Scalar,
      network.trainableVariables(),
    );
    for (const [path, variable] of network.namedVariables()) {
      const slopes = gradient((values) => objective({ ...variables, [path]: values }), variables[path]!, 1e-5);
      Array.from(grads[variable.name]!.dataSync()).forEach((value, i) => {
        expect(value, path).toBeCloseTo(slopes[i]!, 3);
      });
    }
  });

  test('kernels are orthogonal of gain √2, biases 0', () => {
    const state = new Cnn({ image, convolutions, features: 3, rng }).stateDict();
    expect(Object.keys(state)).toEqual([
      'convolutions.0.kernel',
      'convolutions.0.bias',
      'convolutions.1.kernel',
      'convolutions.1.bias',
      'dense.kernel',
      'dense.bias',
    ]);
    const { shape, values } = state['convolutions.0.kernel']!;
    expect(shape).toEqual([3, 3, 2, 3]);
    for (let f = 0; f < 3; f++)
      for (let other = 0; other < 3; other++) {
        let dot = 0;
        for (let p = 0; p < 18; p++) dot += values[p * 3 + f]! * values[p * 3 + other]!;
        expect(dot).toBeCloseTo(f === other ? 2 : 0, 5);
      }
    expect(Array.from(state['convolutions.0.bias']!.values)).toEqual([0, 0, 0]);
  });

  test("Nature's network has Nature's layers", () => {
    const shapes = (image: [number, number, number]) =>
      Object.values(new Cnn({ image, ...cnnPresets.nature, features: 4, rng }).stateDict()).map(({ shape }) => shape);
    expect(shapes([84, 84, 4])).toEqual([
      [8, 8, 4, 32],
      [32],
      [4, 4, 32, 64],
      [64],
      [3, 3, 64, 64],
      [64],
      [3136, 4],
      [4],
    ]);
    expect(shapes([36, 36, 1]).at(-2)).toEqual([64, 4]);
    expect(cnnPresets.nature.features).toBe(512);
  });
});

describe('Conv2d', () => {
  test("with 'same' and stride 1 the result is as large as the image", () => {
    const layer = new Conv2d({ channels: 2, filters: 3, size: 3, padding: 'same', rng });
    expect(layer.apply(tf.ones([1, 5, 4, 2])).shape).toEqual([1, 5, 4, 3]);
    expect(new Conv2d({ channels: 2, filters: 3, size: 3, bias: false, rng }).bias).toBeUndefined();
  });
});
