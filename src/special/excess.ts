import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../nn/stopGradient.ts';
import { polynomial } from './polynomial.ts';

/** 2/(n + 2)!: the series of (eˣ − 1 − x)/(x²/2). */
const EXPONENTIAL = Array.from({ length: 10 }, (_, n) => {
  let factorial = 1;
  for (let k = 3; k <= n + 2; k++) factorial *= k;
  return 1 / factorial;
});

/** 1/(2n + 3): the series of (artanh s − s)/s³ in s². */
const ARTANH = Array.from({ length: 8 }, (_, n) => 1 / (2 * n + 3));

/** eˣ − 1 − x ≥ 0, elementwise, relative to its own size. */
export function expExcess(x: tf.Tensor): tf.Tensor {
  const near = tf.clipByValue(x, -1, 1);
  const series = tf.mul(tf.mul(tf.square(near), 0.5), polynomial(near, EXPONENTIAL));
  return tf.where(
    stopGradient(() => tf.less(tf.abs(x), 1)),
    series,
    tf.sub(tf.expm1(x), x),
  );
}

/**
 * d/p − log(q/p) ≥ 0 for p, q > 0 and d = q − p, elementwise, relative to its own size: x − log(1 + x) of x = d/p, and the Bregman
 * divergence of −log from p to q.
 *
 * The difference is given, since who calls may know it better than p and q do. Gradients are those by p and q; d takes none.
 */
export function logExcess(p: tf.Tensor, q: tf.Tensor, d: tf.Tensor): tf.Tensor {
  return tf.customGrad((...args) => {
    const [from, to, apart, save] = args as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    save([from, to, apart]);
    return {
      value: logExcessValue(from, to, apart),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [was, is, gap] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
        const slope = tf.mul(dy, tf.div(gap, was));
        return [tf.neg(tf.div(slope, was)), tf.div(slope, is), tf.zerosLike(gap)];
      },
    };
  })(p, q, d);
}

function logExcessValue(p: tf.Tensor, q: tf.Tensor, d: tf.Tensor): tf.Tensor {
  const x = tf.div(d, p);
  const near = tf.clipByValue(x, -0.5, 1);
  // log(1 + x) = 2 artanh s with s = x/(2 + x), whose first term leaves x − 2s = x·s.
  const s = tf.div(near, tf.add(near, 2));
  const square = tf.square(s);
  const rest = tf.mul(tf.mul(tf.mul(square, s), 2), polynomial(square, ARTANH));
  const isNear = tf.logicalAnd(tf.greater(x, -0.5), tf.less(x, 1));
  return tf.where(isNear, tf.sub(tf.mul(near, s), rest), tf.sub(x, tf.log(tf.div(q, p))));
}
