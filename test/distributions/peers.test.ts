import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import * as b from '../../src/bijectors/index.ts';
import * as d from '../../src/distributions/index.ts';
import { Rng } from '../../src/random.ts';

/** Numbers of TensorFlow Probability, zuko and normflows in float64, by name, with the call that gave them. */
const peers: Record<string, { readonly source: string; readonly values: readonly number[] }> = JSON.parse(
  readFileSync(join(import.meta.dirname, '../golden/peers.json'), 'utf8'),
);

const scalar = tf.scalar;
const vector = (...values: number[]): tf.Tensor => tf.tensor1d(values);
const logs = (...values: number[]): tf.Tensor => tf.tensor1d(values.map(Math.log));

type Method = 'logProb' | 'cdf' | 'survival' | 'quantile' | 'entropy' | 'mean' | 'variance' | 'mode';
/** Ours, by the peers' names. */
const ours: Record<string, () => tf.Tensor> = {};

function methods(name: string, make: () => d.Distribution, x: tf.Tensor, p: tf.Tensor, which: readonly Method[]): void {
  for (const method of which) {
    ours[`${name}.${method}`] = () => {
      const distribution = make();
      if (method === 'quantile') return distribution.quantile(p);
      return method === 'logProb' || method === 'cdf' || method === 'survival'
        ? distribution[method](x)
        : distribution[method]();
    };
  }
}

const shares = vector(0.125, 0.9);
const tails = ['logProb', 'cdf', 'survival', 'quantile'] as const;
const moments = ['mean', 'variance'] as const;
const own = { loc: vector(1, 2), logScale: logs(11, 22) };
const other = { loc: vector(-3, 0), logScale: logs(7, 30) };
for (const type of [d.Normal, d.Laplace, d.Logistic, d.Gumbel, d.Cauchy]) {
  const rest = type === d.Cauchy ? [] : moments;
  methods(type.name, () => new type(own), vector(0, 30), shares, [...tails, 'entropy', 'mode', ...rest]);
  if (type !== d.Logistic) ours[`${type.name}.kl`] = () => d.kl(new type(own), new type(other));
}
const standard = () => new d.Normal({ loc: scalar(0), logScale: scalar(0) });
ours['Normal.cdf far'] = () => standard().cdf(vector(-12, -8, -5));
ours['Normal.quantile far'] = () => standard().quantile(vector(1e-20, 1e-9, 1e-4));

const logNormal = () => new d.LogNormal({ loc: vector(0.25, -1), logScale: logs(0.5, 1.25) });
methods('LogNormal', logNormal, vector(0.75, 2), shares, [...tails, 'entropy', 'mode', ...moments]);
ours['LogNormal.kl'] = () => d.kl(logNormal(), new d.LogNormal({ loc: vector(0, 0), logScale: vector(0, 0) }));
const exponential = () => new d.Exponential({ logRate: logs(0.5, 3) });
methods('Exponential', exponential, vector(1, 0.25), shares, [...tails, 'entropy', ...moments]);
ours['Exponential.kl'] = () => d.kl(exponential(), new d.Exponential({ logRate: logs(2, 2) }));
const kumaraswamy = () => new d.Kumaraswamy({ concentration1: vector(2, 5), concentration0: vector(3, 1.5) });
methods('Kumaraswamy', kumaraswamy, vector(0.25, 0.75), shares, [
  'logProb',
  'cdf',
  'quantile',
  'entropy',
  'mode',
  ...moments,
]);
const truncated = () =>
  new d.TruncatedNormal({ loc: vector(0, 2), logScale: logs(1, 3), low: vector(-1, -0.5), high: vector(1, 4) });
methods('TruncatedNormal', truncated, vector(0.5, 1), shares, [...tails, 'entropy', 'mode', ...moments]);
const inTail = () => new d.TruncatedNormal({ loc: scalar(0), logScale: scalar(0), low: 4, high: 6 });
methods('TruncatedNormal in a tail', inTail, scalar(4.5), shares, ['logProb', 'cdf', 'mean']);
ours['Truncated.logProb'] = () =>
  new d.TruncatedNormal({ loc: scalar(0.5), logScale: scalar(Math.log(2)), low: -1, high: 1.5 }).logProb(
    vector(-0.75, 0, 1.25),
  );
