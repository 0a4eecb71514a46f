import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { selectEngine } from '../../../src/engine/runtime/engine.ts';
import { arbitraryProgram } from './arbitraryProgram.ts';
import { differenceOf, newTally } from './difference.ts';
import type { Input, Program } from './program.ts';
import { programText } from './programText.ts';
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
    ['onnxruntime-node', 1],
    ['onnxruntime-node', 2],
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
          if (difference !== undefined) throw new Error(`${difference}\n${programText(random)}`);
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

  test('finds the last bit of exact arithmetic', () => {
    expect(differenceOf(program(['neg']))).toBeUndefined();
    expect(afterChange(program(['square']), (x) => x + ulp(x))).toMatch(/^output0/);
  });

  test('forgives a few units of an inexact function, no more', () => {
    expect(afterChange(program(['sin']), (x) => x + 2 * ulp(x))).toBeUndefined();
    expect(afterChange(program(['sin']), (x) => x + 20 * ulp(x))).toMatch(/^output0/);
  });

  test('forgives more where the program makes more of them', () => {
    const steps = [
      { operation: 'sin', picks: [0] },
      // times 41
      { operation: 'with a number', picks: [2, 0, 6] },
      { operation: 'exp', picks: [0] },
    ];
    const given = program([], { replaced: [1, 1.2, 0.9, 1.5].map((x, i) => [i, x]) });
    expect(afterChange({ ...given, steps }, (x) => x + 30 * ulp(x))).toBeUndefined();
    expect(afterChange({ ...given, steps: steps.slice(2) }, (x) => x + 30 * ulp(x))).toMatch(/^output0/);
  });

  test('forgives what partial sums lose in float32, no more', () => {
    const sum = program(['sum'], { shape: [200] });
    expect(afterChange(sum, (x) => x + 1e-4)).toBeUndefined();
    expect(afterChange(sum, (x) => x + 2e-3)).toMatch(/^output0/);
  });

  test('finds a NaN that was lost, an infinity and another integer', () => {
    const withNaN = program(['exp'], { replaced: [[1, Number.NaN]] });
    expect(afterChange(withNaN, (x) => (Number.isNaN(x) ? 0 : x))).toMatch(/eager NaN/);
    expect(afterChange(program(['exp']), () => Number.POSITIVE_INFINITY)).toMatch(/is Infinity/);
    expect(afterChange(program(['abs'], { dtype: 'int32' }), (x) => x + 1)).toMatch(/^output0/);
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

  test('leaves open what rounding decides', () => {
    const floorOfSine = (x: number): Program =>
      program(['sin', 'floor'], { replaced: [0, 1, 2, 3].map((i) => [i, x]) });
    // The sine of the float32 next to π/2 rounds to 1, and the next number below it is as good.
    expect(afterChange(floorOfSine(Math.PI / 2), (x) => x - 1)).toBeUndefined();
    expect(afterChange(floorOfSine(1), (x) => x - 1)).toMatch(/^output0/);
  });

  test('takes no notice of the sign of a zero', () => {
    const reciprocal = program(['reciprocal'], { replaced: [[0, -0]] });
    expect(afterChange(reciprocal, (x) => (x === Number.NEGATIVE_INFINITY ? -x : x))).toBeUndefined();
  });
});

test('a program is printed as a program', () => {
  const text = programText(program(['exp', 'sum'], { shape: [2], replaced: [[0, -0]] }));
  expect(text).toMatch(
    /^const x0 = tf\.tensor\(\[-0, .*\], \[2\], 'float32'\);\nconst y0 = tf\.exp\(x0\);\nconst y1 = tf\.sum\(y0, undefined, false\);/,
  );
});

test('equal programs give equal results', () => {
  const [first] = fc.sample(arbitraryProgram, { seed: 7, numRuns: 1 });
  expect(runEager(first!)).toEqual(runEager(first!));
});
