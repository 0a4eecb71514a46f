import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import type { MultivariateNormalTriL } from '../../src/distributions/index.ts';
import type { ActingOptions } from '../../src/policies/acting.ts';
import type { SquashedDistribution } from '../../src/policies/actionDistributions.ts';
import { GreedyNoise } from '../../src/policies/greedy.ts';
import type { FlowMatchingPolicy, GaussianPolicy, Policy, PolicyName } from '../../src/policies/index.ts';
import { Rng } from '../../src/random.ts';
import { onAllEngines } from '../engine/support.ts';
import { covarianceOf } from '../oracle/densities.ts';
import { perturb } from '../support/perturb.ts';
import {
  box,
  expectLaw,
  expectShares,
  made,
  mean,
  PEAK_EDGES,
  peaksDensity,
  twoPeaks,
  variance,
} from './actingPolicies.ts';

/** Latent values for one observation, in the rows of one batch. */
function latents(policy: Policy, acting: ActingOptions, rows: number, observation = [0.3, -0.4]): Float32Array {
  using actor = policy.actor({ rng: new Rng('latents'), batch: rows, acting });
  return actor.act(Array.from({ length: rows }, () => observation).flat()).latent.slice();
}

/** Of a quadrature of the peaks. */
const CELLS = 700;

test('the two peaks are those of the oracle', () => {
  const at = [-2, -1, 0, 1.4, 1.5];
  const logProb = twoPeaks()
    .given(tf.zeros([5, 2]))
    .logProb(tf.tensor2d(at, [5, 1]))
    .dataSync();
  at.forEach((x, i) => expect(logProb[i]).toBeCloseTo(Math.log(peaksDensity(x)), 4));
});

