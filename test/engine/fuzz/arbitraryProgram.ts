import fc from 'fast-check';
import { OPERATIONS } from './operations.ts';
import type { Dtype, Input, Program, Step } from './program.ts';

const FLOATS = [
  0,
  -0,
  1,
  -1,
  0.5,
  2,
  41,
  -17,
  88.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  2 ** -149,
  -1e-40,
  2 ** -126,
  1e-30,
  -1e30,
  3e38,
  -3.4028234663852886e38,
].map(Math.fround);
const INTS = [0, 1, -1, 7, -(2 ** 31), 2 ** 31 - 1];

/** Shapes that broadcast to one shape, of rank 0 to 5, and that one itself. */
const family: fc.Arbitrary<readonly (readonly number[])[]> = fc
  .oneof(
    { weight: 8, arbitrary: fc.array(fc.constantFrom(1, 2, 3, 4, 5), { maxLength: 3 }) },
    { weight: 2, arbitrary: fc.array(fc.constantFrom(1, 2, 3), { minLength: 4, maxLength: 5 }) },
    { weight: 1, arbitrary: fc.array(fc.constantFrom(0, 1, 2, 3), { minLength: 1, maxLength: 4 }) },
    // Lengths from which other nodes are used.
    { weight: 2, arbitrary: fc.constantFrom([130, 3], [200, 2], [64, 5], [2, 17], [17], [3, 40], [33, 20]) },
  )
  .chain((shape) =>
    fc
      .array(
        fc
          .tuple(fc.integer({ min: 0, max: shape.length }), fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }))
          .map(([skipped, isOne]) => shape.slice(skipped).map((size, i) => (isOne[i] ? 1 : size))),
        { minLength: 0, maxLength: 3 },
      )
      .map((others) => [shape, ...others]),
  );

const input = (shape: readonly number[]): fc.Arbitrary<Input> =>
  fc.constantFrom<Dtype>('float32', 'float32', 'float32', 'int32', 'bool').chain((dtype) =>
    fc.record({
      dtype: fc.constant(dtype),
      shape: fc.constant(shape),
      seed: fc.nat(999),
      scale: fc.constantFrom(1, 1, 30, 1e-3),
      replaced: fc.oneof(
        { weight: 2, arbitrary: fc.constant([]) },
        {
          weight: 1,
          arbitrary: fc.array(
            fc.tuple(
              fc.nat(2000),
              dtype === 'float32'
                ? fc.constantFrom(...FLOATS)
                : dtype === 'int32'
                  ? fc.constantFrom(...INTS)
                  : fc.nat(1),
            ),
            { maxLength: 6 },
          ),
        },
      ),
      isVariable: fc.integer({ min: 0, max: 7 }).map((n) => n === 7),
    }),
  );

const step: fc.Arbitrary<Step> = fc.record({
  operation: fc.constantFrom(...Object.keys(OPERATIONS)),
  picks: fc.array(fc.nat(5039), { minLength: 4, maxLength: 12 }),
  // Every third program has one, or some.
  mistake: fc.oneof(
    { weight: 15, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.record({ place: fc.nat(19), by: fc.constantFrom(1, -1, 2, -2, 5) }) },
  ),
});

/** Random programs. */
export const arbitraryProgram: fc.Arbitrary<Program> = fc.record({
  inputs: family.chain((shapes) => fc.tuple(...shapes.map(input))),
  steps: fc.array(step, { minLength: 1, maxLength: 12 }),
  takesGradient: fc.boolean(),
});
