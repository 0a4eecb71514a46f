import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { sumLogDet } from '../../src/bijectors/index.ts';
import { compile } from '../../src/engine/compile.ts';
import { valueAndGradients } from '../../src/engine/valueAndGradients.ts';
import { Module } from '../../src/module.ts';
import { Rng } from '../../src/random.ts';
import { distinct } from './registry.ts';
import { apply, setUp } from './setUp.ts';

/** Inputs that gradients are taken by. */
class Points extends Module {
  readonly forward: tf.Variable;
  readonly inverse: tf.Variable;

  constructor(forward: tf.Tensor, inverse: tf.Tensor) {
    super();
    this.forward = tf.variable(forward);
    this.inverse = tf.variable(inverse);
  }
}

test.each(distinct)('compiled as eager, gradients too: $name', (entry) => {
  const { module, context, bijector, x } = setUp(entry);
  const points = new Points(x, bijector.forward(x));
  const parameters = [...points.variables(), ...module.trainableVariables()];
  const rng = new Rng('cotangent');
  const cotangents = { forward: rng.normalTensor(points.inverse.shape), inverse: rng.normalTensor(x.shape) };
  const program = (inputs: Record<string, tf.Tensor>): Record<string, tf.Tensor> => {
    const { gradients, ...values } = valueAndGradients(
      () => {
        const given = module.given(inputs.context);
        const parts = (['forward', 'inverse'] as const).map((direction) => {
          const [value, logDet] = apply(given, direction, points[direction]);
          const rows = sumLogDet(logDet, given.eventNdims, 1);
          return { value, rows, loss: tf.add(tf.sum(tf.mul(value, inputs[direction]!)), tf.sum(rows)) };
        });
        const [there, back] = parts as [(typeof parts)[0], (typeof parts)[0]];
        return {
          loss: tf.add(there.loss, back.loss),
          forward: there.value,
          forwardLogDet: there.rows,
          inverse: back.value,
          inverseLogDet: back.rows,
        };
      },
      parameters,
      { allowUnused: true },
    );
    return { ...values, ...Object.fromEntries(gradients.map((gradient, i) => [`gradient ${i}`, gradient])) };
  };
  const inputs = { ...cotangents, ...(context && { context }) };
  const compiled = compile(program, { name: entry.name, state: [module, points] });
  const [actual, expected] = [compiled(inputs), program(inputs)];
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, tensor] of Object.entries(expected)) {
    const [values, wanted] = [actual[name]!, tensor].map((one) => Array.from(one.dataSync())) as [number[], number[]];
    const scale = 1 + Math.max(...wanted.map(Math.abs));
    // Other orders of addition, which steep inverses magnify in their gradients.
    const tolerance = (name.startsWith('gradient') ? 5e-5 : 1e-5) * scale;
    expect(actual[name]!.shape).toEqual(tensor.shape);
    wanted.forEach((value, i) => {
      expect(Math.abs(values[i]! - value), `${name}, number ${i}: ${values[i]} for ${value}`).toBeLessThan(tolerance);
    });
  }
  compiled.dispose();
});
