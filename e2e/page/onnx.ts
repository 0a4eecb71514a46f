/** The policy of an ONNX file, fetched: what it does, as JSON. */
import { policyFromOnnx } from '../../src/index.ts';

const box = (size: number, high: number) => ({
  low: new Array<number>(size).fill(-high),
  high: new Array<number>(size).fill(high),
  shape: [size],
});
const response = await fetch(new URL('/sac.onnx', location.href));
const bytes = new Uint8Array(await response.arrayBuffer());
const policy = policyFromOnnx(bytes, { observationSpace: box(3, 8), actionSpace: box(1, 2), squash: 'rescale' });
const actions = [0, 1, 2].map((i) => [...(policy.act([Math.cos(i), Math.sin(i), i]) as Float32Array)]);
console.log(JSON.stringify(actions));
