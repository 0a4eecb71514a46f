import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import * as b from '../../src/bijectors/index.ts';
import { compile } from '../../src/engine/index.ts';
import { Rng } from '../../src/random.ts';
import { perturb } from '../support/perturb.ts';

const rng = new Rng('autoregressive');
const layer = (options: Partial<ConstructorParameters<typeof b.Autoregressive>[0]> = {}) =>
  perturb(new b.Autoregressive({ dim: 4, family: b.affineFamily, hidden: [9, 9], rng, ...options }), rng);

const families: readonly b.ElementwiseFamily[] = [b.affineFamily, b.circularSplineFamily({ bins: 4 })];

describe.each(families)('Autoregressive $name', (family) => {
  test.each([
    ['inverse', [2, 0, 3, 1], [2, 0, 3, 1]],
    ['forward', [1, 3, 0, 2], [1, 3, 0, 2]],
  ] as const)(
    'parallel %s, order %s: the Jacobian is exactly 0 off the mask, both ways',
    (parallel, order, positions) => {
      const module = layer({ family, parallel, order, contextDim: 1 });
      const bijector = module.given(rng.normalTensor([5, 1]));
      const x = rng.normalTensor([5, 4]);
      for (const direction of ['forward', 'inverse'] as const) {
        for (let output = 0; output < 4; output++) {
          const slopes = tf
            .grad((input) => tf.sum(tf.slice(bijector[direction](input), [0, output], [5, 1])))(x)
            .arraySync() as number[][];
          for (const row of slopes) {
            row.forEach((slope, input) => {
              const isSeen = positions.indexOf(input as never) <= positions.indexOf(output as never);
              if (isSeen) expect(slope).not.toBe(0);
              else expect(slope).toBe(0);
            });
          }
        }
      }
    },
  );

  test('one entry after the other is the inverse of all at once, in more dimensions too', () => {
    for (const parallel of ['inverse', 'forward'] as const) {
      const module = layer({ dim: 12, family, parallel, order: [...rng.permutation(12)] });
      // Angles are in [−π, π).
      const x = tf.clipByValue(rng.normalTensor([6, 12]), -3, 3);
      const [y, logDet] = module.forwardAndLogDet(x);
      const [back, inverseLogDet] = module.inverseAndLogDet(y);
      const apart = tf.sub(back, x);
      // An angle beyond ±π comes back within.
      const turns = family.name === 'circularSpline' ? tf.mul(tf.round(tf.div(apart, 2 * Math.PI)), 2 * Math.PI) : 0;
      expect(tf.max(tf.abs(tf.sub(apart, turns))).arraySync()).toBeLessThan(2e-4);
      expect(tf.max(tf.abs(tf.add(logDet, inverseLogDet))).arraySync()).toBeLessThan(2e-4);
    }
  });
});

test('one entry after the other takes no more multiplications than all at once', () => {
  const module = layer({ dim: 8, contextDim: 2, hidden: [32, 32] });
  const flops = (['forward', 'inverse'] as const).map((direction) => {
    const apply = compile(
      ({ x, context }: Record<string, tf.Tensor>) => ({ y: module.given(context)[direction](x!) }),
      { name: direction, state: [module] },
    );
    apply({ x: rng.normalTensor([3, 8]), context: rng.normalTensor([3, 2]) });
    const { productFlops } = apply.cost()!;
    apply.dispose();
    return productFlops;
  });
  expect(flops[1]).toBe(2 * 3 * (10 * 32 + 32 * 32 + 32 * 16));
  expect(flops[0]).toBeLessThan(0.65 * flops[1]!);
});

test.each(['forward', 'inverse'] as const)(
  'of BlockAutoregressive no number depends on those after it, %s',
  (direction) => {
    const layer = perturb(new b.BlockAutoregressive({ dim: 3, hidden: [7, 6], rng: new Rng(0) }), new Rng(1), 0.5);
    for (let i = 0; i < 3; i++) {
      const ofNumber = tf.grad((x) => tf.sum(tf.slice(layer[direction](x as tf.Tensor2D), [0, i], [-1, 1])));
      const [slopes] = ofNumber(new Rng(2).normalTensor([1, 3])).arraySync() as number[][];
      slopes!.forEach((slope, j) => {
        if (j > i) expect(slope).toBe(0);
        else expect(Math.abs(slope)).toBeGreaterThan(0);
      });
    }
  },
);

test('BlockAutoregressive leads onto all numbers: what lies beyond the bends of tanh is reached, too', () => {
  const layer = perturb(new b.BlockAutoregressive({ dim: 2, hidden: [6], rng: new Rng(0) }), new Rng(1), 1);
  const far = tf.tensor2d([
    [-1000, 1000],
    [300, -50],
  ]);
  const back = layer.inverse(layer.forward(far)).dataSync();
  far.dataSync().forEach((value, i) => expect(Math.abs(back[i]! / value - 1)).toBeLessThan(1e-4));
});
