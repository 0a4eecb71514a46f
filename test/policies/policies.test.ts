import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { LocationScale } from '../../src/bijectors/index.ts';
import type { MixtureSameFamily } from '../../src/distributions/index.ts';
import { valueAndGradients } from '../../src/engine/valueAndGradients.ts';
import { neuralSplineFlow, realNvp } from '../../src/flows/index.ts';
import type { SquashedDistribution } from '../../src/policies/actionDistributions.ts';
import {
  boxSquash,
  FlowPolicy,
  FullCovarianceGaussianPolicy,
  GaussianPolicy,
  MixturePolicy,
  makePolicy,
  type Policy,
  RelaxedMixturePolicy,
  type TruncatedNormalPolicy,
} from '../../src/policies/index.ts';
import { denseCenter, GreedyNoise } from '../../src/policies/policy.ts';
import { Rng } from '../../src/random.ts';
import { truncatedNormalLogPdf } from '../oracle/tails.ts';
import { perturb } from '../support/perturb.ts';

const OBSERVATION = 3;
const low = [-1, 0];
const high = [1, 4];

const make: Record<string, (actionDim: 1 | 2, squashed: boolean) => Policy> = {};
const flows = { realNvp, neuralSplineFlow };
for (const [name, flow] of Object.entries(flows)) {
  make[`FlowPolicy of ${name}`] = (dim, squashed) =>
    new FlowPolicy({
      flow: flow({ dim, contextDim: OBSERVATION, layers: 2, hidden: [8], rng: new Rng(name) }),
      ...(squashed && { squash: box(dim) }),
    });
}
for (const scale of ['free', 'state'] as const) {
  make[`FlowPolicy behind a head, ${scale} scale`] = (dim, squashed) =>
    new FlowPolicy({
      head: new LocationScale({
        dim,
        contextDim: OBSERVATION,
        hidden: [8],
        scale,
        initialScale: 1.5,
        rng: new Rng(scale),
      }),
      flow: neuralSplineFlow({ dim, contextDim: OBSERVATION, layers: 1, hidden: [8], rng: new Rng(scale) }),
      ...(squashed && { squash: box(dim) }),
    });
}
const gaussians = {
  'GaussianPolicy, scale of the state': (options: ConstructorParameters<typeof GaussianPolicy>[0]) =>
    new GaussianPolicy({ ...options, scale: 'state' }),
  'GaussianPolicy, free scale': (options: ConstructorParameters<typeof GaussianPolicy>[0]) =>
    new GaussianPolicy({ ...options, scale: 'free' }),
  FullCovarianceGaussianPolicy: (options: ConstructorParameters<typeof GaussianPolicy>[0]) =>
    new FullCovarianceGaussianPolicy(options),
  MixturePolicy: (options: ConstructorParameters<typeof GaussianPolicy>[0]) =>
    new MixturePolicy({ ...options, components: 3 }),
  'MixturePolicy, head': (options: ConstructorParameters<typeof GaussianPolicy>[0]) => {
    const sizes = { dim: options.actionDim, contextDim: options.observationDim };
    const head = new LocationScale({
      hidden: options.hidden!,
      initialScale: options.initialScale!,
      ...sizes,
      rng: options.rng.split('head'),
    });
    return new MixturePolicy({ ...options, components: 3, initialScale: 1, head });
  },
};
for (const [name, policy] of Object.entries(gaussians)) {
  make[name] = (actionDim, squashed) =>
    policy({
      observationDim: OBSERVATION,
      actionDim,
      hidden: [8],
      initialScale: 0.7,
      rng: new Rng(name),
      ...(squashed && { squash: box(actionDim) }),
    });
}

function box(dim: number) {
  return boxSquash({ low: low.slice(0, dim), high: high.slice(0, dim) });
}

const names = Object.keys(make);
/** Of Gaussians two numbers that are not squashed, too: of these entropy and mode are exact. */
const cases = names.flatMap((name) => [
  { name, dim: 1 as const, squashed: false },
  { name, dim: 2 as const, squashed: true },
  ...(name.includes('Gaussian') ? [{ name, dim: 2 as const, squashed: false }] : []),
]);
const observations = () => new Rng('observations').normalTensor([4, OBSERVATION]);

