import * as tf from '@tensorflow/tfjs-core';
import { type Direction, sumLogDet } from '../src/bijectors/index.ts';
import { compile } from '../src/engine/compile.ts';
import type { BijectorCase } from '../test/bijectors/cases/bijectorCase.ts';
import { apply, setUp } from '../test/bijectors/setUp.ts';
import { logDetJacobian } from '../test/oracle/calculus.ts';

/** The largest errors of one bijector in one direction, over all inputs. */
export interface Errors {
  /** The largest error of values: |error| / (1 + |value|). */
  readonly value: number;
  /** The largest absolute error of log-determinants. */
  readonly logDet: number;
}

export interface BijectorErrors {
  readonly forward: Errors;
  /** At the exact images of the inputs, rounded to float32: a steep map's inverse inherits what that rounding costs. */
  readonly inverse: Errors;
  /** |f⁻¹(f(x)) − x| / (1 + |x|). */
  readonly roundTrip: number;
}

/** The step of the numerical Jacobian: short, so that few inputs lie that near to a kink, where it means nothing. */
const STEP = 1e-5;

/** How far a bijector's numbers are from the float64 map at `rows` random inputs in its domain. */
export function errorsOf(entry: BijectorCase, mode: 'eager' | 'compiled', rows = 50): BijectorErrors {
  return tf.tidy(() => {
    const { module, context, x, inputs, maps } = setUp(entry, rows);
    const images = inputs.map((row, i) => maps[i]!(row));
    const run = (direction: Direction, input: tf.Tensor) => {
      const both = ({ input, context }: Record<string, tf.Tensor>) => {
        const bijector = module.given(context);
        const [value, logDet] = apply(bijector, direction, input!);
        return { value, logDet: sumLogDet(logDet, bijector.eventNdims, 1) };
      };
      const given = { input, ...(context && { context }) };
      if (mode === 'eager') return both(given);
      const compiled = compile(both, { name: `${entry.name}, ${direction}`, state: [module] });
      const result = compiled(given);
      compiled.dispose();
      return result;
    };
    const period = entry.angles ? 2 * Math.PI : Number.POSITIVE_INFINITY;
    const apart = (actual: tf.Tensor, expected: number[][]): number => {
      const values = actual.dataSync();
      const errors = expected.flat().map((wanted, i) => {
        const difference = values[i]! - wanted;
        const error = Number.isFinite(period) ? difference - period * Math.round(difference / period) : difference;
        return Math.abs(error) / (1 + Math.abs(wanted));
      });
      return largest(errors);
    };
    const logDets = inputs.map((row, i) => logDetJacobian(maps[i]!, row, STEP));
    const logDetError = (actual: tf.Tensor, sign: 1 | -1): number => {
      const values = actual.dataSync();
      return largest(logDets.map((wanted, i) => Math.abs(values[i]! - sign * wanted)));
    };
    const there = run('forward', x);
    const back = run('inverse', tf.tensor2d(images));
    const again = run('inverse', there.value);
    return {
      forward: { value: apart(there.value, images), logDet: logDetError(there.logDet, 1) },
      inverse: { value: apart(back.value, inputs), logDet: logDetError(back.logDet, -1) },
      roundTrip: apart(again.value, inputs),
    };
  });
}

/** NaN where one is NaN, unlike a comparison. */
function largest(errors: readonly number[]): number {
  return Math.max(...errors);
}