describe('a temperature', () => {
  test.each([0.25, 0.5, 2])('%f of a Gaussian is N(μ, T σ²), exactly, of few candidates too', (temperature) => {
    const policy = perturb(made('gaussian', { initialScale: 0.7 }), new Rng('weights')) as GaussianPolicy;
    const rows = 20_000;
    const got = latents(policy, { temperature, candidates: 1 }, rows);
    const { latent } = policy.given(tf.tensor2d([[0.3, -0.4]]));
    const [center, scales] = [latent.mean().dataSync(), policy.logScale!.dataSync().map(Math.exp)];
    for (const d of [0, 1]) {
      const values = got.filter((_, i) => i % 2 === d);
      const wanted = temperature * scales[d]! ** 2;
      expect(Math.abs(mean(values) - center[d]!)).toBeLessThan(4 * Math.sqrt(wanted / rows));
      expect(Math.abs(variance(values) / wanted - 1)).toBeLessThan(4 * Math.sqrt(2 / rows));
    }
  });

  test('of a Gaussian with correlations is N(μ, T Σ)', () => {
    const policy = perturb(made('gaussian-full'), new Rng('weights'), 0.5);
    const rows = 20_000;
    const got = latents(policy, { temperature: 0.3 }, rows);
    const given = (policy.given(tf.tensor2d([[0.3, -0.4]])) as SquashedDistribution).latent as MultivariateNormalTriL;
    const covariance = covarianceOf([...given.logDiagonal.dataSync()], [...given.offDiagonal!.dataSync()]);
    const [x, y] = [0, 1].map((d) => got.filter((_, i) => i % 2 === d)) as [Float32Array, Float32Array];
    const [mx, my] = [mean(x), mean(y)];
    const together = mean(Array.from(x, (value, i) => (value - mx) * (y[i]! - my)));
    expect(Math.abs(covariance[0]![1]!)).toBeGreaterThan(0.1);
    for (const [value, wanted] of [
      [variance(x), covariance[0]![0]!],
      [variance(y), covariance[1]![1]!],
      [together, covariance[0]![1]!],
    ] as const) {
      const size = Math.sqrt(covariance[0]![0]! * covariance[1]![1]!);
      expect(Math.abs(value / 0.3 - wanted)).toBeLessThan(0.06 * Math.max(size, Math.abs(wanted)));
    }
  });

  test('is resampled where it is not exact: a flow that is a Gaussian comes to N(μ, T σ²) with its candidates', () => {
    const policy = made('spline', { actionSpace: box(1), initialScale: 0.5 });
    const center = mean(latents(policy, { rule: 'densest', candidates: 4096 }, 1));
    for (const [temperature, most] of [
      [0.5, 0.1],
      [0.2, 0.12],
    ] as const) {
      const values = latents(policy, { temperature, candidates: 64 }, 2000);
      expect(Math.abs(mean(values) - center)).toBeLessThan(0.03);
      expect(Math.abs(variance(values) / (temperature * 0.25) - 1)).toBeLessThan(most);
    }
  });

  test('of two peaks is the density to the power 1/T, by quadrature', () => {
    const policy = twoPeaks();
    for (const temperature of [0.5, 1.5]) {
      const values = latents(policy, { temperature, candidates: 200 }, 2000);
      expectLaw(values, PEAK_EDGES, (x) => peaksDensity(x) ** (1 / temperature));
    }
  });

  test('of two candidates has the law 2 p(x) E[w(x) / (w(x) + w(y))], by quadrature', () => {
    const values = latents(twoPeaks(), { temperature: 0.5, candidates: 2 }, 20_000);
    const grid = Array.from({ length: CELLS }, (_, i) => -4 + (7 * (i + 0.5)) / CELLS);
    const densities = grid.map((y) => (peaksDensity(y) * 7) / CELLS);
    // At T = ½ a weight is the density itself.
    const law = (x: number) =>
      2 *
      peaksDensity(x) *
      grid.reduce((sum, y, j) => sum + (densities[j]! * peaksDensity(x)) / (peaksDensity(x) + peaksDensity(y)), 0);
    const table = grid.map(law);
    const nearest = (x: number) => table[Math.min(Math.max(Math.floor(((x + 4) / 7) * CELLS), 0), CELLS - 1)]!;
    expectLaw(values, PEAK_EDGES, nearest);
  });

  test('of flow matching is that of its density, as its exact flow has it', () => {
    const options = { actionSpace: box(1), activation: 'tanh' };
    const policy = perturb(made('flow-matching', options), new Rng('weights'), 0.6) as FlowMatchingPolicy;
    const values = latents(policy, { temperature: 0.4, candidates: 64 }, 1000);
    const grid = Array.from({ length: 1601 }, (_, i) => -8 + i / 100);
    const exact = policy.exact({ steps: 16 });
    const logDensity = tf.tidy(() => {
      const { latent } = exact.given(tf.tile(tf.tensor2d([[0.3, -0.4]]), [grid.length, 1]));
      return latent.logProb(tf.tensor2d(grid, [grid.length, 1])).dataSync();
    });
    const weights = Array.from(logDensity, (value) => Math.exp(value / 0.4));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const center = weights.reduce((sum, weight, i) => sum + weight * grid[i]!, 0) / total;
    const spread = weights.reduce((sum, weight, i) => sum + weight * (grid[i]! - center) ** 2, 0) / total;
    expect(Math.abs(mean(values) - center)).toBeLessThan(0.05 * Math.sqrt(spread) + 4 * Math.sqrt(spread / 1000));
    expect(Math.abs(variance(values) / spread - 1)).toBeLessThan(0.15);
  });

  test('of choices is softmax(logits / T), exactly; what is not allowed is never chosen', () => {
    const rows = 20_000;
    const policy = perturb(made('categorical', { actionSpace: { n: 4, start: 2 } }), new Rng('weights'), 1);
    const logits = (policy as unknown as { logits(o: tf.Tensor): tf.Tensor })
      .logits(tf.tensor2d([[0.3, -0.4]]))
      .dataSync();
    for (const temperature of [0.5, 3]) {
      const weights = Array.from(logits, (logit) => Math.exp(logit / temperature));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const got = latents(policy, { temperature }, rows);
      expectShares(
        weights.map((_, k) => got.filter((value) => value === k).length),
        weights.map((weight) => weight / total),
      );
    }
    const several = made('multi-categorical', { actionSpace: { nvec: [3, 2], start: [0, 0] }, actionMask: true });
    perturb(several, new Rng('weights'), 1);
    const allowed = latents(several, { temperature: 4 }, 500, [0.3, -0.4, 1, 0, 1, 0, 1]);
    expect(new Set(allowed.filter((_, i) => i % 2 === 0))).toEqual(new Set([0, 2]));
    expect(new Set(allowed.filter((_, i) => i % 2 === 1))).toEqual(new Set([1]));
  });

  test('of 1 is a sample, to the bit', () => {
    for (const name of ['gaussian', 'mixture', 'spline', 'flow-matching'] as const) {
      const policy = perturb(made(name), new Rng('weights'));
      using plain = policy.actor({ rng: new Rng('noise'), batch: 3 });
      using tempered = policy.actor({ rng: new Rng('noise'), batch: 3, acting: { temperature: 1, candidates: 7 } });
      for (let step = 0; step < 3; step++) {
        const observations = new Rng(step).fillNormal(new Float32Array(6));
        expect(tempered.act(observations)).toEqual(plain.act(observations));
      }
    }
  });

  test('has a limit of 0, the densest candidate, and stays finite on the way', () => {
    const values = latents(twoPeaks(), { temperature: 1e-40, candidates: 64 }, 100);
    // The narrow peak has a quarter of the mass: one candidate of 64 is in it with all but a probability of 1e-8.
    for (const value of values) expect(Math.abs(value - 1.5)).toBeLessThan(0.1);
    expect(new Set(values).size).toBe(100);
  });
});

