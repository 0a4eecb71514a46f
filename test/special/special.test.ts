import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { besselGap, logBesselI0e } from '../../src/special/besselI.ts';
import { digamma } from '../../src/special/digamma.ts';
import { gaussLegendre } from '../../src/special/gaussLegendre.ts';
import { digammaGaps, lbeta } from '../../src/special/lbeta.ts';
import { lgamma } from '../../src/special/lgamma.ts';
import { besselIe64, digamma64, lgamma64 } from '../oracle/special.ts';

const ARGUMENTS = [1e-3, 0.02, 0.3, 0.9, 1, 1.4, 2, 2.6, 4, 8, 11.9, 12.1, 30, 150, 900].map(Math.fround);
const EPSILON = 2 ** -23;

/** Relative to the size of the terms that are summed, which is no less than 1. */
function agree(got: tf.Tensor, wanted: (x: number) => number, ulps: number, size = (x: number) => Math.abs(wanted(x))) {
  got.dataSync().forEach((value, i) => {
    const x = ARGUMENTS[i]!;
    expect(Math.abs(value - wanted(x)), `${x}: ${value}, wanted ${wanted(x)}`).toBeLessThan(
      ulps * EPSILON * Math.max(1, size(x)),
    );
  });
}
const slope = (f: (x: number) => number) => (x: number) => (f(x * 1.00001) - f(x * 0.99999)) / (x * 2e-5);

describe('special functions in float32, against float64', () => {
  const x = tf.tensor1d(ARGUMENTS);

  test('lgamma and digamma, the one the gradient of the other', () => {
    agree(lgamma(x), lgamma64, 8);
    agree(tf.grad(lgamma)(x), digamma64, 8);
    agree(digamma(x), digamma64, 6);
    agree(tf.grad(digamma)(x), slope(digamma64), 40);
    expect(lgamma(tf.scalar(0)).dataSync()[0]).toBe(Number.POSITIVE_INFINITY);
    expect(lgamma(tf.scalar(1e30)).dataSync()[0]! / (1e30 * (Math.log(1e30) - 1))).toBeCloseTo(1, 5);
  });

  test('lbeta and the gaps of digamma do not cancel', () => {
    for (const b of [0.01, 0.7, 3, 40, 1000].map(Math.fround)) {
      const other = tf.fill(x.shape, b);
      const wanted = (a: number) => lgamma64(a) + lgamma64(b) - lgamma64(a + b);
      agree(lbeta(x, other), wanted, 12);
      const [gap, otherGap] = digammaGaps(x, other);
      agree(gap, (a) => digamma64(a + b) - digamma64(a), 8);
      agree(
        otherGap,
        (a) => digamma64(a + b) - digamma64(b),
        8,
        () => 1 / b,
      );
      const [byA, byB] = tf.grads(lbeta)([x, other]);
      agree(
        byA!,
        (a) => digamma64(a) - digamma64(a + b),
        12,
        (a) => Math.abs(digamma64(a)),
      );
      agree(
        byB!,
        (a) => digamma64(b) - digamma64(a + b),
        12,
        (a) => 1 / b + Math.abs(digamma64(a + b)),
      );
    }
  });

  test('Bessel functions of order 0 and 1', () => {
    const gap = (at: number) => 1 - besselIe64(1, at) / besselIe64(0, at);
    agree(logBesselI0e(x), (at) => Math.log(besselIe64(0, at)), 6);
    agree(tf.grad(logBesselI0e)(x), (at) => -gap(at), 8);
    agree(besselGap(x), gap, 4);
    // Relative to its own size where it is small.
    besselGap(x)
      .dataSync()
      .forEach((value, i) => expect(Math.abs(value / gap(ARGUMENTS[i]!) - 1)).toBeLessThan(4e-6));
    agree(tf.grad(besselGap)(x), slope(gap), 20);
    for (const edge of [0, 1e10, 1e30]) {
      for (const f of [logBesselI0e, besselGap]) {
        for (const value of [f(tf.scalar(edge)), tf.grad(f)(tf.scalar(edge))]) {
          expect(Number.isFinite(value.dataSync()[0])).toBe(true);
        }
      }
    }
  });

  test('Gauss–Legendre quadrature is exact for polynomials', () => {
    const { nodes, weights } = gaussLegendre(8);
    for (let degree = 0; degree <= 15; degree++) {
      const sum = nodes.reduce((total, node, i) => total + weights[i]! * node ** degree, 0);
      expect(sum).toBeCloseTo(1 / (degree + 1), 13);
    }
  });
});