const vonMises = () => new d.VonMises({ loc: vector(0.5, -1), concentration: vector(0.75, 4) });
methods('VonMises', vonMises, vector(1, 0), shares, ['logProb', 'entropy', ...moments]);
ours['VonMises.kl'] = () => d.kl(vonMises(), new d.VonMises({ loc: vector(0, 0), concentration: vector(2, 2) }));
const beta = () => new d.Beta({ concentration1: vector(1.5, 5), concentration0: vector(3, 0.75) });
methods('Beta', beta, vector(0.25, 0.875), shares, [...tails, 'entropy', ...moments]);
ours['Beta.mode'] = () => new d.Beta({ concentration1: vector(1.5, 5), concentration0: vector(3, 2) }).mode();
ours['Beta.kl'] = () => d.kl(beta(), new d.Beta({ concentration1: vector(2, 2), concentration0: vector(2, 1) }));
const gammas = (concentration: tf.Tensor, ...rates: number[]) =>
  new d.Gamma({ concentration, logRate: logs(...rates) });
const gamma = () => gammas(vector(0.5, 3, 20), 2, 0.5, 4);
const threeShares = vector(0.125, 0.5, 0.9);
methods('Gamma', gamma, vector(0.25, 4, 5), threeShares, [...tails, 'entropy', ...moments]);
ours['Gamma.mode'] = () => gammas(vector(3, 20), 0.5, 4).mode();
ours['Gamma.kl'] = () => d.kl(gamma(), gammas(vector(1, 1, 15), 1, 1, 3));
const dirichlet = () => new d.Dirichlet({ concentration: vector(1, 2, 3.5) });
methods('Dirichlet', dirichlet, vector(0.25, 0.25, 0.5), shares, ['logProb', 'entropy', ...moments]);
ours['Dirichlet.mode'] = () => new d.Dirichlet({ concentration: vector(2, 3, 5) }).mode();
ours['Dirichlet.kl'] = () => d.kl(dirichlet(), new d.Dirichlet({ concentration: vector(2, 2, 2) }));
const studentT = () => new d.StudentT({ df: vector(3, 5, 11), loc: vector(0.5, -1, 0), logScale: logs(2, 1, 0.25) });
methods('StudentT', studentT, vector(1, 2, -0.5), threeShares, [...tails, 'entropy', 'mode', ...moments]);
const categorical = () => new d.Categorical({ logits: logs(0.1, 0.2, 0.7) });
methods('Categorical', categorical, vector(0, 1, 2), shares, ['logProb', 'cdf', 'entropy']);
ours['Categorical.kl'] = () => d.kl(categorical(), new d.Categorical({ logits: logs(0.4, 0.4, 0.2) }));
const logits = vector(-2, 2, 0);
ours['RelaxedOneHotCategorical.logProb'] = () =>
  new d.RelaxedOneHotCategorical({ temperature: 0.5, logits }).logProb(vector(0.25, 0.625, 0.125));
ours['ExpRelaxedOneHotCategorical.logProb'] = () =>
  new d.ExpRelaxedOneHotCategorical({ temperature: 2, logits }).logProb(logs(0.25, 0.625, 0.125));
const mixture = () =>
  new d.MixtureSameFamily({
    logits: logs(0.3, 0.7),
    components: new d.Normal({ loc: vector(-1, 1), logScale: logs(0.1, 0.5) }),
  });
methods('MixtureSameFamily', mixture, vector(-1, 0, 1.5), shares, ['logProb', 'cdf', ...moments]);
const diagonal = () => new d.MultivariateNormalDiag({ loc: vector(1, -1), logScale: logs(1, 2) });
methods('MultivariateNormalDiag', diagonal, vector(-1, 0), shares, ['logProb', 'entropy']);
const triangular = () =>
  new d.MultivariateNormalTriL({
    loc: vector(1, 2, 3),
    logDiagonal: logs(1, 2, 0.5),
    offDiagonal: vector(0.5, -0.25, 0.75),
  });