describe('the densest action', () => {
  const KINDS: [PolicyName, object][] = [
    ['mixture', {}],
    ['spline', {}],
    ['spline', { squash: 'tanh' }],
    ['circular-spline', { actionSpace: box(2, Math.PI) }],
    ['autoregressive-categorical', { bins: 5 }],
    ['flow-matching', { activation: 'tanh' }],
  ];
  test.each(KINDS)(
    '%s %o: of the candidates the one of greatest latent density, whatever the batch',
    (name, options) => {
      const policy = perturb(made(name, options), new Rng('weights'));
      const density = policy.exact?.() ?? policy;
      const candidates = 16;
      const observations = new Rng('observations').fillNormal(new Float32Array(6));
      using actor = policy.actor({ batch: 3, acting: { rule: 'densest', candidates } });
      const { latent, action } = actor.act(observations);
      const first = latent.slice();
      expect(actor.act(observations).latent).toEqual(first);
      for (let row = 0; row < 3; row++) {
        const own = observations.slice(2 * row, 2 * row + 2);
        tf.tidy(() => {
          const given = density.given(tf.tile(tf.tensor2d([[...own]]), [candidates, 1]));
          const sampled = given.sampleWithLogProb(new GreedyNoise(candidates, 1));
          const logDet = given.squashLogDet?.(sampled.latent).dataSync();
          const scores = Array.from(sampled.logProb.dataSync(), (value, i) => value + (logDet?.[i] ?? 0));
          const best = scores.indexOf(Math.max(...scores));
          const wanted = [...sampled.latent.dataSync()].slice(2 * best, 2 * best + 2);
          const got = [...first.slice(2 * row, 2 * row + 2)];
          expect(got).toEqual(wanted.map((value) => expect.closeTo(value, 4)));
          const squashed = policy.given(tf.tensor2d([[...own]])).squash(tf.tensor2d([got]));
          expect([...action.slice(2 * row, 2 * row + 2)]).toEqual(
            [...squashed.dataSync()].map((x) => expect.closeTo(x, 4)),
          );
        });
      }
    },
  );

  test('is at the highest peak, on which little mass may lie; the mode is where most lies', () => {
    const policy = twoPeaks();
    expect(latents(policy, { rule: 'densest', candidates: 256 }, 1)[0]).toBeCloseTo(1.5, 1);
    expect(Math.abs(latents(policy, { rule: 'mode', candidates: 256 }, 1)[0]! + 1)).toBeLessThan(0.3);
  });

  test('goes by latent values: of a wide squashed one it is in the middle, and not at the bounds', () => {
    const policy = made('spline', { actionSpace: box(1), squash: 'tanh', initialScale: 3 });
    const [latent] = latents(policy, { rule: 'densest', candidates: 256 }, 1);
    expect(Math.abs(latent!)).toBeLessThan(0.3);
    const logProb = (at: number) =>
      policy
        .given(tf.zeros([1, 2]))
        .logProb(tf.tensor2d([[at]]))
        .dataSync()[0]!;
    expect(logProb(3)).toBeGreaterThan(logProb(0));
  });

  test('is the exact mode where there is one, and with it that of choices', () => {
    for (const [name, options] of [
      ['gaussian', {}],
      ['truncated-normal', {}],
      ['categorical', { actionSpace: { n: 4, start: 2 } }],
      ['q-network', { actionSpace: { n: 4, start: 2 } }],
    ] as [PolicyName, object][]) {
      const policy = perturb(made(name, options), new Rng('weights'));
      using densest = policy.actor({ acting: { rule: 'densest' } });
      using mode = policy.actor({ acting: { rule: 'mode' } });
      expect(densest.act([0.3, -0.4])).toEqual(mode.act([0.3, -0.4]));
    }
  });
});

