import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { valueAndGradients } from '../../src/engine/index.ts';
import { Rng } from '../../src/random.ts';
import { inFloat64 } from '../oracle/inFloat64.ts';
import { BATCH, cases, contexts, expectNear, fresh, moved, NOISE, numbers, points, type Tensors } from './cases.ts';

/** The step of derivatives in float64: short, so that hardly a point passes a spline's knot, where slopes jump. */
const STEP = 1e-5;

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

  test('gradients of −log p and of samples are those of float64', () => {
    const flow = moved(entry);
    const inputs: Tensors = { ...contexts(entry, BATCH), x: points(entry, BATCH) };
    const weights = new Rng('weights').normalTensor([dim]);
    const losses: Record<string, (of: Tensors, rng: Rng) => tf.Tensor> = {
      nll: ({ context, x }) => tf.neg(tf.mean(flow.given(context).logProb(x!))),
      sample({ context, x }, rng) {
        const { sample, logProb } = flow.given(context).sampleWithLogProb(rng, contextDim === 0 ? [BATCH] : []);
        const unused = tf.mul(tf.sum(x!), 0);
        const w = tf.tensor1d(Array.from(WEIGHTS));
        return tf.add(tf.add(tf.mean(tf.sum(tf.mul(sample, w), -1)), tf.mul(tf.mean(logProb), 0.3)), unused);
      },
    };
    const WEIGHTS = weights.dataSync();
    const named = flow.namedVariables();
    const variables = Object.fromEntries([...named].map(([path, variable]) => [path, numbers(variable)]));
    const values = Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, numbers(tensor)]));
    const shapes = Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, shape]));
    for (const [name, loss] of Object.entries(losses)) {
      const tracked = Object.fromEntries(Object.entries(inputs).map(([key, tensor]) => [key, tf.variable(tensor)]));
      const all = new Map<string, tf.Variable>(
        [...named, ...Object.entries(tracked)].filter(([, { trainable }]) => trainable),
      );
      const { loss: value, gradients } = valueAndGradients(
        () => ({ loss: loss(tracked, NOISE()) }),
        [...all.values()],
        { allowUnused: true },
      );
      const exact = inFloat64(flow, shapes, loss, NOISE);
      expectNear(numbers(value), [exact(variables, values)], 1e-4);
      [...all.keys()].forEach((path, i) => {
        // Along one direction in each variable: of all its entries some wrong one shows.
        const direction = new Rng(path).fillNormal(new Float32Array(all.get(path)!.size));
        const along = (of: Readonly<Record<string, readonly number[]>>, t: number) =>
          path in of ? { ...of, [path]: of[path]!.map((entryValue, k) => entryValue + t * direction[k]!) } : of;
        const at = (t: number) => exact(along(variables, t), along(values, t));
        const wanted = (at(STEP) - at(-STEP)) / (2 * STEP);
        const gradient = numbers(gradients[i]!);
        const got = gradient.reduce((sum, slope, k) => sum + slope * direction[k]!, 0);
        const scale = gradient.reduce((sum, slope, k) => sum + Math.abs(slope * direction[k]!), 0);
        expect(Math.abs(got - wanted), `${name} by ${path}: ${got} against ${wanted}`).toBeLessThanOrEqual(
          1e-3 * (0.1 + scale),
        );
      });
    }
  });
});
