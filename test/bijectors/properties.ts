import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { type Compiled, compile } from '../../src/engine/index.ts';
import { Rng } from '../../src/random.ts';
import { logDetJacobian } from '../oracle/calculus.ts';
import type { BijectorCase } from './cases/bijectorCase.ts';
import { apply, BATCH, dims, numbers, setUp } from './setUp.ts';

function expectClose(actual: unknown, expected: unknown, tolerance: number, period = Number.POSITIVE_INFINITY): void {
  const [left, right] = [actual, expected].map((values) => [values].flat(5) as number[]);
  expect(left!.length).toBe(right!.length);
  left!.forEach((value, i) => {
    const difference = value - right![i]!;
    const apart = Number.isFinite(period) ? difference - period * Math.round(difference / period) : difference;
    expect(Math.abs(apart), `${value} against ${right![i]}, number ${i}`).toBeLessThan(
      tolerance * (1 + Math.abs(right![i]!)),
    );
  });
}

const LARGEST = (2 - 2 ** -23) * 2 ** 127;
const isElementwise = (entry: BijectorCase) => entry.make(new Rng('made')).eventNdims === 0;

type CompiledMap = Compiled<Record<string, tf.Tensor>, Record<'value' | 'logDet', tf.Tensor>>;

const period = (entry: BijectorCase): number => (entry.angles ? 2 * Math.PI : Number.POSITIVE_INFINITY);

