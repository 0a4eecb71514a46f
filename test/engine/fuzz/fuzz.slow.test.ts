import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { selectEngine } from '../../../src/engine/runtime/engine.ts';
import { arbitraryProgram } from './arbitraryProgram.ts';
import { differenceOf, newTally } from './difference.ts';
import { callsOf } from './evaluate.ts';
import type { Input, Program } from './program.ts';
import type { Results } from './run.ts';
import { runCompiled, runEager } from './run.ts';

const input: Input = { dtype: 'float32', shape: [4], seed: 1, scale: 1, replaced: [], isVariable: false };
const program = (operations: readonly string[], given: Partial<Input> = {}): Program => ({
  inputs: [{ ...input, ...given }],
  steps: operations.map((operation) => ({ operation, picks: [0] })),
  takesGradient: false,
});

describe('random programs', () => {
  afterAll(() => selectEngine());
  test.each([
    ['native', 1],
    ['native', 2],
    ['wasm', 3],
    ['wasm', 4],
  ])(
    'by %s, of seed %i: compiled equals eager',
    async (engine, seed) => {
      expect((await selectEngine(engine)).name).toBe(engine);
      const tally = newTally();
      fc.assert(
        fc.property(arbitraryProgram, (random) => {
          const difference = differenceOf(random, tally);
          if (difference !== undefined) throw new Error(`${difference}\n${callsOf(random)}`);
        }),
        { seed, numRuns: 75 },
      );
      // Most numbers are compared, not excused.
      expect(tally.open).toBeLessThan(0.05 * (tally.equal + tally.close + tally.open));
      expect(tally.refused).toBeGreaterThan(0);
      expect(tally.refused + tally.stricter).toBeLessThan(0.5 * tally.programs);
    },
    300_000,
  );
});

describe('the difference rule', () => {
  /** The rule for a program whose compiled results are changed. */
  const afterChange = (given: Program, change: (x: number) => number): string | undefined => {
    const changed = (): Results =>
      new Map(
        [...runCompiled(given)].map(([key, numbers]) => [
          key,
          { ...numbers, values: Array.from(numbers.values, change) },
        ]),
      );
    return differenceOf(given, newTally(), changed);
  };
  const ulp = (x: number): number => 2 ** (Math.floor(Math.log2(Math.abs(x))) - 23);

  const withNaN = program(['exp'], { replaced: [[1, Number.NaN]] });
  const sum = program(['sum'], { shape: [200] });
  const ofSine = (x: number): Program => program(['sin', 'floor'], { replaced: [0, 1, 2, 3].map((i) => [i, x]) });
  const ofTiny = (fn: string): Program => ({
    ...program([fn], { replaced: [0, 1, 2, 3].map((i) => [i, 2 ** -149]) }),
    steps: [
      { operation: fn, picks: [0] },
      { operation: 'cast', picks: [0, 2] },
    ],
  });
  // Times 41.
  const steps = [
    { operation: 'sin', picks: [0] },
    { operation: 'with a number', picks: [2, 0, 6] },
    { operation: 'exp', picks: [0] },
  ];
  const thirty = (x: number) => x + 30 * ulp(x);
  const magnified = { ...program([], { replaced: [1, 1.2, 0.9, 1.5].map((x, i) => [i, x]) }), steps };
  test.each<[string, Program, (x: number) => number, Program | undefined, (x: number) => number]>([
    ['the last bit of exact arithmetic', program(['square']), (x) => x + ulp(x), program(['neg']), (x) => x],
    [
      'many units of an inexact function',
      program(['sin']),
      (x) => x + 20 * ulp(x),
      program(['sin']),
      (x) => x + 2 * ulp(x),
    ],
    ['units that the program does not magnify', { ...magnified, steps: steps.slice(2) }, thirty, magnified, thirty],
    ['more than partial sums lose', sum, (x) => x + 2e-3, sum, (x) => x + 1e-4],
    ['a NaN that was lost', withNaN, (x) => (Number.isNaN(x) ? 0 : x), withNaN, (x) => x],
    ['an infinity', program(['exp']), () => Number.POSITIVE_INFINITY, undefined, (x) => x],
    ['another integer', program(['abs'], { dtype: 'int32' }), (x) => x + 1, undefined, (x) => x],
    // ONNX Runtime's tanh of so small a number is 0.
    ['that a number is not 0', ofTiny('neg'), () => 0, ofTiny('tanh'), () => 0],
    // The sine of the float32 next to π/2 rounds to 1, and the next number below it is as good.
    ['what rounding does not decide', ofSine(1), (x) => x - 1, ofSine(Math.PI / 2), (x) => x - 1],
  ])('finds %s, and forgives less', (_, wrong, change, right, small) => {
    expect(afterChange(wrong, change)).toMatch(/^output0/);
    if (right !== undefined) expect(afterChange(right, small)).toBeUndefined();
  });

  test.each([
    ['a function of integers', { operation: 'selu', picks: [0], mistake: { place: 0, by: 1 } }],
    ['an axis from the end', { operation: 'cumsum', picks: [0], mistake: { place: 1, by: -1 } }],
    ['an axis from the end', { operation: 'cumprod', picks: [0], mistake: { place: 1, by: -1 } }],
  ])('takes %s as it should be: %o', (_, step) => {
    const tally = newTally();
    const given: Program = { ...program([]), inputs: [input, { ...input, dtype: 'int32', seed: 2 }], steps: [step] };
    expect(differenceOf(given, tally)).toBeUndefined();
    expect(tally.equal).toBe(4);
  });

  test('takes no notice of the sign of a zero', () => {
    const reciprocal = program(['reciprocal'], { replaced: [[0, -0]] });
    expect(afterChange(reciprocal, (x) => (x === Number.NEGATIVE_INFINITY ? -x : x))).toBeUndefined();
  });
});

test('equal programs give equal results', () => {
  const [first] = fc.sample(arbitraryProgram, { seed: 7, numRuns: 1 });
  expect(runEager(first!)).toEqual(runEager(first!));
});