onAllEngines('what acts compiled is what the policy gives, with its log-probability', () => {
  for (const name of ['mixture', 'spline', 'flow-matching'] as const) {
    const policy = perturb(made(name, { activation: 'tanh' }), new Rng('weights'));
    const observations = new Rng('observations').fillNormal(new Float32Array(6));
    for (const acting of [{ rule: 'densest' }, { temperature: 0.6, candidates: 8 }] as const) {
      using actor = policy.actor({ rng: new Rng('noise'), batch: 3, acting });
      const got = actor.act(observations);
      tf.tidy(() => {
        const input = tf.tensor2d(observations, [3, 2]);
        const [temperature, options] = 'rule' in acting ? [0, {}] : [0.6, { candidates: 8, rng: new Rng('noise') }];
        const wanted = policy.tempered(input, temperature, options);
        expect(Object.keys(got).sort()).toEqual(Object.keys(wanted).sort());
        for (const part of ['action', 'latent'] as const) {
          expect([...got[part]]).toEqual([...wanted[part].dataSync()].map((value) => expect.closeTo(value, 3)));
        }
        if (name === 'flow-matching') return;
        const logProb = policy
          .given(input)
          .logProb(tf.tensor2d(got.latent, [3, 2]))
          .dataSync();
        expect([...got.logProb!]).toEqual([...logProb].map((value) => expect.closeTo(value, 3)));
      });
    }
  }
});

test('greedy: true is the rule mode, to the bit', () => {
  for (const name of ['mixture', 'spline', 'flow-matching', 'implicit'] as const) {
    const policy = perturb(made(name), new Rng('weights'));
    using short = policy.actor({ greedy: true, candidates: 9 });
    using long = policy.actor({ acting: { rule: 'mode', candidates: 9 } });
    expect(long.act([0.3, -0.4])).toEqual(short.act([0.3, -0.4]));
  }
});

