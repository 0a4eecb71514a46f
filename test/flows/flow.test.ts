import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  type Bijector,
  Flow,
  Identity,
  momentsEstimate,
  neuralSplineFlow,
  Rng,
  realNvp,
  ShiftScale,
} from '../../src/index.ts';
import { perturb } from '../support/perturb.ts';
import { cases, contexts, expectNear, moved, numbers, points } from './cases.ts';

const CONTEXT = [0.3, -0.7];
/** One of each kind of bijector. */
const FAMILIES = ['realnvp', 'maf', 'mlp', 'circular-spline'];

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

  test('holds no tensors', () => {
    const flow = realNvp({ dim: 2, contextDim: 2, hidden: [4], rng: new Rng(0) });
    const before = tf.memory().numTensors;
    flow.at(CONTEXT);
    expect(tf.memory().numTensors).toBe(before);
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

  test('leave no tensors', () => {
    const before = tf.memory().numTensors;
    const flow = realNvp({ dim: 2, contextDim: 1, hidden: [4], rng: new Rng(0) });
    const plain = realNvp({ dim: 2, hidden: [4], rng: new Rng(0) });
    plain.logProb(plain.sample(40));
    const held = tf.memory().numTensors;
    plain.logProb(plain.sample(2000));
    expect(tf.memory().numTensors).toBe(held);
    flow.dispose();
    plain.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
