import * as tf from '@tensorflow/tfjs-core';
import { compile, type Flow, klEstimate, type Rng } from '../../src/index.ts';

/** A mean over samples, and its standard error. */
export interface Estimate {
  readonly mean: number;
  readonly standardError: number;
}

/** KL(q ‖ p) by samples of q. */
export function estimateKl(q: Flow, p: Flow, samples: number, rng: Rng): Estimate {
  const estimate = compile(
    (_: Record<never, tf.Tensor>, noise) => {
      const { value, standardError } = klEstimate(q.given(), p.given(), noise, samples);
      return { value, standardError };
    },
    { name: 'distill/kl', state: [q, p] },
  );
  const { value, standardError } = estimate.onArrays({})({}, rng);
  const result = { mean: value[0]!, standardError: standardError[0]! };
  estimate.dispose();
  return result;
}

/** E[−log p(x)] over events, row by row. */
export function estimateNll(p: Flow, events: Float32Array): Estimate {
  const count = events.length / p.dim;
  const losses = compile(({ x }: { x: tf.Tensor }) => ({ loss: tf.neg(p.given().logProb(x)) }), {
    name: 'distill/nll',
    state: [p],
  });
  const loss = Array.from(losses.onArrays({ x: { shape: [count, p.dim] } })({ x: events }).loss);
  const mean = loss.reduce((sum, value) => sum + value, 0) / count;
  const squares = loss.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  losses.dispose();
  return { mean, standardError: Math.sqrt(squares / (count - 1) / count) };
}

/** `count` samples, row by row, with three decimals. */
export function drawSamples(flow: Flow, count: number, rng: Rng): number[][] {
  const rows = tf.tidy(() => flow.given().sample(rng, [count]).arraySync() as number[][]);
  return rows.map((row) => row.map((value) => Math.round(value * 1000) / 1000));
}