const density = 'which has samples and no density, expected one that has a density, as a Gaussian or a flow';
test.each<[PolicyName, object, object, string]>([
  [
    'gaussian',
    {},
    { rule: 'densist' },
    'acting.rule: got "densist", expected one of sample, mode, densest (did you mean densest?)',
  ],
  ['gaussian', {}, { temperature: 0 }, 'acting.temperature: got 0, expected a number > 0: T'],
  [
    'gaussian',
    {},
    { temprature: 1 },
    'acting.temprature: unknown option, expected one of rule, temperature, candidates, hold (did you mean temperature?)',
  ],
  [
    'gaussian',
    {},
    { hold: 1.5 },
    "acting.hold: got 1.5, expected an integer: steps of an episode for which a sample's noise is kept before it is drawn anew",
  ],
  [
    'gaussian',
    {},
    { rule: 'mode', temperature: 0.5 },
    'acting.temperature: got 0.5 with rule mode, which is for samples, expected none',
  ],
  [
    'gaussian',
    {},
    { rule: 'densest', hold: 4 },
    'acting.hold: got 4 with rule densest, which has no noise to hold, expected none',
  ],
  ['implicit', {}, { rule: 'densest' }, `acting.rule: policy: got ImplicitPolicy, ${density}`],
  ['implicit', {}, { temperature: 0.5 }, `acting.temperature: policy: got ImplicitPolicy, ${density}`],
  [
    'q-network',
    { actionSpace: { n: 3, start: 0 } },
    { temperature: 0.5 },
    'acting.temperature: got 0.5 for the ε-greedy actions of a QNetworkPolicy, expected none: set its epsilon',
  ],
])('%s %o refuses %o in one line', (name, options, acting, message) => {
  const policy = made(name, options);
  const rng = new Rng(0);
  expect(() => policy.actor({ rng, acting })).toThrow(new Error(`Actor: ${message}`));
  expect(() => policy.act([0, 0], { acting })).toThrow(`${policy.constructor.name}.act: ${message}`);
  expect(() => policy.toOnnx(undefined, { acting })).toThrow(`${policy.constructor.name}.toOnnx: ${message}`);
});

test('refuses two ways at once, and noise without rows', () => {
  const policy = made('gaussian');
  const rng = new Rng(0);
  expect(() => policy.actor({ rng, greedy: true, acting: { hold: 2 } })).toThrow(
    new Error('Actor: acting: got {"hold":2} beside greedy: true, expected one of them'),
  );
  expect(() => policy.actor({ rng, candidates: 4, acting: {} })).toThrow(
    new Error('Actor: acting: got {} beside candidates: 4, expected one of them'),
  );
  expect(() => policy.actor({ acting: { temperature: 0.5 } })).toThrow(
    new Error('Actor: rng: got undefined, expected an Rng, or greedy: true'),
  );
  expect(() => policy.tempered(tf.zeros([1, 2]), 0, { candidates: 0 })).toThrow(
    new Error('GaussianPolicy.tempered: candidates: got 0, expected a positive integer'),
  );
  expect(() => policy.toOnnx(undefined, { acting: { hold: 2 } })).toThrow(
    new Error('GaussianPolicy.toOnnx: acting.hold: got 2, expected none: noise is an input, to be given again'),
  );
  expect(() => made('spline', { chunk: 3 }).actor({ rng, acting: { hold: 2 } })).toThrow(
    new Error(
      'Actor: acting.hold: got 2 for a policy of chunks, expected none: the actions of a chunk have one draw already',
    ),
  );
  const shared = Object.assign(made('implicit'), {
    distribution(features: tf.Tensor) {
      const draw = (stream: Rng) => tf.mul(tf.ones([features.shape[0]!, 2]), stream.normalTensor([2]));
      return { reparameterized: true, sample: (stream: Rng) => ({ latent: draw(stream), action: draw(stream) }) };
    },
  });
  using actor = shared.actor({ rng, batch: 3, acting: { hold: 2 } });
  expect(() => actor.act(new Float32Array(6))).toThrow(
    'Actor: acting.hold: got noise of shape [2], expected an axis of the batch of 3',
  );
});
