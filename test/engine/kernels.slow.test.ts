import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { selectEngine } from '../../src/engine/runtime/engine.ts';
import { TRACEABLE } from '../../src/engine/trace/traceBackend.ts';
import { Rng } from '../../src/random.ts';
import { CASES, type KernelCase, type Range } from './kernelCases.ts';

/** The tfjs kernels that the cases call. */
const seen = new Set<string>();

function draw(rng: Rng, shape: readonly number[], range: Range = [-3, 3]): tf.Tensor {
  const size = tf.util.sizeFromShape([...shape]);
  const numbers = Array.from({ length: size }, () => rng.uniform());
  if (range === 'bool')
    return tf.tensor(
      numbers.map((u) => Number(u < 0.5)),
      [...shape],
      'bool',
    );
  if (range[0] === 'int') {
    const [, low, high] = range;
    return tf.tensor(
      numbers.map((u) => Math.floor(low + u * (high - low))),
      [...shape],
      'int32',
    );
  }
  const [low, high] = range;
  return tf.tensor(
    numbers.map((u) => low + u * (high - low)),
    [...shape],
  );
}

/** All outputs and, for a weighted sum of them, the gradients by every float input. */
function everything({ fn, valueOnly }: KernelCase, inputs: tf.Tensor[]): Record<string, tf.Tensor> {
  const outputs = [fn(...inputs)].flat();
  const results: Record<string, tf.Tensor> = {};
  outputs.forEach((output, i) => {
    results[`output ${i}`] = output;
  });
  if (valueOnly) return results;
  const loss = (...xs: tf.Tensor[]): tf.Scalar => {
    const rest = [...xs];
    const all = inputs.map((input) => (input.dtype === 'float32' ? rest.shift()! : input));
    const terms = [fn(...all)].flat().map((output, i) => {
      const weights = Array.from({ length: output.size }, (_, k) => Math.cos(1 + k + 3 * i));
      return tf.sum(tf.mul(output, tf.tensor(weights, output.shape)));
    });
    return tf.addN(terms) as tf.Scalar;
  };
  const floats = inputs.filter((input) => input.dtype === 'float32');
  tf.grads(loss)(floats).forEach((gradient, i) => {
    results[`gradient ${i}`] = gradient;
  });
  return results;
}

const ENGINES = ['onnxruntime-node', 'wasm'];

afterAll(() => selectEngine());

describe.each(CASES)('$name', (kernelCase) => {
  test.each(ENGINES)('compiled equals eager: %s', async (engine) => {
    await selectEngine(engine);
    const rng = new Rng(kernelCase.name);
    const inputs = kernelCase.inputs.map(([shape, range]) => draw(rng, shape, range));
    const named = Object.fromEntries(inputs.map((input, i) => [`x${i}`, input]));
    const compiled = compile(
      (given) =>
        everything(
          kernelCase,
          inputs.map((_, i) => given[`x${i}`]!),
        ),
      {
        name: 'kernel',
        state: [],
      },
    );
    const runKernel = tf.engine().runKernel;
    tf.engine().runKernel = function <T extends tf.Tensor | tf.Tensor[]>(
      this: unknown,
      name: string,
      ...rest: never[]
    ): T {
      seen.add(name);
      return Reflect.apply(runKernel, tf.engine(), [name, ...rest]) as T;
    };
    const eager = tf.tidy(() => everything(kernelCase, inputs));
    Reflect.deleteProperty(tf.engine(), 'runKernel');
    const got = compiled(named);
    expect(Object.keys(got)).toEqual(Object.keys(eager));
    for (const [key, expected] of Object.entries(eager)) {
      expect(got[key]!.shape, key).toEqual(expected.shape);
      expect(got[key]!.dtype, key).toBe(expected.dtype);
      const [values, wanted] = [Array.from(got[key]!.dataSync()), Array.from(expected.dataSync())];
      const scale = wanted.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 1e-30);
      for (let i = 0; i < wanted.length; i++) {
        const [a, b] = [values[i]!, wanted[i]!];
        const error = Object.is(a, b) || a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(b), 0.1 * scale);
        expect(error, `${key}[${i}]: ${a}, eager ${b}`).toBeLessThan(1e-5);
      }
    }
    compiled.dispose();
  });
});

test('every kernel has a case', () => {
  expect([...TRACEABLE].filter((name) => !seen.has(name))).toEqual([]);
});
