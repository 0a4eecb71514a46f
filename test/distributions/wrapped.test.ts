import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { Box } from '../../envs/index.ts';
import {
  type MixturePolicy,
  MixtureSameFamily,
  MultivariateNormalDiag,
  makePolicy,
  type Policy,
  Rng,
  StandardNormal,
  valueAndGradients,
  Wrapped,
  WrappedNormal,
} from '../../src/index.ts';
import type { WrappedPolicy } from '../../src/policies/wrappedPolicy.ts';
import { gradient } from '../oracle/calculus.ts';
import { perturb } from '../support/perturb.ts';

/** Σₖ N(x + 2πk; μ, σ²) in float64, enough of them for every σ here. */
function reference(x: number, loc: number, scale: number): number {
  let sum = 0;
  for (let k = -60; k <= 60; k++) sum += Math.exp(-0.5 * ((x - loc + 2 * Math.PI * k) / scale) ** 2);
  return sum / (scale * Math.sqrt(2 * Math.PI));
}

const normal = (loc: number, scale: number) =>
  new MultivariateNormalDiag({ loc: tf.tensor1d([loc]), logScale: tf.tensor1d([Math.log(scale)]) });
const xs = Array.from({ length: 41 }, (_, i) => -3.14 + i * 0.157);

describe.each([
  [0.3, 0.1],
  [3, 0.7],
  [-9, 1.6],
  [1, 2.49],
  [1, 2.51],
  [20, 4],
  [0, 30],
])('wound N(%d, %d²)', (loc, scale) => {
  test('density is the sum over whole turns', () => {
    const values = new WrappedNormal(normal(loc, scale)).logProb(tf.tensor2d(xs, [xs.length, 1])).dataSync();
    xs.forEach((x, i) => {
      const expected = Math.log(reference(x, loc, scale));
      expect(Math.abs(values[i]! - expected)).toBeLessThan(2e-5 * (1 + Math.abs(expected)));
    });
  });

  test('gradients of the density are those of differences', () => {
    const of = (mean: tf.Tensor, logScale: tf.Tensor) =>
      new WrappedNormal(new MultivariateNormalDiag({ loc: mean, logScale })).logProb(tf.tensor1d([0.8]));
    const got = tf.grads(of)([tf.tensor1d([loc]), tf.tensor1d([Math.log(scale)])]);
    const wanted = gradient(([l, s]) => Math.log(reference(0.8, l!, Math.exp(s!))), [loc, Math.log(scale)]);
    wanted.forEach((slope, i) => {
      expect(Math.abs(got[i]!.dataSync()[0]! - slope)).toBeLessThan(1e-4 * (1 + Math.abs(slope)));
    });
  });
});

test('a batch that σ alone makes meets one angle', () => {
  const scales = [0.4, 1, 2, 2.4, 4];
  const logScale = tf.tensor2d(scales.map((scale) => [Math.log(scale)]));
  const wound = new WrappedNormal(new MultivariateNormalDiag({ loc: tf.tensor1d([0.3]), logScale }));
  const values = wound.logProb(tf.tensor1d([-1]));
  expect(values.shape).toEqual([scales.length]);
  [...values.dataSync()].forEach((value, i) =>
    expect(Math.abs(value - Math.log(reference(-1, 0.3, scales[i]!)))).toBeLessThan(1e-5),
  );
});

test('a draw is that of the line, wound; a wound mixture has the density of wound components', () => {
  const components = new MultivariateNormalDiag({ loc: tf.tensor2d([[3], [-2]]), logScale: tf.tensor2d([[0], [-1]]) });
  const mixture = new MixtureSameFamily({ logits: tf.tensor1d([0.5, -0.5]), components, reparameterize: true });
  const wound = new Wrapped(mixture);
  expect(wound.reparameterized).toBe(true);
  const [line, angles] = [mixture, wound].map((each) => each.sample(new Rng(3), [500]).dataSync());
  angles!.forEach((angle, i) => {
    expect(angle).toBeGreaterThanOrEqual(-Math.PI);
    expect(angle).toBeLessThan(Math.PI);
    const turns = (line![i]! - angle) / (2 * Math.PI);
    expect(Math.abs(turns - Math.round(turns))).toBeLessThan(1e-6);
  });
  const weight = 1 / (1 + Math.exp(-1));
  const value = wound.logProb(tf.tensor1d([-3.1])).dataSync()[0]!;
  const expected = Math.log(weight * reference(-3.1, 3, 1) + (1 - weight) * reference(-3.1, -2, Math.exp(-1)));
  expect(value).toBeCloseTo(expected, 5);
  expect(() => new Wrapped(new StandardNormal(1))).toThrow(
    /^Wrapped: got .*, expected a MultivariateNormalDiag or a mixture of them/,
  );
});

