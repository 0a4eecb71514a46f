import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fingerprint, portableMath, Rng } from '../src/index.ts';

const root = resolve(import.meta.dirname, '..');

/** Arguments and results, rounded from 1500 bits by mpmath 1.3. */
type Rows = readonly (readonly number[])[];
const golden: Record<string, Rows> = JSON.parse(readFileSync(join(root, 'test/golden/elementary.json'), 'utf8'));

/** How many float64 numbers lie between two of one sign. */
function distance(a: number, b: number): number {
  if (a === b) return 0;
  const [i, j] = new BigInt64Array(Float64Array.of(a, b).buffer);
  return a * b < 0 || Number.isNaN(a + b) ? Infinity : Math.abs(Number(i! - j!));
}

describe('portable functions', () => {
  test.each(['exp', 'log', 'sin', 'cos', 'atan2'] as const)('%s is right to 1 ulp', (name) => {
    const rows = golden[name]!;
    const f = portableMath[name] as (...arguments_: readonly number[]) => number;
    expect(rows.length).toBeGreaterThan(40);
    const wrong = rows.filter((row) => !(distance(f(...row.slice(0, -1)), row.at(-1)!) <= 1));
    expect(wrong).toEqual([]);
  });

  test('have the limits of the host’s functions', () => {
    const edges = [0, 1, 3, 5e-324, 2 ** -1022, 1e308, Infinity, Number.NaN].flatMap((x) => [x, -x]);
    for (const name of ['exp', 'log', 'sin', 'cos'] as const) {
      for (const x of edges)
        expect
          .soft(distance(portableMath[name](x), Math[name](x)) <= 1 || sameLimit(x, name), `${name}(${x})`)
          .toBe(true);
    }
    for (const y of edges) {
      for (const x of edges) expect.soft(portableMath.atan2(y, x), `atan2(${y}, ${x})`).toBe(Math.atan2(y, x));
    }
    function sameLimit(x: number, name: 'exp' | 'log' | 'sin' | 'cos'): boolean {
      return Object.is(portableMath[name](x), Math[name](x));
    }
  });

  test('of turns are exact at quarters, and right between', () => {
    expect([0, 0.25, 0.5, 0.75, 1].map((x) => 0 + portableMath.cosTurns(x))).toEqual([1, 0, -1, 0, 1]);
    expect([0.25, 0.75].map(portableMath.sinTurns)).toEqual([1, -1]);
    for (let i = 0; i <= 1000; i++) {
      const x = i / 1024;
      expect(portableMath.sinTurns(x)).toBeCloseTo(Math.sin(2 * Math.PI * x), 14);
      expect(portableMath.cosTurns(x)).toBeCloseTo(Math.cos(2 * Math.PI * x), 14);
    }
  });

  test('have the same bits in every engine', () => {
    const rng = new Rng('bits');
    const bits = Array.from({ length: 2000 }, () => {
      const x = rng.uniform(-20, 20);
      const far = x * 2 ** 40;
      const { exp, log, sin, cos, atan2 } = portableMath;
      return [exp(x), log(Math.abs(x)), sin(x), cos(x), sin(far), cos(far), atan2(x, rng.normal()), rng.normal()];
    });
    expect(fingerprint(bits)).toMatchInlineSnapshot(
      `"5c1e20b72978f984be0c65ef2b1034cb7131ffe1ee1aef3a4b010c3259a7ffea"`,
    );
  });

  test('are the only ones that results come from', () => {
    const folders = ['src', 'envs', 'datasets', 'agents'];
    const files = folders.flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
    );
    const host =
      /\bMath\.(?!(?:abs|ceil|clz32|floor|fround|imul|max|min|random|round|sign|sqrt|trunc)\b)[a-z]\w*|[\w)\]] \*\* [\w(]*/g;
    // Powers of two with whole exponents are exact.
    const exact = /^2 \*\* /;
    const found = files
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => {
        const code = readFileSync(join(root, file), 'utf8').replaceAll(/\/\*.*?\*\/|\/\/[^\n]*/gs, '');
        return [...code.matchAll(host)]
          .map(([use]) => `${file}: ${use}`)
          .filter((use) => !exact.test(use.split(': ')[1]!));
      });
    expect(found).toEqual([]);
  });
});
