import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import * as o from '../../src/index.ts';

const rng = new o.Rng('p');
const n = (...s: number[]) => rng.normalTensor(s);
const p = (...s: number[]) => tf.exp(n(...s));
const perturbed = (flow: o.Flow): o.Flow => {
  for (const v of flow.trainableVariables()) v.assign(tf.add(v, tf.mul(rng.normalTensor(v.shape), 0.3)));
  return flow;
};
const diagonal = (...batch: number[]) =>
  new o.MultivariateNormalDiag({ loc: tf.mul(n(...batch), 4), logScale: n(...batch) });
/** One of each kind: single numbers, vectors, angles, categories, simplices, maps of others. */
const all: Record<string, () => o.Distribution> = {
  Beta: () => new o.Beta({ concentration1: p(2), concentration0: p(2) }),
  Categorical: () => new o.Categorical({ logits: n(3, 5) }),
  Cauchy: () => new o.Cauchy({ loc: n(2), logScale: n(2) }),
  Dirichlet: () => new o.Dirichlet({ concentration: p(2, 3) }),
  Relaxed: () => new o.RelaxedOneHotCategorical({ temperature: 0.7, logits: n(3) }),
  Independent: () => new o.Independent(new o.Laplace({ loc: n(2), logScale: n(2) })),
  Mixture: () => new o.MixtureSameFamily({ logits: n(3), components: diagonal(3, 2) }),
  LowRank: () => new o.MultivariateNormalLowRank({ loc: n(4), logScale: n(4), factor: n(4, 2) }),
  OneHot: () => new o.OneHotCategorical({ logits: n(2, 4) }),
  StandardNormal: () => new o.StandardNormal(12),
  StudentT: () => new o.StudentT({ loc: n(3), logScale: n(3), df: tf.tensor1d([1.5, 3, 9]) }),
  Uniform: () => new o.Uniform({ dim: 2, low: -3, high: 5, batchShape: [2] }),
  VonMises: () => new o.VonMises({ loc: n(2), concentration: p(2) }),
  WrappedNormal: () => new o.WrappedNormal(diagonal(2, 1)),
  Tanh: () => new o.TransformedDistribution({ base: new o.StandardNormal(2), bijector: new o.Tanh() }),
  realNvp: () => perturbed(o.realNvp({ dim: 2, contextDim: 1, hidden: [16], rng })).given(tf.tensor2d([[0.5], [-1]])),
  circularSplineFlow: () => perturbed(o.circularSplineFlow({ dim: 2, hidden: [16], rng })).given(),
};

/** What it says that it could not check. */
const ADVICE: Record<string, RegExp> = {
  Dirichlet: /^its events lie on a surface/,
  Relaxed: /^its events lie on a surface/,
  StudentT: /^mean and variance were not checked: few samples/,
  StandardNormal: /^the density's constant was not checked: events have 12 numbers/,
};

test.each(Object.keys(all))('no false alarm: %s', (name) => {
  const advice = o.checkDistribution(all[name]!());
  if (name in ADVICE) expect(advice[0]).toMatch(ADVICE[name]!);
  else expect(advice).toEqual([]);
});
