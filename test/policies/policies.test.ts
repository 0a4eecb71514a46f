import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { LocationScale } from '../../src/bijectors/index.ts';
import type { MixtureSameFamily } from '../../src/distributions/index.ts';
import { valueAndGradients } from '../../src/engine/valueAndGradients.ts';
import { neuralSplineFlow } from '../../src/flows/index.ts';
import type { SquashedDistribution } from '../../src/policies/actionDistributions.ts';
import { denseCenter, GreedyNoise } from '../../src/policies/greedy.ts';
import {
  checkPolicy,
  FlowPolicy,
  FullCovarianceGaussianPolicy,
  GaussianPolicy,
  MixturePolicy,
  makePolicy,
  type Policy,
  type PolicyName,
  RelaxedMixturePolicy,
  type TruncatedNormalPolicy,
} from '../../src/policies/index.ts';
import { Rng } from '../../src/random.ts';
import { truncatedNormalLogPdf } from '../oracle/tails.ts';
import { perturb } from '../support/perturb.ts';

const OBSERVATION = 3;
const low = [-1, 0];
const high = [1, 4];

const KINDS: Record<string, [name: PolicyName, options: object]> = {
  'FlowPolicy of realNvp': ['realnvp', { head: false, layers: 2 }],
  'FlowPolicy of neuralSplineFlow': ['spline', { head: false, layers: 2 }],
  'FlowPolicy behind a head, free scale': ['spline', { layers: 1, initialScale: 1.5 }],
  'FlowPolicy behind a head, state scale': ['spline', { layers: 1, initialScale: 1.5, scale: 'state' }],
  'GaussianPolicy, scale of the state': ['gaussian', { initialScale: 0.7, scale: 'state' }],
  'GaussianPolicy, free scale': ['gaussian', { initialScale: 0.7 }],
  FullCovarianceGaussianPolicy: ['gaussian-full', { initialScale: 0.7 }],
  MixturePolicy: ['mixture', { initialScale: 0.7, components: 3, head: false }],
  'MixturePolicy, head': ['mixture', { initialScale: 0.7, components: 3, head: true }],
};
const make = (kind: string, dim: 1 | 2, squashed: boolean): Policy => {
  const [name, options] = KINDS[kind]!;
  const observationSpace = { low: Array(OBSERVATION).fill(-1), high: Array(OBSERVATION).fill(1), shape: [OBSERVATION] };
  const actionSpace = { low: low.slice(0, dim), high: high.slice(0, dim), shape: [dim] };
  const squash = squashed ? 'tanh' : 'none';
  const all = { observationSpace, actionSpace, squash, hidden: [8], rng: new Rng(kind), ...options };
  return makePolicy(name as string, all as never);
};

const names = Object.keys(KINDS);
/** Of Gaussians two numbers that are not squashed, too: of these entropy and mode are exact. */
const cases = names.flatMap((name) => [
  { name, dim: 1 as const, squashed: false },
  { name, dim: 2 as const, squashed: true },
  ...(name.includes('Gaussian') ? [{ name, dim: 2 as const, squashed: false }] : []),
]);
const observations = () => new Rng('observations').normalTensor([4, OBSERVATION]);

describe.each(cases)('$name, $dim-D action, squashed: $squashed', ({ name, dim, squashed }) => {
  const policy = perturb(make(name, dim, squashed), new Rng('weights'));

  test('keeps the contract, and its actions lie within their bounds', () => {
    checkPolicy(policy);
    const { action } = policy.given(observations()).sampleWithLogProb(new Rng(1));
    action.dataSync().forEach((value, i) => {
      if (squashed) expect(value >= low[i % dim]! && value <= high[i % dim]!).toBe(true);
    });
  });

  test('far latents have finite log-densities and gradients, for every variable', () => {
    for (const size of [0, 1, 30]) {
      const { loss, gradients } = valueAndGradients(
        () => ({ loss: tf.mean(policy.given(observations()).logProb(tf.fill([4, dim], size))) }),
        policy.trainableVariables(),
      );
      expect(Number.isFinite(loss.dataSync()[0])).toBe(true);
      for (const gradient of gradients) expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
    }
  });

  test('greedy: the exact mode where there is one, else the center of samples; any number of candidates', () => {
    const three = tf.slice(observations(), [0, 0], [3, OBSERVATION]);
    const distribution = policy.given(three);
    expect(distribution.mode !== undefined).toBe(name.includes('Gaussian'));
    for (const candidates of [1, 2, 16]) {
      const { action, latent, logProb } = policy.greedy(three, candidates);
      const center = (one: tf.Tensor): tf.Tensor => {
        const samples = policy
          .given(tf.tile(one, [candidates, 1]))
          .sampleWithLogProb(new GreedyNoise(candidates, 1)).latent;
        return denseCenter(tf.reshape(samples, [candidates, 1, dim]));
      };
      const expected = distribution.mode?.() ?? tf.concat(tf.split(three, 3).map(center));
      expect([...latent.dataSync()]).toEqual([...expected.dataSync()].map((value) => expect.closeTo(value, 4)));
      expect([...action.dataSync()]).toEqual([...distribution.squash(latent).dataSync()]);
      expect([...logProb!.dataSync()]).toEqual([...distribution.logProb(latent).dataSync()]);
    }
    if (distribution.mode === undefined) return;
    const latentLogProb = (at: tf.Tensor) => tf.add(distribution.logProb(at), distribution.squashLogDet?.(at) ?? 0);
    const mode = distribution.mode();
    const top = latentLogProb(mode).dataSync();
    for (const step of [-0.05, 0.05]) {
      const beside = latentLogProb(tf.add(mode, step)).dataSync();
      beside.forEach((value, i) => expect(value).toBeLessThan(top[i]!));
    }
  });

  test('an exact entropy, where there is one, is that of the action', () => {
    const distribution = policy.given(tf.tile(observations(), [2000, 1]));
    if (distribution.entropy === undefined) {
      expect(squashed || !name.includes('Gaussian')).toBe(true);
      return;
    }
    expect(squashed).toBe(false);
    const estimate = tf.neg(tf.mean(distribution.sampleWithLogProb(new Rng(8)).logProb)).dataSync()[0]!;
    expect(estimate).toBeCloseTo(tf.mean(distribution.entropy()).dataSync()[0]!, 1);
  });
});

