import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { Made } from '../../src/nn/index.ts';
import type { MadeOptions } from '../../src/nn/made.ts';
import { Rng } from '../../src/random.ts';
import { made as oracle } from '../oracle/autoregressive.ts';
import type { Variables } from '../oracle/mlp.ts';
import { perturb } from '../support/perturb.ts';

const rng = new Rng('made');
const network = (options: Partial<MadeOptions> = {}) =>
  perturb(new Made({ dim: 4, outputs: 2, hidden: [7, 9], rng, ...options }), rng);

const variants: Record<string, Partial<MadeOptions>> = {
  natural: {},
  reversed: { order: 'reversed' },
  permuted: { order: [2, 0, 3, 1] },
  'with a context': { contextDim: 3, order: [1, 3, 2, 0] },
  'of several features': { features: 2, contextDim: 1, order: [3, 0, 1, 2] },
  'of fewer units than numbers': { hidden: [2, 1], contextDim: 1 },
  linear: { hidden: [], order: 'reversed' },
  'of one number': { dim: 1, contextDim: 2 },
  'of one number and nothing else': { dim: 1 },
};

/** Inputs for a network of these options. */
function inputs({ dim = 4, features = 1, contextDim = 0 }: Partial<MadeOptions>, batch = 3) {
  return {
    x: rng.normalTensor([batch, features * dim]),
    context: contextDim > 0 ? rng.normalTensor([batch, contextDim]) : undefined,
  };
}

describe.each(Object.entries(variants))('Made %s', (_, options) => {
  const { dim = 4, features = 1, contextDim = 0 } = options;
  const module = network(options);
  const { order } = module;

  test('is the float64 network', () => {
    const { x, context } = inputs(options);
    const variables: Variables = Object.fromEntries(
      Object.entries(module.stateDict()).map(([path, { values }]) => [path, Array.from(values)]),
    );
    const actual = module.apply(x, context).arraySync() as number[][];
    const contexts = context?.arraySync() as number[][] | undefined;
    (x.arraySync() as number[][]).forEach((row, i) => {
      const wanted = oracle(variables, row, contexts?.[i] ?? [], { dim, contextDim, order });
      wanted.forEach((value, k) => expect(actual[i]![k]).toBeCloseTo(value, 5));
    });
  });

  test('an output depends on the numbers before its own and on nothing else: gradients are exactly 0 there', () => {
    const { x, context } = inputs(options);
    for (let output = 0; output < 2 * dim; output++) {
      const position = order.indexOf(output % dim);
      const ofOutput = (input: tf.Tensor, seen: tf.Tensor | undefined) =>
        tf.sum(tf.slice(module.apply(input, seen), [0, output], [-1, 1]));
      const slopes = tf
        .grad((input) => ofOutput(input, context))(x)
        .arraySync() as number[][];
      for (const row of slopes) {
        for (let input = 0; input < features * dim; input++) {
          const isBefore = order.indexOf(input % dim) < position;
          if (!isBefore) expect(row[input]).toBe(0);
          // Few units leave connections out.
          else if (options.hidden?.length !== 2) expect(row[input]).not.toBe(0);
        }
      }
      if (context !== undefined && options.hidden === undefined) {
        const ofContext = tf
          .grad((seen) => ofOutput(x, seen))(context)
          .dataSync();
        expect(ofContext.every((slope) => slope !== 0)).toBe(true);
      }
    }
  });

  test('number by number it gives what it gives at once, gradients too', () => {
    const { x, context } = inputs(options);
    const numbers = tf.unstack(tf.reshape(x, [3, features, dim]), 2);
    const weights = rng.normalTensor([3, 2 * dim]);
    const atOnce = () => tf.sum(tf.mul(module.apply(x, context), weights)) as tf.Scalar;
    const inTurn = () => {
      const parts: tf.Tensor[] = [];
      const visited: number[] = [];
      module.unroll(3, context, (index, outputs) => {
        visited.push(index);
        parts[index] = outputs;
        return numbers[index]!;
      });
      expect(visited).toEqual([...order]);
      return tf.sum(tf.mul(tf.reshape(tf.stack(parts, 2), [3, 2 * dim]), weights)) as tf.Scalar;
    };
    const unused = () => tf.addN(module.variables().map((variable) => tf.mul(tf.sum(variable), 0)));
    const [one, other] = [atOnce, inTurn].map((f) => tf.variableGrads(() => tf.add(f(), unused()) as tf.Scalar));
    expect(other!.value.arraySync()).toBeCloseTo(one!.value.arraySync() as number, 4);
    for (const [name, gradient] of Object.entries(one!.grads)) {
      expect(tf.max(tf.abs(tf.sub(other!.grads[name]!, gradient))).arraySync()).toBeLessThan(1e-5);
    }
  });
});
