import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { Beta, Dirichlet, type Distribution, Gamma, kl, Rng } from '../../src/index.ts';
import { lgammaExcess } from '../../src/special/gamma.ts';

/** Parameters of two distributions, their divergence, and its gradients by the first's and the second's. */
type Row = [p: number[], q: number[], value: number, byP: number[], byQ: number[]];
const row = (p: string, q: string, value: number, byP: string, byQ: string): Row => {
  const numbers = (text: string) => text.split(' ').map(Number);
  return [numbers(p).map(Math.fround), numbers(q).map(Math.fround), value, numbers(byP), numbers(byQ)];
};

/** Concentrations of Dirichlet distributions, which of two components are beta ones; to 50 digits, by mpmath 1.3. */
const CONCENTRATIONS = [
  row('556.36 217.89', '556.32 217.88', 5.364751e-8, '7.336168e-6 -1.860992e-5', '-7.336669e-6 1.861095e-5'),
  row('1e5 2e4', '1.001e5 1.998e4', 0.03332632, '-0.0003333356 0.001666694', '0.000333058 -0.001666973'),
  row('2e1 2e1', '20.1 20.1', 6.384669e-6, '-6.406177e-5 -6.406177e-5', '6.373919e-5 6.373919e-5'),
  row('1e6 1e6', '1000001 1000001', 2.5e-13, '-2.500001e-13 -2.500001e-13', '2.499999e-13 2.499999e-13'),
  row('1e6 3e5', '2.5e5 7.5e4', 0.3181478, '8.653851e-8 9.615398e-7', '-3.461544e-7 -3.846167e-6'),
  row('1e6 2', '999999.5 2.0001', 3.268182e-9, '1.008972e-10 -6.492713e-5', '-1.008973e-10 6.492511e-5'),
  row('0.001 0.001', '0.0010001 0.0010002', 1.37483e-8, '-0.02499986 -0.1250008', '0.02500111 0.124972'),
  row('0.001 0.002', '0.002 0.001', 0.5000016, '-1000.002 250.0016', '500.0016 -500.0016'),
  row('0.001 1e6', '1e6 0.001', 1.014391e9, '-1.000002e12 1', '1014.391 -1014.391'),
  row('0.02 0.3', '0.021 0.29', 0.001387557, '-2.599486 0.02456625', '2.483028 -0.02586761'),
  row('3 0.7', '0.5 9e1', 211.3619, '27.89862 -226.1693', '-6.218956 2.381606'),
  row('9e2 1.1e3', '8.8e2 1.13e3', 0.604652, '0.02723582 -0.02228388', '-0.02747427 0.02193074'),
  row('5 5', '5.00001 5.00001', 1.102014e-12, '-1.100521e-7 -1.100521e-7', '1.100519e-7 1.100519e-7'),
  row('1 2 3', '3 2 1', 3, '-3.289868 0 0.7898681', '1.5 4.646017e-52 -1.5'),
  row(
    '0.001 0.4 6e1 2e4 1e6',
    '0.00101 0.4 60.5 2.001e4 1.0001e6',
    0.003659232,
    '-9.999867 0.000108327 -0.008294837 -0.0003916855 8.326931e-6',
    '9.900858 -0.0001083211 0.008259733 0.0003915664 -8.326064e-6',
  ),
  row(
    '1e1 1e1 1e1 1e1',
    '4e2 4e2 4e2 4e2',
    54.15368,
    '-1.523309 -1.523309 -1.523309 -1.523309',
    '0.03734244 0.03734244 0.03734244 0.03734244',
  ),
];