test('what shapes the noise is told from what moves and stretches it: with a head the flow, else nothing', () => {
  const flow = neuralSplineFlow({ dim: 2, contextDim: OBSERVATION, hidden: [8], rng: new Rng(0) });
  const head = new LocationScale({ dim: 2, contextDim: OBSERVATION, hidden: [8], rng: new Rng(1) });
  const policy = new FlowPolicy({ head, flow });
  expect(policy.shapeVariables()).toEqual(flow.trainableVariables());
  expect(policy.trainableVariables()).toEqual([...head.trainableVariables(), ...flow.trainableVariables()]);
  expect(new FlowPolicy({ flow }).shapeVariables()).toEqual([]);
  expect(make('MixturePolicy', 1, false).shapeVariables()).toEqual([]);
  const mixture = new MixturePolicy({ observationDim: OBSERVATION, actionDim: 2, head, rng: new Rng(3) });
  expect(mixture.shapeVariables()).toEqual(mixture.network.trainableVariables());
  expect(mixture.trainableVariables()).toHaveLength(head.trainableVariables().length + mixture.shapeVariables().length);
});

test.each([
  [1, 0.5],
  [2, 0.5],
  [5, 0.9],
])(
  '%d components that begin spread by %f: mean 0, variance initialScale²; apart at an observation of 0',
  (components, spread) => {
    const sizes = { observationDim: OBSERVATION, actionDim: 2, components, initialScale: 0.3 };
    const policy = new MixturePolicy({ ...sizes, spread, rng: new Rng(components) });
    const { latent } = policy.given(tf.zeros([1, OBSERVATION])) as SquashedDistribution;
    const mixture = latent as MixtureSameFamily;
    for (const mean of mixture.mean().dataSync()) expect(mean).toBeCloseTo(0, 6);
    for (const variance of mixture.variance().dataSync()) expect(variance / 0.09).toBeCloseTo(1, 5);
    const means = mixture.components.mean().dataSync();
    for (const d of [0, 1]) {
      const sorted = Float32Array.from(means)
        .filter((_, i) => i % 2 === d)
        .sort();
      const step = components === 1 ? 0 : 0.3 * spread * Math.sqrt(12 / (components ** 2 - 1));
      sorted.forEach((mean, k) => expect(mean).toBeCloseTo((k - (components - 1) / 2) * step, 6));
    }
  },
);

test.each([2, 5])(
  'a relaxed mixture of %d components begins with them apart, and mean and variance are about 0 and initialScale²',
  (components) => {
    const sizes = { observationDim: OBSERVATION, actionDim: 2, components, initialScale: 0.3 };
    const moments = (options: object): MixtureSameFamily =>
      (
        new RelaxedMixturePolicy({ ...sizes, ...options, rng: new Rng(components) }).given(
          tf.zeros([1, OBSERVATION]),
        ) as SquashedDistribution
      ).latent as MixtureSameFamily;
    const usual = moments({});
    for (const mean of usual.mean().dataSync()) expect(Math.abs(mean) / 0.3).toBeLessThan(0.13);
    for (const variance of usual.variance().dataSync()) {
      expect(Math.abs(Math.sqrt(variance) / 0.3 - 1)).toBeLessThan(0.04);
    }
    // All but hard: each value of the noise takes one component, and each component is as wide as half the means' distance leaves.
    const hard = moments({ temperature: 1e-3 }).components;
    const means = hard.mean().dataSync();
    for (const d of [0, 1]) {
      const along = [...means].filter((_, i) => i % 2 === d);
      const end = (0.3 * 0.5 * Math.sqrt(12 / (components ** 2 - 1)) * (components - 1)) / 2;
      expect(Math.max(...along)).toBeCloseTo(end, 6);
      expect(Math.min(...along)).toBeCloseTo(-end, 6);
    }
    for (const variance of hard.variance().dataSync()) expect(variance / (0.09 * 0.75)).toBeCloseTo(1, 3);
  },
);

