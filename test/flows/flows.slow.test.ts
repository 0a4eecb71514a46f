import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test } from 'vitest';
import { type EngineName, selectEngine, valueAndGradients } from '../../src/engine/index.ts';
import { Rng } from '../../src/random.ts';
import { inFloat64 } from '../oracle/inFloat64.ts';
import { expectVolume, integral, onACircle, onALine } from '../support/densityChecks.ts';
import {
  BATCH,
  cases,
  compiled,
  contexts,
  density,
  draws,
  expectNear,
  fresh,
  moved,
  NOISE,
  numbers,
  points,
  type Tensors,
} from './cases.ts';

/** How far variables are moved where a density is to have no ridges narrower than a grid's cells. */
const SMOOTH = 0.1;
/** The step of derivatives in float64: short, so that hardly a point passes a spline's knot, where slopes jump. */
const STEP = 1e-5;

afterEach(() => selectEngine());

describe.each(cases)('$name, $kind', (entry) => {
  const { dim, definition, contextDim } = entry;

  test('before training it is near to its base', () => {
    const { sample, logProb } = draws(entry, fresh(entry), 500);
    const base = (x: readonly number[]): number =>
      definition.angles
        ? -dim * Math.log(2 * Math.PI)
        : x.reduce((sum, value) => sum - 0.5 * (value ** 2 + Math.log(2 * Math.PI)), 0);
    const kl = sample.reduce((sum, x, i) => sum + logProb[i]! - base(x), 0) / sample.length;
    expect(Math.abs(kl)).toBeLessThan(0.05);
  });

  test('the density integrates to 1, and is that of its samples', () => {
    const flow = moved(entry, SMOOTH);
    const drawn = draws(entry, flow, 20_000);
    const logProb = (x: number[][]) => density(entry, flow, tf.tensor2d(x));
    const bounds = definition.angles ? ([-Math.PI, Math.PI] as const) : undefined;
    expect(Math.abs(integral(drawn, logProb, { cells: 100, ...(bounds && { bounds }) }) - 1)).toBeLessThan(0.01);
    expectVolume(drawn, definition.angles ? onACircle : onALine);
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
        {
          allowUnused: true,
        },
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

  test('compiled as eager: samples, densities, gradients', async () => {
    const flow = moved(entry);
    const parameters = flow.trainableVariables();
    const everything = ({ context, x }: Tensors, rng: Rng) => {
      const { gradients, ...values } = valueAndGradients(
        () => {
          const { sample, logProb } = flow.given(context).sampleWithLogProb(rng, contextDim === 0 ? [BATCH] : []);
          const nll = tf.neg(tf.mean(flow.given(context).logProb(x!)));
          return { sample, logProb, loss: tf.add(nll, tf.add(tf.mean(sample), tf.mean(logProb))) };
        },
        parameters,
        { allowUnused: true },
      );
      return { ...values, gradients: tf.concat(gradients.map((gradient) => tf.reshape(gradient, [-1]))) };
    };
    const run = async (engine: EngineName) => {
      expect((await selectEngine(engine)).name).toBe(engine);
      const outputs = compiled(flow, everything)({ ...contexts(entry, BATCH), x: points(entry, BATCH) }, NOISE());
      return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, numbers(tensor)]));
    };
    const eager = await run('eager');
    for (const engine of ['wasm', 'onnxruntime-node'] as const) {
      for (const [name, values] of Object.entries(await run(engine))) {
        const scale = Math.max(1, ...eager[name]!.map(Math.abs));
        values.forEach((value, i) => {
          expect(Math.abs(value - eager[name]![i]!), `${engine}: ${name} ${i}`).toBeLessThanOrEqual(2e-4 * scale);
        });
      }
    }
  });
});
