import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  type Bijector,
  ConditionalByQuadrature,
  diagnoseFlow,
  expectationEstimate,
  Flow,
  Identity,
  MarginalByQuadrature,
  modes,
  momentsEstimate,
  mutualInformationEstimate,
  neuralSplineFlow,
  Rng,
  realNvp,
  ShiftScale,
} from '../../src/index.ts';
import { normalLogPdf } from '../oracle/densities.ts';
import { perturb } from '../support/perturb.ts';
import { cases, contexts, expectNear, moved, numbers, points } from './cases.ts';

const CONTEXT = [0.3, -0.7];
/** One of each kind of bijector. */
const FAMILIES = ['realnvp', 'spline', 'maf', 'radial', 'mlp', 'circular-spline', 'continuous'];

describe('Flow.at', () => {
  test.each(cases.filter(({ name, contextDim }) => contextDim > 0 && FAMILIES.includes(name)))(
    '$name: the distribution of one context, without its axis',
    (entry) => {
      const flow = moved(entry);
      const [one, batch] = [flow.at(CONTEXT), flow.given(tf.tensor2d([CONTEXT]))];
      expect([one.batchShape, one.eventShape, one.angles]).toEqual([[], [2], batch.angles]);
      const x = tf.reshape(points(entry, 6), [3, 2, 2]);
      expectNear(numbers(one.logProb(x)), numbers(batch.logProb(tf.expandDims(x, 2))), 1e-5);
      expect(one.logProb(tf.reshape(points(entry, 1), [2])).shape).toEqual([]);
      const [drawn, wanted] = [one, batch].map((each) => each.sampleWithLogProb(new Rng('at'), [5]));
      expect([drawn!.sample.shape, drawn!.logProb.shape]).toEqual([[5, 2], [5]]);
      expectNear(numbers(drawn!.sample), numbers(wanted!.sample), 1e-5, entry);
      expectNear(numbers(drawn!.logProb), numbers(wanted!.logProb), 1e-5);
      expectNear(numbers(one.sample(new Rng('at'))), numbers(batch.sample(new Rng('at'))), 1e-5, entry);
    },
  );

  test('can be asked everything, and the answers are those of a Gaussian that it is', () => {
    // Before training it is N(0, 2²) whatever its context.
    const flow = realNvp({ dim: 2, contextDim: 1, layers: 2, hidden: [4], initialScale: 2, rng: new Rng(0) });
    const p = flow.at([0.5]);
    const rng = new Rng('uses');
    const [mode, ...others] = modes(p, { rng, starts: 8 });
    expect(others).toEqual([]);
    mode!.x.forEach((value) => expect(Math.abs(value)).toBeLessThan(0.05));
    expect(mode!.logProb).toBeCloseTo(2 * normalLogPdf(0, 0, 2), 3);
    expect(diagnoseFlow(p, { rng }).roundTripError).toBeLessThan(1e-5);
    const { mean, variance } = momentsEstimate(p, { rng });
    expect([mean.value.shape, variance.value.shape]).toEqual([[2], [2]]);
    numbers(variance.value).forEach((value) => expect(Math.abs(value - 4)).toBeLessThan(0.5));
    expect(expectationEstimate(p, (x) => tf.square(x), { rng }).value.shape).toEqual([2]);
    const range = [-16, 16] as const;
    const points = 128;
    const first = new MarginalByQuadrature({ joint: p, out: 1, range, points });
    expect(numbers(first.logProb(tf.tensor1d([1])))[0]).toBeCloseTo(normalLogPdf(1, 0, 2), 4);
    const second = new ConditionalByQuadrature({ joint: p, of: 1, given: tf.tensor1d([1]), range, points });
    expect(numbers(second.variance())[0]).toBeCloseTo(4, 3);
    const information = mutualInformationEstimate(p, { rng, ranges: [range, range], samples: 16, points });
    expect(Math.abs(numbers(information.value)[0]!)).toBeLessThan(1e-3);
    expect(numbers(p.entropyEstimate(rng, 2000).value)[0]).toBeCloseTo(Math.log(2 * Math.PI * Math.E * 4), 0);
  });

  test('of one number it has a distribution function and quantiles', () => {
    const flow = perturb(
      neuralSplineFlow({ dim: 1, contextDim: 2, layers: 2, hidden: [4], rng: new Rng(0) }),
      new Rng(1),
      0.3,
    );
    const p = flow.at(CONTEXT);
    const x = tf.tensor2d([[-1], [0.2], [2]]);
    const batch = flow.given(tf.tensor2d([CONTEXT, CONTEXT, CONTEXT]));
    expectNear(numbers(p.cdf(x)), numbers(batch.cdf(x)), 1e-5);
    expectNear(numbers(p.quantile(p.cdf(x))), numbers(x), 1e-3);
    // y = −(1 + c²) z: the context's map says whether it rises in a tensor of the context's batch.
    class Falling extends Identity {
      override given(context?: tf.Tensor): Bijector {
        return new ShiftScale({ scale: tf.neg(tf.add(tf.square(context!), 1)) });
      }
    }
    const falling = new Flow({ dim: 1, contextDim: 1, bijector: new Falling() }).at([2]).cdf(tf.tensor1d([0.5]));
    expect(falling.shape).toEqual([]);
    expect(numbers(falling)[0]).toBeCloseTo(0.539828, 5);
  });

  test('holds no tensors; what does not fit is an error, and so is a flow in the place of a distribution', () => {
    const flow = realNvp({ dim: 2, contextDim: 2, hidden: [4], rng: new Rng(0) });
    const before = tf.memory().numTensors;
    flow.at(CONTEXT);
    expect(tf.memory().numTensors).toBe(before);
    const plain = realNvp({ dim: 2, hidden: [4], rng: new Rng(0) });
    const [p, rng] = [flow as never, new Rng(0)];
    const wrong: [() => unknown, string][] = [
      [() => flow.at(), 'Flow.at: got undefined, expected a context of 2 finite numbers'],
      [() => flow.at([1]), 'Flow.at: got [1], expected a context of 2 finite numbers'],
      [() => flow.at([1, Number.NaN]), 'Flow.at: got [1,NaN], expected a context of 2 finite numbers'],
      [() => flow.at([1, 'a'] as never), 'Flow.at: got [1,"a"], expected a context of 2 finite numbers'],
      [() => plain.at([1]), 'Flow.at: got [1], expected no context'],
      [
        () => modes(flow.given(tf.tensor2d([CONTEXT])), { rng }),
        'modes: got batch shape [1] and event shape [2], expected one distribution over vectors; flow.at(context) is one',
      ],
      [() => modes(p, { rng }), 'modes: distribution: got a Flow, expected a Distribution'],
      [() => diagnoseFlow(p, { rng }), 'diagnoseFlow: distribution: got a Flow, expected a TransformedDistribution'],
      [() => momentsEstimate(p, { rng }), 'momentsEstimate: distribution: got a Flow, expected a Distribution'],
      [
        () => expectationEstimate(p, tf.abs, { rng }),
        'expectationEstimate: distribution: got a Flow, expected a Distribution',
      ],
      [
        () =>
          mutualInformationEstimate(p, {
            rng,
            ranges: [
              [0, 1],
              [0, 1],
            ],
          }),
        'mutualInformationEstimate: joint: got a Flow, expected a Distribution',
      ],
      [
        () => new MarginalByQuadrature({ joint: p, out: 0, range: [0, 1] }),
        'MarginalByQuadrature: joint: got a Flow, expected a Distribution',
      ],
      [
        () => new ConditionalByQuadrature({ joint: p, of: 0, given: tf.tensor1d([0]), range: [0, 1] }),
        'ConditionalByQuadrature: joint: got a Flow, expected a Distribution',
      ],
    ];
    for (const [call, message] of wrong) expect(call).toThrow(message);
  });
});