const space = { observationSpace: new Box({ low: -2, high: 2, shape: [2] }), rng: new Rng(0), hidden: [8] };

test.each([
  ['gaussian', { scale: 'state', initialScale: 2 }],
  ['mixture', { head: false, reparameterize: true, initialScale: 2 }],
  ['mixture', { reparameterize: true }],
  ['mixture', { scale: 'state', reparameterize: true, initialScale: 2, components: 3 }],
])("%s with squash: 'wrap' is a policy over angles: its density is one on the circle", (name, options) => {
  const angles = new Box({ low: -Math.PI, high: Math.PI, shape: [1] });
  const policy = makePolicy<string>(name, { ...space, actionSpace: angles, squash: 'wrap', ...options });
  const cells = 400;
  const actions = Float32Array.from({ length: cells }, (_, i) => -Math.PI + ((i + 0.5) * 2 * Math.PI) / cells);
  const distribution = policy.given(tf.ones([cells, 2]));
  expect([distribution.angles, distribution.reparameterized]).toEqual([true, true]);
  const logProbs = Array.from(distribution.logProb(tf.tensor2d(actions, [cells, 1])).dataSync());
  const total = logProbs.reduce((sum, logProb) => sum + (Math.exp(logProb) * 2 * Math.PI) / cells, 0);
  expect(total).toBeCloseTo(1, 5);
  const line = new Box({ low: -1, high: 1, shape: [1] });
  expect(() => makePolicy<string>(name, { ...space, actionSpace: line, squash: 'wrap' })).toThrow(
    'angles from −π to π',
  );
});

/** log σ as policies bound it, in float64. */
const bounded = (raw: number, initialScale: number) => 10 * Math.tanh(raw / 10) + Math.log(initialScale);
const rows = (value: tf.Tensor) => value.arraySync() as number[][];

describe.each(['free', 'state', 'fixed'] as const)(
  'a mixture behind a head, scale %s, wound round the circle',
  (scale) => {
    const DIM = 2;
    const COMPONENTS = 3;
    const angles = new Box({ low: -Math.PI, high: Math.PI, shape: [DIM] });
    const make = () =>
      perturb(
        makePolicy('mixture', {
          ...space,
          actionSpace: angles,
          squash: 'wrap',
          components: COMPONENTS,
          scale,
          initialScale: 0.7,
        }),
        new Rng('weights'),
      );
    const inner = (policy: Policy) => (policy as WrappedPolicy).policy as MixturePolicy;

    /** log p of the parameters as the networks give them, flat: logits, means, raw log-scales; shifts, log-scales of the head. */
    const logDensity = (
      mixture: readonly number[],
      shift: readonly number[],
      headLogScale: readonly number[],
      x: readonly number[],
    ) => {
      const logits = mixture.slice(0, COMPONENTS);
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
      const density = logits.reduce((sum, logit, k) => {
        const each = x.map((angle, d) => {
          const at = COMPONENTS + k * DIM + d;
          const factor = Math.exp(headLogScale[d]!);
          const logScale = bounded(mixture[at + COMPONENTS * DIM]!, Math.sqrt(1 - 0.5 ** 2));
          return reference(angle, shift[d]! + factor * mixture[at]!, factor * Math.exp(logScale));
        });
        return sum + (Math.exp(logit) / total) * each.reduce((product, p) => product * p, 1);
      }, 0);
      return Math.log(density);
    };
    /** The outputs of the networks at one observation. */
    const outputs = (policy: Policy, observation: tf.Tensor) => {
      const { network, head } = inner(policy);
      const ofHead = rows(head!.network!.apply(observation))[0]!;
      const headLogScale =
        scale === 'state' ? ofHead.slice(DIM).map((raw) => bounded(raw, 0.7)) : [...head!.logScale!.dataSync()];
      return { mixture: rows(network.apply(observation))[0]!, shift: ofHead.slice(0, DIM), headLogScale };
    };

    test('its density is that of the mixture with moved means and scales', () => {
      const policy = make();
      const observations = [
        [0.3, -0.8],
        [-2, 1.5],
      ];
      const actions = [
        [3.1, -3],
        [-0.4, 1.7],
      ];
      const logProbs = policy.given(tf.tensor2d(observations)).logProb(tf.tensor2d(actions)).dataSync();
      observations.forEach((observation, i) => {
        const { mixture, shift, headLogScale } = outputs(policy, tf.tensor2d([observation]));
        const expected = logDensity(mixture, shift, headLogScale, actions[i]!);
        expect(Math.abs(logProbs[i]! - expected)).toBeLessThan(2e-5 * (1 + Math.abs(expected)));
      });
    });

    test('gradients are those of differences', () => {
      const policy = make();
      const { network, head } = inner(policy);
      const x = [2.9, -1.2];
      const observation = tf.tensor2d([[0.3, -0.8]]);
      const { mixture, shift, headLogScale } = outputs(policy, observation);
      // The derivatives by a last layer's biases are those by its outputs.
      const variables = [network.layers.at(-1)!.bias!, head!.network!.layers.at(-1)!.bias!];
      if (scale === 'free') variables.push(head!.logScale!);
      const { gradients } = valueAndGradients(
        () => ({ loss: tf.sum(policy.given(observation).logProb(tf.tensor2d([x]))) as tf.Scalar }),
        variables,
      );
      const raw = rows(head!.network!.apply(observation))[0]!;
      const ofHead = (values: readonly number[]) =>
        logDensity(
          mixture,
          values.slice(0, DIM),
          scale === 'state' ? values.slice(DIM).map((value) => bounded(value, 0.7)) : headLogScale,
          x,
        );
      const expected = [
        gradient((values) => logDensity(values, shift, headLogScale, x), mixture),
        gradient(ofHead, raw),
        gradient((values) => logDensity(mixture, shift, values, x), headLogScale),
      ];
      gradients.forEach((slopes, i) => {
        expect(slopes.size).toBe(expected[i]!.length);
        slopes.dataSync().forEach((slope, k) => {
          expect(Math.abs(slope - expected[i]![k]!)).toBeLessThan(1e-4 * (1 + Math.abs(expected[i]![k]!)));
        });
      });
    });
  },
);