test('a scale that the network gives is bounded far out: no output overflows, and near 0 it is free', () => {
  const rng = new Rng(0);
  for (const policy of [
    new GaussianPolicy({ observationDim: 1, actionDim: 1, hidden: [], scale: 'state', initialScale: 2, rng }),
    new FullCovarianceGaussianPolicy({ observationDim: 1, actionDim: 1, hidden: [], initialScale: 2, rng }),
    new MixturePolicy({ observationDim: 1, actionDim: 1, hidden: [], components: 1, initialScale: 2, rng }),
  ]) {
    // The network is its last bias: mean 0, and the raw log-scale.
    const { kernel, bias } = policy.network.layers[0]!;
    kernel.assign(tf.zerosLike(kernel));
    const deviation = (raw: number): number => {
      bias!.assign(tf.tensor1d(policy instanceof MixturePolicy ? [0, 0, raw] : [0, raw]));
      // log N(0) = −log σ − ½ log 2π
      const { logProb } = {
        logProb: policy
          .given(tf.zeros([1, 1]))
          .logProb(tf.zeros([1, 1]))
          .dataSync()[0]!,
      };
      return Math.exp(-logProb) / Math.sqrt(2 * Math.PI);
    };
    for (const raw of [-3, -1, 0, 1, 3]) {
      expect(Math.log(deviation(raw) / 2)).toBeCloseTo(10 * Math.tanh(raw / 10), 4);
      expect(Math.abs(Math.log(deviation(raw) / 2) - raw)).toBeLessThan(0.1);
    }
    for (const raw of [-1e30, 1e30]) expect(Math.log(deviation(raw) / 2)).toBeCloseTo(Math.sign(raw) * 10, 3);
  }
});

describe('a truncated normal policy', () => {
  const [LOW, HIGH] = [
    [-1, 0],
    [1, 3],
  ];
  const made = (options: object = {}) =>
    perturb(
      makePolicy('truncated-normal', {
        observationSpace: { low: [-1, -1, -1], high: [1, 1, 1], shape: [OBSERVATION] },
        actionSpace: { low: LOW!, high: HIGH!, shape: [2] },
        hidden: [8],
        rng: new Rng('truncated'),
        ...options,
      }),
      new Rng('weights'),
    ) as TruncatedNormalPolicy;
  const own = (policy: TruncatedNormalPolicy) => {
    const means = policy.network.apply(observations()).arraySync() as number[][];
    const logScales = policy.logScale!.dataSync();
    return means.map((row) =>
      [0, 1].map((d) => {
        const half = (HIGH![d]! - LOW![d]!) / 2;
        return {
          loc: LOW![d]! + half + half * row[d]!,
          scale: half * Math.exp(logScales[d]!),
          low: LOW![d]!,
          high: HIGH![d]!,
        };
      }),
    );
  };

  test('its log-density is the normalized Gaussian of each number, −∞ outside; its mode lies within the bounds', () => {
    const policy = made({ initialScale: 0.5 });
    const { action, latent, logProb } = policy.given(observations()).sampleWithLogProb(new Rng(1));
    expect(action.arraySync()).toEqual(latent.arraySync());
    const parameters = own(policy);
    (action.arraySync() as number[][]).forEach((row, i) => {
      const wanted = row.reduce((sum, x, d) => {
        const { loc, scale, low, high } = parameters[i]![d]!;
        expect(x >= low && x <= high).toBe(true);
        return sum + truncatedNormalLogPdf(x, loc, scale, low, high);
      }, 0);
      expect(Math.abs(logProb.dataSync()[i]! - wanted)).toBeLessThan(1e-5);
    });
    const outside = tf.tensor2d([
      [-1.01, 1],
      [0, 3.01],
      [0, -0.01],
      [5, 5],
    ]);
    expect(
      [...policy.given(observations()).logProb(outside).dataSync()].every((x) => x === Number.NEGATIVE_INFINITY),
    ).toBe(true);
    for (const variable of policy.trainableVariables()) variable.assign(tf.mul(variable, 20));
    const far = own(policy);
    const greedy = policy.greedy(observations()).action.arraySync() as number[][];
    greedy.forEach((row, i) =>
      row.forEach((x, d) => {
        const { loc, low, high } = far[i]![d]!;
        expect(x).toBeCloseTo(Math.min(Math.max(loc, low), high), 4);
      }),
    );
  });
});

test('normalized observations are (o − mean) / √variance, and not beyond ± the clip', () => {
  const policy = make('GaussianPolicy, free scale', 1, false);
  policy.normalizeObservations({ clip: 2 });
  policy.normalizer!.setMoments({ mean: [1, -2, 0.5], variance: [4, 0.25, 9], count: 10 });
  const seen = policy.normalized(tf.tensor2d([3, -2.5, 3.5, 9, 7, -40], [2, 3])).dataSync();
  expect([...seen]).toEqual([1, -1, 1, 2, 2, -2].map((value) => expect.closeTo(value, 5)));
});
