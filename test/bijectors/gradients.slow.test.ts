import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { type Direction, sumLogDet } from '../../src/bijectors/index.ts';
import { Rng } from '../../src/random.ts';
import { distinct } from './registry.ts';
import { apply, dims, setUp } from './setUp.ts';
import { slopesOf } from './slopesOf.ts';

type Quantity = 'value' | 'logDet';

test.each(distinct)('gradients of values and log-determinants, by the input and every variable: $name', (entry) => {
  const { module, bijector, inputs, contexts, variables, maps } = setUp(entry);
  const cotangent = new Rng('cotangent');
  const width = Math.max(...dims(entry, 'forward'));
  const weights = inputs.map(() => Array.from({ length: width }, () => cotangent.normal()));
  const points = { forward: inputs, inverse: inputs.map((row, i) => maps[i]!(row)) };
  const exact = inputs.map((row, i) => slopesOf(entry, variables, contexts[i]!, row));

  // By these alone: tfjs takes the gradients by all variables that there are, those of earlier tests too.
  const actual = (direction: Direction, quantity: Quantity, input: tf.Variable): tf.NamedTensorMap => {
    const of = () => {
      const [value, logDet] = apply(bijector, direction, input);
      const loss =
        quantity === 'value'
          ? tf.sum(
              tf.mul(
                value,
                weights.map((row) => row.slice(0, dims(entry, direction)[1])),
              ),
            )
          : tf.sum(tf.mul(sumLogDet(logDet, bijector.eventNdims, 1), tf.tensor1d(weights.map((row) => row[0]!))));
      // What the loss does not depend on gets the gradient 0, which the oracle has to confirm.
      const unused = [input, ...module.variables()].map((variable) => tf.mul(tf.sum(variable), 0));
      return tf.add(loss, tf.addN(unused)) as tf.Scalar;
    };
    return tf.variableGrads(of, [input, ...module.trainableVariables()]).grads;
  };

  for (const direction of ['forward', 'inverse'] as const) {
    for (const quantity of ['value', 'logDet'] as const) {
      const input = tf.variable(tf.tensor2d(points[direction]));
      const grads = actual(direction, quantity, input);
      /** The slope of Σ weights · the quantity of one row, from those of its values and log-determinant. */
      const weighted = (slopes: number[], i: number): number =>
        quantity === 'logDet'
          ? weights[i]![0]! * slopes.at(-1)!
          : slopes.slice(0, -1).reduce((sum, slope, k) => sum + weights[i]![k]! * slope, 0);
      const check = (name: string, variable: tf.Variable, wanted: number[]) => {
        const scale = 1 + Math.max(...wanted.map(Math.abs));
        const errors = Array.from(grads[variable.name]!.dataSync(), (value, i) => Math.abs(value - wanted[i]!));
        // Not toBeLessThan of the greatest alone: NaN would pass through Math.max unseen.
        expect(
          errors.length === wanted.length && errors.every((error) => error < 2e-4 * scale),
          `${direction} ${quantity} by ${name}: ${errors}`,
        ).toBe(true);
      };
      check(
        'the input',
        input,
        exact.flatMap((row, i) => row[direction].byInput.map((slopes) => weighted(slopes, i))),
      );
      for (const [path, variable] of module.namedVariables()) {
        if (!variable.trainable) continue;
        const rows = exact.map((row, i) => row[direction].by(path).map((slopes) => weighted(slopes, i)));
        check(
          path,
          variable,
          rows.reduce((sum, row) => sum.map((slope, k) => slope + row[k]!)),
        );
      }
    }
  }
});

test.each(distinct)('a batch of none, and gradients of nothing: $name', (entry) => {
  const { module } = setUp(entry);
  const { contextDim = 0 } = entry;
  const bijector = module.given(contextDim > 0 ? tf.zeros([0, contextDim]) : undefined);
  for (const direction of ['forward', 'inverse'] as const) {
    const [from, to] = dims(entry, direction);
    for (const shape of [[0], [2, 0]]) {
      const input = tf.variable(tf.zeros([...shape, from]));
      const { grads } = tf.variableGrads(() => {
        const [value, logDet] = apply(bijector, direction, input);
        expect([value.shape, sumLogDet(logDet, bijector.eventNdims, 1).shape]).toEqual([[...shape, to], shape]);
        const unused = module.variables().map((variable) => tf.mul(tf.sum(variable), 0));
        return tf.addN([tf.sum(value), tf.sum(logDet), ...unused]) as tf.Scalar;
      }, [input, ...module.trainableVariables()]);
      for (const variable of module.trainableVariables()) {
        expect(Array.from(grads[variable.name]!.dataSync()).every((slope) => slope === 0)).toBe(true);
      }
      expect(grads[input.name]!.shape).toEqual([...shape, from]);
    }
  }
});
