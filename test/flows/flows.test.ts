import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { valueAndGradients } from '../../src/engine/index.ts';
import { Rng } from '../../src/random.ts';
import { BATCH, cases, contexts, expectNear, families, fresh, moved, NOISE, numbers, points } from './cases.ts';

describe.each(cases)('$name, $kind', (entry) => {
  const { dim, contextDim } = entry;

  test('a sample’s log-density is that of logProb, and the noise comes back', () => {
    const flow = moved(entry);
    const { context } = contexts(entry, BATCH);
    const distribution = flow.given(context);
    expect(distribution.reparameterized).toBe(true);
    const { sample, logProb } = distribution.sampleWithLogProb(NOISE(), [8]);
    const batch = contextDim === 0 ? [] : [BATCH];
    expect([sample.shape, logProb.shape]).toEqual([
      [8, ...batch, dim],
      [8, ...batch],
    ]);
    expectNear(numbers(distribution.logProb(sample)), numbers(logProb), 2e-4);
    expectNear(numbers(flow.given(context).sample(NOISE(), [8])), numbers(sample), 0);

    const bijector = flow.bijector.given(context);
    const z = points(entry, BATCH);
    expectNear(numbers(bijector.inverse(bijector.forward(z))), numbers(z), 1e-4, entry);
    expectNear(numbers(bijector.forward(bijector.inverse(z))), numbers(z), 1e-4, entry);
  });

  test('finite at |z| = 100 and |x| = 100, gradients too', () => {
    const flow = moved(entry);
    const { context } = contexts(entry, 1);
    for (const direction of ['forward', 'inverse'] as const) {
      const { loss, gradients } = valueAndGradients(
        () => {
          const at = tf.broadcastTo(tf.tensor3d([[[-100]], [[100]], [[0]]]), [3, 1, dim]);
          const bijector = flow.bijector.given(context);
          const [value, logDet] =
            direction === 'forward' ? bijector.forwardAndLogDet(at) : bijector.inverseAndLogDet(at);
          return { loss: tf.add(tf.mean(value), tf.mean(logDet)) };
        },
        flow.trainableVariables(),
        { allowUnused: true },
      );
      for (const tensor of [loss, ...gradients]) expect(numbers(tensor).every(Number.isFinite), direction).toBe(true);
    }
  });

  test.runIf(contextDim > 0)('each row goes with its own context, which matters', () => {
    const flow = moved(entry);
    const context = contexts(entry, BATCH).context!;
    const x = points(entry, BATCH);
    const together = numbers(flow.given(context).logProb(x));
    const rows = [context, x].map((tensor) => tf.split(tensor, BATCH));
    const alone = rows[0]!.flatMap((row, i) => numbers(flow.given(row).logProb(rows[1]![i]!)));
    expectNear(alone, together, 1e-5);
    const same = tf.tile(tf.slice(x, 0, 1), [BATCH, 1]);
    const [first, ...others] = numbers(flow.given(context).logProb(same));
    for (const other of others) expect(Math.abs(other - first!)).toBeGreaterThan(1e-3);
    expect(() => flow.given()).toThrow(`Flow.given: got none, expected a context [batch, ${contextDim}]`);
  });

  test('variables that go through JSON into a new flow give the same, to the bit', () => {
    const flow = moved(entry);
    const other = fresh(entry, 'another');
    other.loadStateDict(JSON.parse(JSON.stringify(flow.stateDict())));
    const { context } = contexts(entry, BATCH);
    const x = points(entry, BATCH);
    expectNear(numbers(other.given(context).logProb(x)), numbers(flow.given(context).logProb(x)), 0);
    const [ours, theirs] = [flow, other].map((each) => numbers(each.given(context).sample(NOISE())));
    expect(ours).toEqual(theirs);
  });
});

test.each(families)('%s: one line that describes it, and the sizes that it takes', (name, { description, make }) => {
  expect(description).toMatch(/^\S[^\n]+\S$/);
  expect(make({ dim: 1, hidden: [4], rng: new Rng(0) }).dim).toBe(1);
  const flow = make({ dim: 3, contextDim: 1, hidden: [5, 4], activation: 'relu', rng: new Rng(name) });
  expect([flow.dim, flow.contextDim]).toEqual([3, 1]);
});