/** What holds of every bijector. */
export const properties = (entries: readonly BijectorCase[]) =>
  describe.each(entries)('$name', (entry) => {
    test('forward and its log-determinant are those of the float64 map', () => {
      const { bijector, x, inputs, maps } = setUp(entry);
      const { value, logDet } = numbers(bijector, 'forward', x);
      expectClose(
        value,
        inputs.map((row, i) => maps[i]!(row)),
        2e-6,
        period(entry),
      );
      expectClose(
        logDet,
        inputs.map((row, i) => logDetJacobian(maps[i]!, row)),
        1e-5,
      );
    });

    test('a Jacobian that it says is constant is so', () => {
      const { bijector, x } = setUp(entry);
      if (!bijector.isConstantJacobian) return;
      const [logDet, other] = [x, tf.mul(x, 0.5)].map((at) => numbers(bijector, 'forward', at).logDet);
      expectClose(other, logDet, 1e-6);
    });

    test('round trips both ways, with opposite log-determinants', () => {
      const { bijector, x, inputs } = setUp(entry, 20);
      const there = numbers(bijector, 'forward', x);
      const back = numbers(bijector, 'inverse', tf.tensor2d(there.value));
      expectClose(back.value, inputs, 2e-5, period(entry));
      expectClose(
        back.logDet,
        there.logDet.map((value) => -value),
        1e-4,
      );
      expectClose(bijector.forward(tf.tensor2d(back.value)).arraySync(), there.value, 2e-5, period(entry));
    });

    test('a batch gives what its rows give one by one, and leading dimensions what their slices give', () => {
      const { bijector, module, context, x } = setUp(entry);
      const whole = numbers(bijector, 'forward', x);
      const one = tf
        .split(x, BATCH)
        .map((row, i) => numbers(module.given(context && tf.slice(context, [i], [1])), 'forward', row));
      for (const part of ['value', 'logDet'] as const)
        expectClose(
          one.map((row) => row[part][0]),
          whole[part],
          1e-6,
        );
      for (const direction of ['forward', 'inverse'] as const) {
        const input = direction === 'forward' ? x : bijector.forward(x);
        const shifted = tf.mul(input, 0.5);
        const stacked = numbers(bijector, direction, tf.stack([input, shifted]));
        const apart = [input, shifted].map((part) => numbers(bijector, direction, part));
        for (const part of ['value', 'logDet'] as const)
          expectClose(
            stacked[part],
            apart.map((each) => each[part]),
            1e-6,
          );
      }
    });

    test('its parameters broadcast with its inputs, and an input that does not fit is refused', () => {
      const { bijector, module, contexts } = setUp(entry);
      const { parameterShape } = bijector;
      const contextDim = contexts[0]!.length;
      expect(bijector.forward(tf.zeros([BATCH, entry.dim])).shape).toEqual([BATCH, dims(entry, 'forward')[1]]);
      expect(bijector.outputDim).toBe(entry.outputDim ?? bijector.dim);
      if (contextDim > 0) {
        expect(parameterShape).toEqual([BATCH, entry.dim]);
        expect(() => bijector.forward(tf.zeros([BATCH + 1, entry.dim]))).toThrow(/got .*\[4,/);
        expect(() => module.given(undefined)).toThrow(/given: got none/);
        expect(() => module.forward(tf.zeros([1, entry.dim]))).toThrow(/call given\(context\)/);
      } else {
        expect([[], [1], [entry.dim]]).toContainEqual([...parameterShape]);
        expect(module.given()).toBe(module);
      }
      for (const direction of ['forward', 'inverse'] as const) {
        const [size] = dims(entry, direction);
        expect(() => bijector[direction](tf.ones([BATCH, size], 'int32'))).toThrow(`.${direction}: got int32 of shape`);
        if (bijector.dim !== undefined)
          expect(() => bijector[direction](tf.zeros([BATCH, size + 1]))).toThrow(`expected shape [..., ${size}]`);
      }
      if (bijector.eventNdims === 1) expect(() => bijector.forward(tf.scalar(1))).toThrow('expected rank at least 1');
      if (bijector.dim === undefined) {
        // Elementwise, with one parameter for all entries: a scalar stays one.
        for (const result of bijector.forwardAndLogDet(tf.scalar(0.5)))
          expect(result.shape).toEqual(parameterShape.map(() => 1));
      }
    });

    test('finite at the edges, gradients too', () => {
      const { module, bijector } = setUp(entry);
      const far = [-1e4, -100, -20, -3, -Math.PI, 0, 3, Math.PI, 20, 100, 1e4];
      for (const direction of ['forward', 'inverse'] as const) {
        const edges = entry.edges?.[direction] ?? far;
        const shape = [edges.length, BATCH, dims(entry, direction)[0]];
        const input = tf.variable(tf.broadcastTo(tf.reshape(tf.tensor1d([...edges]), [-1, 1, 1]), shape));
        const { value, grads } = tf.variableGrads(() => {
          const [result, logDet] = apply(bijector, direction, input);
          return tf.add(tf.sum(result), tf.sum(logDet)) as tf.Scalar;
        }, [input, ...module.trainableVariables()]);
        for (const [name, tensor] of Object.entries({ value, ...grads })) {
          expect(Array.from(tensor.dataSync()).every(Number.isFinite), `${direction} at ${edges}: ${name}`).toBe(true);
        }
        expect(grads[input.name]).toBeDefined();
      }
    });

    // An angle that is infinite is none.
    test.runIf(!entry.angles && isElementwise(entry))('no NaN at infinity, nor in the gradients of other rows', () => {
      const { bijector } = setUp(entry);
      for (const direction of ['forward', 'inverse'] as const) {
        const at = (...values: number[]) =>
          tf.tensor2d(
            values.map((value) => new Array<number>(entry.dim).fill(value)),
            [values.length, entry.dim],
          );
        const run = (input: tf.Tensor) => apply(bijector, direction, input);
        const slopes = (input: tf.Tensor) => tf.grad((x) => tf.add(tf.sum(run(x)[0]), tf.sum(run(x)[1])))(input);
        const far = [Number.NEGATIVE_INFINITY, -LARGEST, LARGEST, Number.POSITIVE_INFINITY];
        const input = at(0.4, ...far);
        for (const tensor of [...run(input), slopes(input)])
          expect(Array.from(tensor.dataSync()).some(Number.isNaN), direction).toBe(false);
        expect(tf.split(slopes(input), [1, far.length])[0]!.arraySync()).toEqual(slopes(at(0.4)).arraySync());
      }
    });

    test.runIf(entry.dim === 1)('strictly monotone, and the measure of an interval is that of its image', () => {
      const { module, context } = setUp(entry);
      const seen = context && { context: tf.slice(context, [0], [1]) };
      const [low, high] = entry.domain ?? [-2, 2];
      const count = 1000;
      const grid = tf.reshape(tf.linspace(low, high, count + 1), [-1, 1]);
      // Compiled: many numbers by a numerical inverse are slow otherwise.
      const [there, back] = (['forward', 'inverse'] as const).map((direction) =>
        compile(
          (given: Record<string, tf.Tensor>) => {
            const [value, logDet] = apply(module.given(given.context), direction, given.x!);
            return { value, logDet };
          },
          { name: direction, state: [module] },
        ),
      ) as [CompiledMap, CompiledMap];
      const values = Array.from(there({ x: grid, ...seen }).value!.dataSync());
      // An angle's values jump by a whole turn once: count on from there.
      for (let i = 1; i <= count; i++)
        if (entry.angles && values[i]! < values[i - 1]! - Math.PI) values[i]! += 2 * Math.PI;
      for (let i = 10; i <= count; i += 10) expect(values[i]!).toBeGreaterThan(values[i - 10]!);

      const middles = values.slice(1).map((value, i) => (value + values[i]!) / 2);
      const slopes = Array.from(back({ x: tf.tensor2d(middles, [count, 1]), ...seen }).logDet!.dataSync(), Math.exp);
      for (const compiled of [there, back]) compiled.dispose();
      expect(module.given(seen?.context).monotonicity()).toBe(entry.angles ? undefined : 1);
      const measure = slopes.reduce((sum, slope, i) => sum + slope * (values[i + 1]! - values[i]!), 0);
      expectClose(measure, high - low, 1e-4);
    });

    test.runIf(entry.identity)('is the identity before training', () => {
      const { x, inputs, context } = setUp(entry);
      const fresh = entry.make(new Rng('fresh')).given(context);
      for (const direction of ['forward', 'inverse'] as const) {
        const { value, logDet } = numbers(fresh, direction, x);
        expectClose(value, inputs, 1e-6);
        expectClose(
          logDet,
          inputs.map(() => 0),
          2e-6,
        );
      }
    });
  });
