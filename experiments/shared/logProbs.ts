import type * as tf from '@tensorflow/tfjs-core';
import { compile, type Flow } from '../../src/index.ts';

/** log p of rows, a batch of `size` at a time. */
export function logProbs(flow: Flow, rows: Float32Array, size: number): Float32Array {
  const density = compile(({ x }: { x: tf.Tensor }) => ({ logProb: flow.given().logProb(x) }), {
    name: 'logProbs',
    state: [flow],
  });
  const onArrays = density.onArrays({ x: { shape: [size, flow.dim] } });
  const found = new Float32Array(rows.length / flow.dim);
  const batch = new Float32Array(size * flow.dim);
  for (let at = 0; at < found.length; at += size) {
    const part = rows.subarray(flow.dim * at, flow.dim * (at + size));
    batch.set(part);
    found.set(onArrays({ x: batch }).logProb.subarray(0, part.length / flow.dim) as Float32Array, at);
  }
  density.dispose();
  return found;
}