methods('MultivariateNormalTriL', triangular, vector(-1, 0, 1), shares, ['logProb', 'entropy', 'variance']);
ours['MultivariateNormalTriL.kl'] = () =>
  d.kl(triangular(), new d.MultivariateNormalDiag({ loc: vector(0, 0, 0), logScale: logs(1, 2, 0.5) }));
const lowRank = () =>
  new d.MultivariateNormalLowRank({
    loc: vector(-1, 0, 1),
    logScale: logs(1, 0.5, 2),
    factor: tf.tensor2d([[1], [-0.5], [2]]),
  });
methods('MultivariateNormalLowRank', lowRank, vector(0.5, 0.5, -1), shares, ['logProb', 'entropy']);
ours['Independent.logProb'] = () =>
  new d.Independent(new d.Normal({ loc: vector(-1, 1), logScale: logs(0.1, 0.5) })).logProb(vector(-0.9, 0.75));
const uniform = () => new d.Uniform({ dim: 1, low: -1, high: 3 });
ours['Uniform.cdf'] = () => uniform().cdf(tf.tensor2d([[-2], [0], [2], [5]]));
ours['Uniform.quantile'] = () => uniform().quantile(vector(0.25));

const sinhArcsinh = () =>
  new d.TransformedDistribution({
    base: new d.Normal({ loc: scalar(0.5), logScale: scalar(Math.log(1.5)) }),
    bijector: new b.SinhArcsinh({ skewness: 0.25, tailweight: 1.5 }),
  });
methods('SinhArcsinh of Normal', sinhArcsinh, vector(-4, -0.5, 1, 6), vector(0.01, 0.5, 0.99), tails);
const falling = () =>
  new d.TransformedDistribution({
    base: new d.Logistic({ loc: scalar(1), logScale: scalar(Math.log(0.5)) }),
    bijector: new b.Chain([new b.Exp(), new b.Scale(-2)]),
  });
methods('falling Exp of Logistic', falling, vector(0.01, 0.125, 1, 3), vector(0.01, 0.5, 0.99), tails);

function bijector(name: string, make: () => b.Bijector, x: tf.Tensor, y?: tf.Tensor): void {
  ours[`${name}.forward`] = () => make().forward(x);
  ours[`${name}.forwardLogDet`] = () => make().forwardLogDet(x);
  if (y === undefined) return;
  ours[`${name}.inverse`] = () => make().inverse(y);
  ours[`${name}.inverseLogDet`] = () => make().inverseLogDet(y);
}
const xs = vector(-3, -0.5, 0.25, 2);
bijector('Exp', () => new b.Exp(), xs, vector(0.125, 2));
bijector('Softplus', () => new b.Softplus(), xs, vector(0.125, 2));
bijector('Tanh', () => new b.Tanh(), xs, vector(-0.75, 0.5));
bijector('Sigmoid', () => new b.Sigmoid({ low: -1, high: 3 }), xs, vector(-0.5, 2.5));
bijector('Softsign', () => new b.Softsign(), xs, vector(-0.75, 0.5));
bijector('SoftClip', () => new b.SoftClip({ low: -2, high: 3, hingeSoftness: 0.5 }), xs, vector(-1.5, 2.5));
bijector('Softplus low', () => new b.SoftClip({ low: 1 }), xs, vector(1.5, 4));
bijector('SinhArcsinh', () => new b.SinhArcsinh({ skewness: 0.5, tailweight: 0.75 }), xs, vector(-2, 5));
bijector('Power', () => new b.Power(-0.5), vector(0.25, 3), vector(0.5, 2));
const affine = (shift: number[], diagonal: number[], below: number) =>
  new b.TriangularAffine({
    shift: vector(...shift),
    logDiagonal: logs(...diagonal),
    offDiagonal: vector(below),
  });
bijector('FillScaleTriL', () => affine([1, 2], [2, 0.5], -1), vector(0.5, -0.25), vector(3, 1));

const BOUND = 3;
const spline = () =>
  new b.RationalQuadraticSpline({
    bins: tf.tensor2d([
      [0.5, -1, 0.25, 0],
      [-0.5, 0.75, 0, 1],
    ]),
    derivatives: vector(0.5, -0.75, 1.25),
    bound: BOUND,
  });