describe.each(cases)('$name, $dim-D action, squashed: $squashed', ({ name, dim, squashed }) => {
  const policy = perturb(make[name]!(dim, squashed), new Rng('weights'));

  test('a sample: shapes, action = squash(latent), logProb at the latent', () => {
    const distribution = policy.given(observations());
    const { action, latent, logProb } = distribution.sampleWithLogProb(new Rng(1));
    expect(action.shape).toEqual([4, dim]);
    expect(logProb.shape).toEqual([4]);
    expect(tf.max(tf.abs(tf.sub(distribution.squash(latent), action))).dataSync()[0]).toBe(0);
    const again = distribution.logProb(latent).dataSync();
    logProb.dataSync().forEach((value, i) => expect(value).toBeCloseTo(again[i]!, 3));
    if (squashed) {
      const values = action.dataSync();
      values.forEach((value, i) => {
        expect(value).toBeGreaterThanOrEqual(low[i % dim]!);
        expect(value).toBeLessThanOrEqual(high[i % dim]!);
      });
    }
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

  test('samples are reparameterized where the flag says so: the gradient of E[a] by every variable', () => {
    const one = tf.slice(observations(), [0, 0], [1, OBSERVATION]);
    const tiled = tf.tile(one, [500, 1]);
    expect(policy.given(one).reparameterized).toBe(!name.startsWith('MixturePolicy'));
    const variables = policy.trainableVariables();
    const byPath = valueAndGradients(() => {
      const { action } = policy.given(tiled).sampleWithLogProb(new Rng(3));
      return { loss: tf.mean(action) };
    }, variables).gradients;
    if (name.startsWith('MixturePolicy')) {
      // Nothing reaches the logits, the first outputs of the network.
      const bias = byPath.at(-1)!.dataSync();
      expect([...bias.slice(0, 3)]).toEqual([0, 0, 0]);
      expect(bias[3]).not.toBe(0);
      return;
    }
    // A step along the gradient moves the mean of the same draws by the squared length of the gradient.
    const length = byPath.reduce((sum, gradient) => sum + tf.sum(tf.square(gradient)).dataSync()[0]!, 0);
    const before = variables.map((variable) => tf.clone(variable));
    const moved = [-1, 1].map((sign) => {
      variables.forEach((variable, i) =>
        variable.assign(tf.add(before[i]!, tf.mul(byPath[i]!, (sign * 1e-2) / Math.sqrt(length)))),
      );
      return tf.mean(policy.given(tiled).sampleWithLogProb(new Rng(3)).action).dataSync()[0]!;
    });
    variables.forEach((variable, i) => variable.assign(before[i]!));
    expect((moved[1]! - moved[0]!) / 2e-2).toBeCloseTo(Math.sqrt(length), 1);
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

test('a flow that is the identity is the Gaussian of its head: density, and the gradient by the head', () => {
  const sizes = { hidden: [8], initialScale: 0.6 };
  const head = new LocationScale({ dim: 2, contextDim: OBSERVATION, ...sizes, rng: new Rng('head') });
  const flow = neuralSplineFlow({ dim: 2, contextDim: OBSERVATION, hidden: [8], rng: new Rng('flow') });
  const policy = new FlowPolicy({ head, flow, squash: box(2) });
  const gaussian = new GaussianPolicy({
    observationDim: OBSERVATION,
    actionDim: 2,
    squash: box(2),
    ...sizes,
    rng: new Rng('head'),
  });
  const latent = new Rng('latent').normalTensor([4, 2]);
  const [ours, theirs] = [[policy, head] as const, [gaussian, gaussian] as const].map(([of, by]) =>
    valueAndGradients(
      () => ({ loss: tf.mean(of.given(observations()).logProb(latent)) }),
      [...by.network!.layers.flatMap(({ kernel, bias }) => [kernel, bias!]), by.logScale!],
    ),
  );
  expect(ours!.loss.dataSync()[0]).toBeCloseTo(theirs!.loss.dataSync()[0]!, 5);
  ours!.gradients.forEach((gradient, i) => {
    const expected = theirs!.gradients[i]!.dataSync();
    gradient.dataSync().forEach((value, j) => expect(value).toBeCloseTo(expected[j]!, 5));
  });
});

test('what shapes the noise is told from what moves and stretches it: with a head the flow, else nothing', () => {
  const flow = neuralSplineFlow({ dim: 2, contextDim: OBSERVATION, hidden: [8], rng: new Rng(0) });
  const head = new LocationScale({ dim: 2, contextDim: OBSERVATION, hidden: [8], rng: new Rng(1) });
  const policy = new FlowPolicy({ head, flow });
  expect(policy.shapeVariables()).toEqual(flow.trainableVariables());
  expect(policy.trainableVariables()).toEqual([...head.trainableVariables(), ...flow.trainableVariables()]);
  expect(new FlowPolicy({ flow }).shapeVariables()).toEqual([]);
  expect(make.MixturePolicy!(1, false).shapeVariables()).toEqual([]);
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

  test('its entropy and samples have gradients for every variable', () => {
    const policy = made({ scale: 'state' });
    const distribution = policy.given(observations());
    expect(distribution.reparameterized).toBe(true);
    const losses = [
      () => tf.sum(policy.given(observations()).entropy!()),
      () => tf.sum(policy.given(observations()).sampleWithLogProb(new Rng(3)).action),
    ];
    for (const loss of losses) {
      const { gradients } = valueAndGradients(() => ({ loss: loss() }), policy.trainableVariables());
      for (const gradient of gradients) {
        const values = [...gradient.dataSync()];
        expect(values.every(Number.isFinite) && values.some((value) => value !== 0)).toBe(true);
      }
    }
  });
});