/** Concentration and logarithm of the rate of gamma distributions; likewise. */
const GAMMAS = [
  row('3 0', '3.01 0', 1.972103e-5, '-0.003949337 0.00999999', '0.003941651 -0.00999999'),
  row('2 0.5', '7 -1', 13.41159, '-4.00154 6.55374', '2.95 -6.55374'),
  row('1e6 0', '1000001 1e-6', 2.5e-13, '-2.52476e-15 -4.974754e-7', '2.524757e-15 4.974754e-7'),
  row('1e6 2', '1.1e6 2', 4841.2, '-0.1000001 100000', '0.09531023 -100000'),
  row('5e2 1', '5.1e2 1.0198', 9.875354e-5, '-2.274648e-5 0.001366573', '2.230034e-5 -0.001366573'),
  row('0.001 0', '0.00101 0.01', 4.961899e-5, '-9.989925 -5.020761e-8', '9.890966 5.020761e-8'),
  row('0.001 3', '1e6 -3', 1.019391e9, '-1.000002e12 1000000', '1020.391 -1000000'),
  row('1e6 3', '0.001 -3', 2491.14, '0.002479251 -2478.751', '-1008.391 2478.751'),
  row('4e1 0', '4e1 0.0001', 2.000067e-7, '0.000100005 -0.0040002', '-0.0001 0.0040002'),
  row('1e4 0', '2e4 0.7', 0.6241148, '0.01370268 -137.5268', '-0.006827807 137.5268'),
];

const entries = (x: tf.Tensor): tf.Tensor[] => tf.unstack(x, -1);
const beta = (x: tf.Tensor) => new Beta({ concentration1: entries(x)[0]!, concentration0: entries(x)[1]! });
const dirichlet = (x: tf.Tensor) => new Dirichlet({ concentration: x });
const gamma = (x: tf.Tensor) => new Gamma({ concentration: entries(x)[0]!, logRate: entries(x)[1]! });
const cases: [name: string, make: (x: tf.Tensor) => Distribution, rows: Row[]][] = [
  ['Beta', beta, CONCENTRATIONS.filter(([p]) => p.length === 2)],
  ['Dirichlet', dirichlet, CONCENTRATIONS],
  ['Gamma', gamma, GAMMAS],
];

describe.each(cases)('kl of two %s distributions', (name, make, rows) => {
  test('to 10⁻⁵ of its own size, near and far, and its gradients', () => {
    for (const [p, q, value, byP, byQ] of rows) {
      const between = (x: tf.Tensor, y: tf.Tensor) => kl(make(x), make(y));
      const at: [tf.Tensor, tf.Tensor] = [tf.tensor1d(p), tf.tensor1d(q)];
      const got = between(...at).dataSync()[0]!;
      expect(Math.abs(got / value - 1), `${p} and ${q}: ${got}`).toBeLessThan(1e-5);
      const gradients = tf
        .grads(between)(at)
        .map((gradient) => gradient.dataSync());
      [byP, byQ].forEach((wanted, k) => {
        const scales = (k === 0 ? p : q).map((x, i) => (name === 'Gamma' && i === 1 ? 1 : x));
        // Next to the largest change that a change of a parameter in proportion makes.
        const size = Math.max(...wanted.map((slope, i) => Math.abs(slope * scales[i]!)));
        wanted.forEach((slope, i) => {
          const gap = Math.abs(gradients[k]![i]! - slope) * scales[i]!;
          expect(gap, `${p} and ${q}, by ${k} ${i}: ${gradients[k]![i]}`).toBeLessThan(2e-5 * size);
        });
      });
    }
  });

  test('never below 0, and 0 from each to itself', () => {
    const rng = new Rng(3);
    const sizes = tf.exp(tf.mul(tf.sub(rng.uniformTensor([1000, 2]), 1 / 3), 20.7));
    for (const apart of [1e-7, 1e-5, 1e-3, 1]) {
      const others = tf.mul(sizes, tf.exp(tf.mul(rng.normalTensor([1000, 2]), apart)));
      for (const value of kl(make(sizes), make(others)).dataSync()) expect(value).toBeGreaterThanOrEqual(0);
    }
    expect([...kl(make(sizes), make(sizes)).dataSync()].every((value) => value === 0)).toBe(true);
  });
});

test('what log Γ exceeds its tangent by', () => {
  // log Γ(3) − log Γ(1) − 2 ψ(1) = log 2 + 2γ
  const value = lgammaExcess(tf.scalar(1), tf.scalar(3)).dataSync()[0]! + 3 * Math.log(3) - 2;
  expect(value).toBeCloseTo(Math.log(2) + 2 * 0.5772156649, 6);
});
