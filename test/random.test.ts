import fc from 'fast-check';
import seedrandom from 'seedrandom';
import { describe, expect, test } from 'vitest';
import { Rng } from '../src/random.ts';

const take = (rng: Rng, count = 5): number[] => Array.from({ length: count }, () => rng.uniform());

describe('Rng', () => {
  test('equal seeds give equal numbers, 0 included; others do not', () => {
    expect(take(new Rng(0))).toEqual(take(new Rng(0)));
    expect(take(new Rng(0))).not.toEqual(take(new Rng(1)));
    expect(take(new Rng(7))).toEqual(take(new Rng('7')));
  });

  test('a child does not depend on what the parent has drawn, nor on its siblings', () => {
    const fresh = new Rng(3);
    const used = new Rng(3);
    take(used, 100);
    take(used.split('other'), 100);
    expect(take(used.split('env'))).toEqual(take(fresh.split('env')));
    expect(take(fresh.split('env'))).not.toEqual(take(fresh.split('policy')));
    expect(take(fresh.split('a').split('b'))).not.toEqual(take(fresh.split('b').split('a')));
  });

  test('different seeds and names give different streams, whatever characters they hold', () => {
    const streams = [
      new Rng('0/a/b'),
      new Rng('0/a').split('b'),
      new Rng('0').split('a/b'),
      new Rng('0').split('a').split('b'),
      new Rng('0%2Fa%2Fb'),
      new Rng('0').split('a%2Fb'),
      new Rng('0').split('a').split('b\0b'),
      new Rng('0').split('a').split('').split('b'),
      new Rng('0').split('').split('a').split('b'),
      new Rng(''),
      new Rng('\0'),
      new Rng('').split(''),
      new Rng('/'),
    ];
    expect(new Set(streams.map((rng) => take(rng).join())).size).toBe(streams.length);
    const path = fc.array(fc.string({ unit: fc.constantFrom('/', '%', '\0', '0', '2', '5', 'F'), maxLength: 4 }), {
      minLength: 1,
      maxLength: 4,
    });
    const stream = ([seed, ...names]: string[]) => names.reduce((rng, name) => rng.split(name), new Rng(seed!));
    fc.assert(
      fc.property(path, path, (left, right) => {
        const same = JSON.stringify(left) === JSON.stringify(right);
        expect(take(stream(left)).join() === take(stream(right)).join()).toBe(same);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test('wants a state whole', () => {
    const { seed, generator } = new Rng(3).state();
    const { i, w, X } = generator;
    const others = [{}, { i: 128, w, X }, { i, w, X: X.slice(1) }, { i, w, X: X.with(5, 0.5) }, { i, X }];
    for (const other of others) {
      expect(() => Rng.fromState({ seed, generator: other as typeof generator })).toThrow(/^Rng: got another/);
    }
  });

  test('a restored stream splits as the one it was taken from', () => {
    const rng = new Rng('a/b').split('c%');
    expect(take(Rng.fromState(rng.state()).split('d'))).toEqual(take(rng.split('d')));
  });

  test('splitting leaves the parent where it was', () => {
    const rng = new Rng(3);
    rng.split('x').normal();
    expect(take(rng)).toEqual(take(new Rng(3)));
  });

  test('state brings a stream back, through JSON, to the bit', () => {
    const rng = new Rng('resume');
    rng.fillNormal(new Float32Array(7));
    const state = JSON.parse(JSON.stringify(rng.state()));
    const expected = [rng.normal(), ...take(rng), ...rng.permutation(9)];
    const back = Rng.fromState(state);
    expect([back.normal(), ...take(back), ...back.permutation(9)]).toEqual(expected);
  });

  test('the numbers are those of seedrandom, and so is the state', () => {
    for (const seed of ['', '0', 'a/b%2F', 'x'.repeat(300)]) {
      const stream = new Rng(seed.replace(/[/%]/g, '-'));
      const wanted = seedrandom.xor4096(stream.seed, { state: true });
      for (let i = 0; i < 300; i++) {
        expect(stream.uniform()).toBe(wanted.quick());
        expect(stream.integer(0, 2 ** 50)).toBe(Math.floor(2 ** 50 * wanted.double()));
      }
      expect(stream.state().generator).toEqual(wanted.state());
    }
  });

  test('rewind goes back to the last mark', () => {
    const rng = new Rng('mark');
    rng.mark();
    take(rng, 300);
    rng.mark();
    const expected = take(rng, 200);
    for (let i = 0; i < 2; i++) {
      rng.rewind();
      expect(take(rng, 200)).toEqual(expected);
    }
  });

  test('moments of normals and uniforms', () => {
    const rng = new Rng(11);
    const n = 200_000;
    const normals = rng.fillNormal(new Float64Array(n));
    const uniforms = rng.fillUniform(new Float64Array(n));
    const moment = (x: Float64Array, k: number): number => x.reduce((sum, value) => sum + value ** k, 0) / n;
    const error = (variance: number): number => 5 * Math.sqrt(variance / n);
    expect(Math.abs(moment(normals, 1))).toBeLessThan(error(1));
    expect(Math.abs(moment(normals, 2) - 1)).toBeLessThan(error(2));
    expect(Math.abs(moment(normals, 3))).toBeLessThan(error(15));
    expect(Math.abs(moment(normals, 4) - 3)).toBeLessThan(error(96));
    expect(Math.abs(moment(uniforms, 1) - 0.5)).toBeLessThan(error(1 / 12));
    expect(Math.abs(moment(uniforms, 2) - 1 / 3)).toBeLessThan(error(4 / 45));
    const correlation = normals.reduce((sum, value, i) => sum + (i > 0 ? value * normals[i - 1]! : 0), 0) / n;
    expect(Math.abs(correlation)).toBeLessThan(error(1));
    expect(Math.abs(Array.from({ length: n }, () => rng.normal(2, 3)).reduce((a, b) => a + b, 0) / n - 2)).toBeLessThan(
      error(9),
    );
  });

  test('uniform tensors never touch 0 or 1', () => {
    const rng = new Rng(5);
    const values = rng.uniformTensor([100_000]).dataSync();
    expect(values.every((value) => value > 0 && value < 1)).toBe(true);
  });

  test('permutations hold every number once, integers stay in their range', () => {
    const rng = new Rng(6);
    expect([...rng.permutation(50)].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    const orders = Array.from({ length: 200 }, () => rng.permutation(3).join());
    expect(new Set(orders).size).toBe(6);
    const counts = new Array(3).fill(0);
    for (let i = 0; i < 30_000; i++) counts[rng.integer(-1, 2) + 1] += 1;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });
});
