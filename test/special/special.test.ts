import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { besselGap, logBesselI0e } from '../../src/special/besselI.ts';
import { lbeta } from '../../src/special/beta.ts';
import {
  expExcess,
  log1mexp,
  logExcess,
  outOfProportion,
  proportionExcess,
  twoProduct,
} from '../../src/special/elementary.ts';
import { digamma, lgamma } from '../../src/special/gamma.ts';
import { millsRatio, ndtr, ndtri, tailPoint } from '../../src/special/normal.ts';
import { gaussLegendre } from '../../src/special/quadrature.ts';
import { besselIe64, digamma64, lgamma64 } from '../oracle/special.ts';
import { normalAbove } from '../oracle/tails.ts';

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

  test('lbeta does not cancel', () => {
    for (const b of [0.01, 0.7, 3, 40, 1000].map(Math.fround)) {
      const other = tf.fill(x.shape, b);
      const wanted = (a: number) => lgamma64(a) + lgamma64(b) - lgamma64(a + b);
      agree(lbeta(x, other), wanted, 12);
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

  test('the normal distribution function, its inverse and Mills’ ratio, with a small relative error in both tails', () => {
    const at = [0, 0.01, 0.3, 1, 1.7, 2.5, 3.9, 6, 9, 12.9].flatMap((value) => [value, -value]).map(Math.fround);
    const density = (z: number) => Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI);
    const within = (got: number, wanted: number, error: number, what: string) =>
      expect(Math.abs(got / wanted - 1), what).toBeLessThan(error);
    const points = tf.tensor1d(at);
    const [values, slopes] = [ndtr(points).dataSync(), tf.grad(ndtr)(points).dataSync()];
    at.forEach((z, i) => {
      within(values[i]!, normalAbove(-z), 4e-7, `ndtr(${z})`);
      within(slopes[i]!, density(z), 1e-5, `ndtr′(${z})`);
      const share = Math.fround(normalAbove(Math.abs(z)));
      const [x] = ndtri(tf.scalar(share)).dataSync() as Float32Array;
      // An error of x of the share's own rounding is the share over the density.
      expect(Math.abs(normalAbove(-x!) / share - 1), `ndtri(${share})`).toBeLessThan(3e-7 * (1 + z * z));
      expect(ndtri(tf.scalar(1), tf.scalar(share)).dataSync()[0]).toBe(Math.abs(x!));
      within(tf.grad(ndtri)(tf.scalar(share)).dataSync()[0]! * density(x!), 1, 1e-5, `ndtri′(${share})`);
    });
    for (const z of [0, 0.2, 1, 3.5, 8, 30].map(Math.fround)) {
      within(millsRatio(tf.scalar(z)).dataSync()[0]!, normalAbove(z) / density(z), 4e-7, `R(${z})`);
    }
    for (const z of [1e3, 1e10, 1e30]) within(millsRatio(tf.scalar(z)).dataSync()[0]! * z, 1, 2e-6, `R(${z})`);
    expect([...ndtr(tf.tensor1d([-3e38, -Infinity, 3e38, Infinity])).dataSync()]).toEqual([0, 0, 1, 1]);
    expect([...ndtri(tf.tensor1d([0, 0.5, 1])).dataSync()].map(Math.abs)).toEqual([Infinity, 0, Infinity]);
  });

  test('the point where a tail has come down to a share', () => {
    for (const r of [0, 0.5, 3, 40]) {
      for (const t of [0, 1e-3, 0.1, 1, 5].map((length) => length / (1 + r))) {
        const ratio = (x: number) => (normalAbove(x) / Math.exp(-(x * x) / 2)) * Math.sqrt(2 * Math.PI);
        const exact = r + t < 30 ? ratio(r + t) : 1 / (r + t + 1 / (r + t + 2 / (r + t)));
        const logTail = Math.log(exact) - r * t - (t * t) / 2;
        const [got] = tailPoint(tf.scalar(logTail), tf.scalar(r)).dataSync() as Float32Array;
        // In units of the length over which it falls.
        expect(Math.abs(got! - t) * (1 + r + t), `${r}, ${t}`).toBeLessThan(3e-6);
      }
    }
  });

  test('log(1 − eˣ) near 0 and far from it', () => {
    const at = [-1e-30, -1e-6, -0.1, -0.69, -0.7, -3, -20, -80].map(Math.fround);
    const [values, slopes] = [log1mexp(tf.tensor1d(at)).dataSync(), tf.grad(log1mexp)(tf.tensor1d(at)).dataSync()];
    at.forEach((each, i) => {
      const wanted = each > -0.5 ? Math.log(-Math.expm1(each)) : Math.log1p(-Math.exp(each));
      expect(Math.abs(values[i]! / wanted - 1), `${each}`).toBeLessThan(4e-7);
      expect(
        Math.abs(slopes[i]! / (1 / Math.expm1(each) === 0 ? 1 : -1 / Math.expm1(-each)) - 1),
        `${each}`,
      ).toBeLessThan(4e-6);
    });
  });

  test('Gauss–Legendre quadrature is exact for polynomials', () => {
    const { nodes, weights } = gaussLegendre(8);
    for (let degree = 0; degree <= 15; degree++) {
      const sum = nodes.reduce((total, node, i) => total + weights[i]! * node ** degree, 0);
      expect(sum).toBeCloseTo(1 / (degree + 1), 13);
    }
  });

  /** Of either sign, from 10⁻⁷ to 60. */
  const APART = [1e-7, 3e-5, 0.002, 0.1, 0.3, 0.49, 0.51, 0.99, 1, 1.2, 4, 60].flatMap((x) => [x, -x]).map(Math.fround);
  /** eˣ − 1 − x, by its series where it would cancel. */
  const expExcess64 = (x: number) => (Math.abs(x) > 0.1 ? Math.exp(x) - 1 - x : series(x, (k) => 1 / k));
  /** x − log(1 + x), likewise. */
  const logExcess64 = (x: number) => (Math.abs(x) > 0.1 ? x - Math.log1p(x) : series(x, (k) => (1 - k) / k));
  /** Σ_{n ≥ 2} cₙ xⁿ, c₂ = ½, cₙ from cₙ₋₁ by a factor. */
  function series(x: number, factor: (k: number) => number): number {
    let [term, sum] = [(x * x) / 2, (x * x) / 2];
    for (let n = 3; n < 40; n++) {
      term *= x * factor(n);
      sum += term;
    }
    return sum;
  }

  test('what eˣ and −log exceed their tangents by, relative to its own size, with gradients', () => {
    const x = tf.tensor1d(APART);
    const [value, slope] = [expExcess(x).dataSync(), tf.grad(expExcess)(x).dataSync()];
    APART.forEach((at, i) => {
      expect(Math.abs(value[i]! / expExcess64(at) - 1), `${at}`).toBeLessThan(5e-7);
      expect(Math.abs(slope[i]! / Math.expm1(at) - 1), `${at}`).toBeLessThan(1e-6);
    });
    const pairs = APART.filter((at) => at > -1).map((at) => [2, Math.fround(2 + 2 * at)] as const);
    const [p, q] = [0, 1].map((k) => tf.tensor1d(pairs.map((pair) => pair[k]!))) as [tf.Tensor, tf.Tensor];
    const excess = logExcess(p, q, tf.sub(q, p)).dataSync();
    const [byP, byQ] = tf.grads((from: tf.Tensor, to: tf.Tensor) => logExcess(from, to, tf.sub(q, p)))([p, q]);
    pairs.forEach(([from, to], i) => {
      const d = to - from;
      if (d === 0) return expect(excess[i]).toBe(0);
      expect(Math.abs(excess[i]! / logExcess64(d / from) - 1), `${d}`).toBeLessThan(5e-7);
      expect(Math.abs(byP!.dataSync()[i]! / (-d / from ** 2) - 1)).toBeLessThan(1e-6);
      expect(Math.abs(byQ!.dataSync()[i]! / (d / (from * to)) - 1)).toBeLessThan(1e-6);
    });
  });

  test('a product and what its rounding has lost', () => {
    const a = [1.1, 12345.678, 3e-7, -0.37, 0.9].map(Math.fround);
    const b = [7.7e8, 1.3, 0.6, 44.1, -1e-5].map(Math.fround);
    const { high, low } = twoProduct(tf.tensor1d(a), tf.tensor1d(b));
    a.forEach((x, i) => expect(high.dataSync()[i]! + low.dataSync()[i]!).toBe(x * b[i]!));
  });

  test('how far two vectors are out of proportion', () => {
    const [q, p] = [
      [3, 1e-3, 7e5],
      [6.000001, 0.0020001, 1.4000001e6],
    ].map((each) => each.map(Math.fround)) as [number[], number[]];
    const [total, other] = [q, p].map((each) => each.reduce((sum, x) => sum + x)) as [number, number];
    const apart = outOfProportion(tf.tensor1d(q), tf.tensor1d(p)).dataSync();
    q.forEach((x, i) => expect(Math.abs(apart[i]! - ((p[i]! * total) / other - x))).toBeLessThan(1e-12 * x));
    const wanted = q.reduce((sum, x, i) => sum + x * logExcess64((p[i]! * total) / other / x - 1), 0);
    expect(proportionExcess(tf.tensor1d(q), tf.tensor1d(p)).dataSync()[0]! / wanted).toBeCloseTo(1, 5);
  });
});