describe('Flow.sample and Flow.logProb on arrays', () => {
  test.each(cases.filter(({ name }) => ['realnvp', 'circular-spline'].includes(name)))(
    '$name, $kind: log p of rows is that of the distribution, over the parts that it is found in',
    (entry) => {
      const flow = moved(entry);
      const rows = 1024 + 32 + 3;
      const x = points(entry, rows);
      const { context } = contexts(entry, rows);
      const wanted = numbers(flow.given(context).logProb(x));
      const got = flow.logProb(context === undefined ? x : { events: x, context });
      expectNear([...got], wanted, 1e-4);
      const samples = flow.sample(rows, { rng: new Rng('rows'), ...(context && { context }) });
      const noise = new Rng('rows');
      // In parts of 1024, 32 and 32 rows.
      const [first] = [flow.given(context && tf.slice(context, 0, 1024)).sample(noise, context ? [] : [1024])];
      expectNear([...samples.subarray(0, 2048)], numbers(first!), 1e-4, entry);
      expect(samples).toHaveLength(2 * rows);
    },
  );

  test('lists and arrays in one context or each in one of its own; samples follow it', () => {
    const flow = perturb(realNvp({ dim: 2, contextDim: 2, hidden: [6], rng: new Rng(0) }), new Rng(1), 0.5);
    const rows = [
      [0.1, 0.2],
      [-1, 3],
    ];
    const wanted = numbers(flow.at(CONTEXT).logProb(tf.tensor2d(rows)));
    expectNear([...flow.logProb({ events: rows, context: [CONTEXT] })], wanted, 1e-5);
    expectNear(
      [...flow.logProb({ events: Float32Array.from(rows.flat()), context: [CONTEXT, CONTEXT] })],
      wanted,
      1e-5,
    );
    const draws = flow.sample(3000, { context: [CONTEXT], rng: new Rng(2) });
    const mean = momentsEstimate(flow.at(CONTEXT), { rng: new Rng(3) }).mean;
    [0, 1].forEach((i) => {
      const own = [...draws].filter((_, k) => k % 2 === i).reduce((sum, value) => sum + value, 0) / 3000;
      expect(Math.abs(own - numbers(mean.value)[i]!)).toBeLessThan(6 * numbers(mean.standardError)[i]!);
    });
    // The stream of its own goes on, and begins anew for another flow.
    const twin = perturb(realNvp({ dim: 2, contextDim: 2, hidden: [6], rng: new Rng(0) }), new Rng(1), 0.5);
    const [first, second] = [flow.sample(5, { context: [CONTEXT] }), flow.sample(5, { context: [CONTEXT] })];
    expect(first).not.toEqual(second);
    expect(twin.sample(5, { context: [CONTEXT] })).toEqual(first);
  });

  test('leave no tensors; what does not fit is an error', () => {
    const before = tf.memory().numTensors;
    const flow = realNvp({ dim: 2, contextDim: 1, hidden: [4], rng: new Rng(0) });
    const plain = realNvp({ dim: 2, hidden: [4], rng: new Rng(0) });
    plain.logProb(plain.sample(40));
    const held = tf.memory().numTensors;
    plain.logProb(plain.sample(2000));
    expect(tf.memory().numTensors).toBe(held);
    const wrong: [() => unknown, string][] = [
      [() => plain.sample(0), 'Flow.sample: count: got 0, expected a positive integer'],
      [() => plain.sample(new Rng(0) as never), 'Flow.sample: count: got'],
      [() => plain.sample(3, new Rng(0) as never), 'Flow.sample: seed: unknown option'],
      [
        () => plain.sample(3, { context: [[1]] }),
        'Flow.sample: got one, expected no context for a flow of contextDim 0',
      ],
      [() => flow.sample(3), 'Flow.sample: context: got undefined, expected rows of 1 numbers'],
      [() => flow.sample(3, { context: [[1], [2]] }), 'Flow.sample: got 2, expected 1 or 3 rows of context'],
      [() => plain.logProb([[1]]), 'Flow.logProb: events: got 1 in row 0, expected rows of 2 numbers'],
      [() => plain.logProb([[1, Number.NaN]]), 'Flow.logProb: events: row 0 has NaN, expected finite numbers'],
      [
        () => flow.logProb([[1, 2]]),
        'Flow.logProb: got events alone, expected { events, context } for a flow of contextDim 1',
      ],
      [
        () => flow.logProb({ events: new Float32Array(6), context: new Float32Array(2) }),
        'Flow.logProb: got 2, expected 1 or 3 rows of context',
      ],
    ];
    for (const [call, message] of wrong) expect(call).toThrow(message);
    flow.dispose();
    plain.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
