import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import type { WithLogDet } from '../../src/bijectors/index.ts';
import { monotoneInverse } from '../../src/bijectors/monotoneInverse.ts';
import { compile } from '../../src/engine/index.ts';
import { derivative, invert } from '../oracle/calculus.ts';

/** An increasing function with two numbers in it, in tensors and in float64. */
interface Example {
  readonly f: (x: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => WithLogDet;
  readonly oracle: (x: number, a: number, b: number) => number;
}

/** a·sinh(x) + b·x: slopes from a + b to thousands. */
const sinh: Example = {
  f: (x, a, b) => [tf.add(tf.mul(a, tf.sinh(x)), tf.mul(b, x)), tf.log(tf.add(tf.mul(a, tf.cosh(x)), b))],
  oracle: (x, a, b) => a * Math.sinh(x) + b * x,
};

/** b·x + tanh(x/a): a step of width a on a slope b. */
const step: Example = {
  f: (x, a, b) => {
    const z = tf.div(x, a);
    const doubled = tf.mul(z, 2);
    const squaredSecant = tf.mul(tf.mul(tf.sigmoid(doubled), tf.sigmoid(tf.neg(doubled))), 4);
    return [tf.add(tf.mul(b, x), tf.tanh(z)), tf.log(tf.add(b, tf.div(squaredSecant, a)))];
  },
  oracle: (x, a, b) => b * x + Math.tanh(x / a),
};

/** b·x + x³/(3a): flat at 0. */
const cubic: Example = {
  f: (x, a, b) => [
    tf.add(tf.mul(b, x), tf.div(tf.mul(x, tf.square(x)), tf.mul(a, 3))),
    tf.log(tf.add(b, tf.div(tf.square(x), a))),
  ],
  oracle: (x, a, b) => b * x + x ** 3 / (3 * a),
};

const examples: [name: string, example: Example, a: number, b: number][] = [
  ['a mild function', sinh, 0.5, 1],
  ['a function steep at the ends', sinh, 0.01, 0.3],
  ['a flat function with a step in it', step, 0.003, 0.01],
  ['a function with a flat place', cubic, 1, 0.01],
];
const BOUND = 6;
const roots = Array.from({ length: 240 }, (_, i) => -BOUND + (2 * BOUND * (i + 0.37)) / 240);

/** Sums of values and of log-determinants, weighted so that no two errors cancel. */
const weightOf = (i: number): number => Math.sin(i + 1);

describe.each(examples)('%s', (_, { f, oracle }, a, b) => {
  const inverse = (y: tf.Tensor, first: tf.Tensor, second: tf.Tensor): WithLogDet =>
    monotoneInverse((x) => f(x, first, second), y, { low: -BOUND, high: BOUND });
  // The float32 numbers are what is inverted: their rounding must not count as the inverse's error.
  const ys = Array.from(Float32Array.from(roots, (x) => oracle(x, a, b)));
  const [first, second] = [Math.fround(a), Math.fround(b)];
  const exact = (y: number, i: number, ...[p = first, q = second]: number[]): number =>
    invert(([x]) => [oracle(x!, p, q)], [y], [roots[i]!])[0]!;
  const slope = (x: number, ...[p = first, q = second]: number[]): number =>
    derivative((t) => oracle(x + t, p, q), 1e-5);

  test('roots and log-determinants are those in float64, as far as the slope carries roundings', () => {
    const [x, logDet] = inverse(tf.tensor1d(ys), tf.scalar(a), tf.scalar(b)).map((tensor) => tensor.dataSync());
    ys.forEach((y, i) => {
      const root = exact(y, i);
      const unit = 2 ** -23 * (1 + Math.abs(root) + (1 + Math.abs(y)) / slope(root));
      expect(Math.abs(x![i]! - root)).toBeLessThan(4 * unit);
      expect(Math.abs(logDet![i]! + Math.log(slope(x![i]!)))).toBeLessThan(1e-4);
    });
  });

  test('gradients by y and by what f is made of, of roots and log-determinants', () => {
    const places = [3, 77, 110, 161, 222];
    const at = places.map((i) => ys[i]!);
    for (const part of [0, 1] as const) {
      const loss = (y: number[], p: number, q: number) =>
        y.reduce((sum, value, k) => {
          const root = exact(value, places[k]!, p, q);
          return sum + weightOf(k) * (part === 0 ? root : -Math.log(slope(root, p, q)));
        }, 0);
      const { grads } = (() => {
        const variables = [tf.variable(tf.tensor1d(at)), tf.variable(tf.scalar(a)), tf.variable(tf.scalar(b))] as const;
        const result = tf.variableGrads(
          () =>
            tf.sum(
              tf.mul(
                inverse(...variables)[part],
                places.map((_, k) => weightOf(k)),
              ),
            ) as tf.Scalar,
        );
        return { grads: variables.map((variable) => Array.from(result.grads[variable.name]!.dataSync())) };
      })();
      const moved = (scale: number) => 1e-3 * scale;
      const wanted = [
        at.map((value, k) =>
          derivative((t) => loss(at.with(k, value + t), first, second), moved(slope(roots[places[k]!]!)) * 0.1),
        ),
        [derivative((t) => loss(at, first + t, second), moved(first))],
        [derivative((t) => loss(at, first, second + t), moved(second))],
      ];
      wanted.forEach((values, which) => {
        const scale = 1 + Math.max(...values.map(Math.abs));
        values.forEach((value, k) => {
          expect(Math.abs(grads[which]![k]! - value), `${part} by ${which}`).toBeLessThan(1e-3 * scale);
        });
      });
    }
  });
});

test('beyond the bracket the tangent at its end is inverted, with all its gradients', () => {
  // a·sinh goes on; the tangent at ±1 has the slope a·cosh 1 and passes through ±a·sinh 1.
  const [a, end] = [1.5, 1];
  const factor = tf.variable(tf.scalar(a));
  const y = tf.variable(tf.tensor1d([-40, -2, 0.2, 2, 1e4]));
  const f = (x: tf.Tensor): WithLogDet => {
    const within = tf.clipByValue(x, -end, end);
    return [tf.mul(factor, tf.sinh(within)), tf.log(tf.mul(factor, tf.cosh(within)))];
  };
  const root = (value: number, scale: number): number => {
    const [height, slope] = [scale * Math.sinh(end), scale * Math.cosh(end)];
    const beyond = Math.abs(value) - height;
    return beyond > 0 ? Math.sign(value) * (end + beyond / slope) : Math.asinh(value / scale);
  };
  const logSlope = (value: number, scale: number): number =>
    Math.log(scale * Math.cosh(Math.min(Math.abs(root(value, scale)), end)));
  const ys = Array.from(y.dataSync());
  for (const [part, exact, sign] of [
    [0, root, 1],
    [1, logSlope, -1],
  ] as const) {
    const results = monotoneInverse(f, y, { low: -end, high: end })[part].dataSync();
    const { grads } = tf.variableGrads(() => {
      const result = monotoneInverse(f, y, { low: -end, high: end })[part];
      return tf.sum(
        tf.mul(
          result,
          ys.map((_, i) => weightOf(i)),
        ),
      ) as tf.Scalar;
    });
    const byY = grads[y.name]!.dataSync();
    ys.forEach((value, i) => {
      const wanted = sign * exact(value, a);
      expect(Math.abs(results[i]! - wanted)).toBeLessThan(1e-6 * (1 + Math.abs(wanted)));
      const slope = sign * derivative((t) => exact(value + t, a));
      expect(byY[i]).toBeCloseTo(weightOf(i) * slope, 4);
    });
    const byFactor = ys.reduce((sum, value, i) => sum + sign * weightOf(i) * derivative((t) => exact(value, a + t)), 0);
    expect(Math.abs(grads[factor.name]!.dataSync()[0]! - byFactor)).toBeLessThan(1e-4 * (1 + Math.abs(byFactor)));
  }
});

test('any shape, brackets of tensors, and the same when compiled', () => {
  const factors = tf.tensor2d([[0.5, 1, 2]]);
  const run = (y: tf.Tensor, scale = factors): tf.Tensor => {
    const f = (x: tf.Tensor): WithLogDet => [tf.mul(tf.sinh(x), scale), tf.log(tf.mul(tf.cosh(x), scale))];
    return tf.stack(monotoneInverse(f, y, { low: tf.fill([3], -2), high: tf.tensor2d([[2, 3, 4]]) }));
  };
  const roots3 = tf.tensor3d([-1.9, 0.3, 3.9, 1, -1.5, 0, 1.99, 2.9, -0.01, 0.5, 0.25, 2], [2, 2, 3]);
  const y = tf.mul(tf.sinh(roots3), factors);
  const [x, logDet] = tf.unstack(run(y));
  expect(x!.shape).toEqual([2, 2, 3]);
  expectAllClose(x!, roots3);
  expectAllClose(logDet!, tf.neg(tf.log(tf.mul(tf.cosh(roots3), factors))));
  const compiled = compile(({ y: values }: { y: tf.Tensor }) => ({ both: run(values, tf.tensor2d([[0.5, 1, 2]])) }), {
    name: 'inverse',
    state: [],
  });
  expectAllClose(compiled({ y }).both, run(y));
  const none = tf.zeros([0, 3]);
  expect(run(none).shape).toEqual([2, 0, 3]);
});

function expectAllClose(actual: tf.Tensor, expected: tf.Tensor): void {
  const wanted = expected.dataSync();
  expect(actual.shape).toEqual(expected.shape);
  actual.dataSync().forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i]!, 5);
  });
}