test('behind the identity the head changes no number: the mixture is that of head: false', () => {
  const angles = new Box({ low: -Math.PI, high: Math.PI, shape: [1] });
  const policy = makePolicy('mixture', { ...space, actionSpace: angles, squash: 'wrap' });
  const { network, head } = (policy as WrappedPolicy).policy as MixturePolicy;
  const plain = makePolicy('mixture', { ...space, actionSpace: angles, squash: 'wrap', head: false });
  ((plain as WrappedPolicy).policy as MixturePolicy).network.loadStateDict(network.stateDict());
  tf.tidy(() => {
    for (const variable of head!.variables()) variable.assign(tf.zerosLike(variable));
  });
  const [x, observations] = [tf.tensor2d([[-3], [0.4], [3]]), tf.ones([3, 2])];
  const [got, wanted] = [policy, plain].map((each) => [...each.given(observations).logProb(x).dataSync()]);
  expect(got).toEqual(wanted);
});

test.each(['gaussian-full', 'spline', 'realnvp'])("%s cannot be wound: squash: 'wrap' is refused", (name) => {
  const actionSpace = new Box({ low: -Math.PI, high: Math.PI, shape: [2] });
  for (const options of [{}, { parameters: 500 }, { normalizeObservations: true }]) {
    const make = () => makePolicy<string>(name, { ...space, actionSpace, squash: 'wrap', ...options });
    expect(make).toThrow(`makePolicy('${name}'): squash: got "wrap"`);
  }
});

test('the circular variance of a wrapped normal is 1 − E[cos(x − loc)]', () => {
  for (const scale of [1e-3, 0.3, 2, 6]) {
    const [got] = new WrappedNormal(normal(1, scale)).variance().dataSync();
    const count = 4000;
    const angles = Array.from({ length: count }, (_, i) => ((i + 0.5) / count - 0.5) * 40 * scale);
    const shares = angles.map((x) => (Math.exp(-0.5 * (x / scale) ** 2) / Math.sqrt(2 * Math.PI)) * (40 / count));
    const wanted = angles.reduce((sum, x, i) => sum + 2 * Math.sin(x / 2) ** 2 * shares[i]!, 0);
    expect(Math.abs(got! / wanted - 1)).toBeLessThan(2e-6);
  }
});