const splineInputs = vector(-4, -2.5, -0.75, 0.25, 1.5, 2.75);
for (const name of ['RationalQuadraticSpline', 'spline of normflows', 'spline of zuko'])
  bijector(name, spline, splineInputs, splineInputs);
bijector('SoftclipTransform', () => new b.Chain([new b.Scale(5), new b.Softsign(), new b.Scale(0.2)]), xs);
ours['spline flow of zuko.logProb'] = () => {
  // zuko's flows map data to noise.
  const flow = new d.TransformedDistribution({ base: standard(), bijector: new b.Invert(spline()) });
  return flow.logProb(splineInputs);
};

const rows = tf.tensor2d([
  [0.5, -1],
  [-2, 0.25],
  [1.5, 2],
]);
bijector(
  'Planar',
  () => new b.Planar({ w: vector(1, 0.5), u: vector(...peers['Planar.u']!.values), b: scalar(0.25) }),
  rows,
);
bijector(
  'Radial',
  () => {
    const alpha = 1.5;
    const strength = scalar(peers['Radial.beta']!.values[0]! / alpha);
    return new b.Radial({ center: vector(0.25, -0.5), logAlpha: scalar(Math.log(alpha)), strength });
  },
  rows,
);
/** A number of a fixed pattern for each weight. */
const weights = (count: number, k: number) => Array.from({ length: count }, (_, i) => (((i * 7 + k * 3) % 11) - 5) / 8);
const coupling = (k: number, transformed: number[]) => {
  const layer = new b.Coupling({
    dim: 2,
    transformed,
    family: b.affineFamily,
    hidden: [4],
    activation: 'tanh',
    rng: new Rng(0),
  });
  const [hidden, last] = layer.network.layers;
  hidden!.kernel.assign(tf.tensor2d(weights(4, k), [1, 4]));
  hidden!.bias!.assign(tf.tensor1d(weights(4, k + 1)));
  last!.kernel.assign(tf.tensor2d(weights(8, k + 2), [4, 2]));
  last!.bias!.assign(tf.tensor1d(weights(2, k + 3)));
  return layer;
};
const couplings = () => new b.Chain([coupling(5, [0]), coupling(1, [1])]);
bijector('couplings', couplings, rows);
ours['couplings.logProb'] = () =>
  new d.TransformedDistribution({ base: new d.StandardNormal(2), bijector: couplings() }).logProb(rows);
const lu = () => new b.Lu({ logDiagonal: vector(0, 0), lower: vector(-0.75), upper: vector(0.5) });
ours['Lu.forward'] = () => lu().forward(rows);
ours['Lu.inverse'] = () => lu().inverse(rows);
bijector('TriangularAffine', () => affine([0, 0], [2, 0.5], -0.75), rows);
ours['Mixture.logProb'] = () =>
  new d.MixtureSameFamily({
    logits: vector(0.25, -0.5),
    components: new d.MultivariateNormalDiag({
      loc: tf.tensor2d([
        [-1, 0],
        [2, 1],
      ]),
      logScale: tf.log(
        tf.tensor2d([
          [0.5, 1],
          [1, 0.25],
        ]),
      ),
    }),
  }).logProb(rows);

/** What a peer computes for us to begin with, and no value to compare. */
const GIVEN = ['Planar.u', 'Radial.beta'];
const compared = Object.keys(peers).filter((name) => !GIVEN.includes(name));

describe('other libraries', () => {
  test.each(compared)('%s', (name) => {
    const { values, source } = peers[name]!;
    const got = [...ours[name]!().dataSync()];
    expect(got.length, source).toBe(values.length);
    // Far tails relative to themselves: those are what the row is about.
    const isFar = /far|cdf|survival|in a tail/.test(name);
    values.forEach((wanted, i) => {
      const size = isFar ? Math.abs(wanted) : 1 + Math.abs(wanted);
      expect(Math.abs(got[i]! - wanted), `${source}: ${got[i]}, wanted ${wanted}`).toBeLessThanOrEqual(2e-5 * size);
    });
  });
});
