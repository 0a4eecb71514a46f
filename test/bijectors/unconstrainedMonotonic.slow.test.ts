import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { UnconstrainedMonotonic } from '../../src/bijectors/index.ts';
import { Rng } from '../../src/random.ts';
import { derivative } from '../oracle/calculus.ts';
import { inFloat64 } from '../oracle/inFloat64.ts';
import { unconstrainedMonotonic } from '../oracle/monotone.ts';
import { variable } from './cases/variable.ts';

const [UNITS, BOUND] = [8, 5];
const COUNT = 2 + 3 * UNITS;
const PLACES = Array.from({ length: 11 }, (_, i) => 0.97 * (i - 5));
const numbers = (rng: Rng, size: number): number[] => Array.from({ length: COUNT }, () => rng.normal(0, size));

/** v and w at their bounds. */
const extreme = (rng: Rng): number[] =>
  numbers(rng, 1).map((value, i) => (i >= 2 && i < 2 + 2 * UNITS ? 40 * Math.sign(value) : value));

// With 24 nodes both bounds on slopes are missed, the first a thousandfold.
test.each([
  { parameters: 'of size 1', draw: (rng: Rng) => numbers(rng, 1), logSlope: 5e-6, value: 2e-7 },
  { parameters: 'at their bounds', draw: extreme, logSlope: 0.02, value: 2e-6 },
])('for parameters $parameters the quadrature is near the integral, in float64', ({ draw, ...allowed }) => {
  const bijector = new UnconstrainedMonotonic({ parameters: variable([COUNT, 1]), units: UNITS, bound: BOUND });
  const rng = new Rng('unconstrainedMonotonic');
  const part = (index: 0 | 1) =>
    inFloat64(
      bijector,
      { x: [1] },
      ({ x }) => tf.sum(bijector.forwardAndLogDet(x!)[index]),
      () => rng,
    );
  const [value, logSlope] = [part(0), part(1)];
  const worst = { logSlope: 0, value: 0 };
  for (let i = 0; i < 12; i++) {
    const parameters = draw(rng.split(i));
    const exact = unconstrainedMonotonic(UNITS, BOUND)(parameters);
    for (const x of PLACES) {
      const at = (t: number): number => value({ parameters }, { x: [x + t] });
      const [integral] = exact([x]);
      const difference = Math.log(derivative(at)) - logSlope({ parameters }, { x: [x] });
      worst.logSlope = Math.max(worst.logSlope, Math.abs(difference));
      worst.value = Math.max(worst.value, Math.abs(at(0) - integral!) / Math.max(1, Math.abs(integral!)));
    }
  }
  expect(worst.logSlope).toBeLessThan(allowed.logSlope);
  expect(worst.value).toBeLessThan(allowed.value);
});
