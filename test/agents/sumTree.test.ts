import { expect, test } from 'vitest';
import { SumTree } from '../../agents/core/replay.ts';
import { Rng } from '../../src/index.ts';

test.each([1, 2, 7, 64, 100])('after any updates of %i numbers, sums and finds are those of a list', (count) => {
  const rng = new Rng('updates');
  const tree = new SumTree(count);
  const list = Array<number>(count).fill(0);
  for (let round = 0; round < 200; round++) {
    const i = rng.integer(0, count);
    // Multiples of 2⁻¹⁰, so that sums are exact; often 0.
    list[i] = rng.integer(0, 3) === 0 ? 0 : rng.integer(1, 4096) / 1024;
    tree.set(i, list[i]!);
    const total = list.reduce((sum, x) => sum + x, 0);
    expect(tree.total).toBe(total);
    expect(tree.get(i)).toBe(list[i]);
    if (total === 0) continue;
    for (const sum of [0, total * rng.uniform(), total * (1 - 2 ** -53)]) {
      const found = tree.find(sum);
      const before = list.slice(0, found).reduce((all, x) => all + x, 0);
      expect([before <= sum, sum < before + list[found]!]).toEqual([true, true]);
    }
  }
});

test('the tree is that of its numbers, however it came by them', () => {
  const rng = new Rng('numbers');
  const [one, other] = [new SumTree(50), new SumTree(50)];
  for (let i = 0; i < 500; i++) one.set(rng.integer(0, 37), rng.uniform());
  other.set(49, 1);
  other.setFirst(one.first(37));
  expect(other.total).toBe(one.total);
  expect(other.first(50)).toEqual(one.first(50));
  const sums = Array.from({ length: 1000 }, () => rng.uniform() * one.total);
  expect(sums.map((sum) => other.find(sum))).toEqual(sums.map((sum) => one.find(sum)));
});

test('a number of 0 is never found, also where rounding goes beyond the last', () => {
  const tree = new SumTree(6);
  tree.setFirst(Float64Array.of(0, 0.1, 0, 0.2, 0, 0));
  expect([0, 0.05, 0.1, 0.2, tree.total, 1].map((sum) => tree.find(sum))).toEqual([1, 1, 3, 3, 3, 3]);
});
