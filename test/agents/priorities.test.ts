import { describe, expect, test } from 'vitest';
import { Priorities, SumTree } from '../../agents/core/replay.ts';
import { Rng } from '../../src/index.ts';

const ERRORS = [0.5, -2, 0, 7, -0.03, 1, 1e-3, 3];

/** P(i), in plain numbers. */
function probabilities(errors: readonly number[], alpha: number): number[] {
  const powers = errors.map((error) => (Math.abs(error) + 1e-6) ** alpha);
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

function made(alpha: number, errors: readonly number[] = ERRORS): Priorities {
  const priorities = new Priorities(20, alpha);
  errors.forEach((error, row) => {
    priorities.add(row);
    priorities.update(row, error);
  });
  return priorities;
}

function drawn(priorities: Priorities, batch: number, beta: number, rng = new Rng('draws'), held = ERRORS.length) {
  const [rows, weights] = [new Int32Array(batch), new Float32Array(batch)];
  priorities.draw(rng, rows, weights, held, beta);
  return { rows: [...rows], weights: [...weights] };
}

describe('draws', () => {
  test.each([0.4, 0.6, 1])('are one from each part of equal probability, α = %d', (alpha) => {
    const batch = 64;
    const wanted = probabilities(ERRORS, alpha);
    for (let i = 0; i < 20; i++) {
      const { rows } = drawn(made(alpha), batch, 0, new Rng(i));
      // In ascending order, and each as often as its share says, to within the parts at its two ends.
      expect(rows).toEqual(rows.toSorted((a, b) => a - b));
      wanted.forEach((probability, row) => {
        const count = rows.filter((other) => other === row).length;
        expect(Math.abs(count - batch * probability)).toBeLessThan(2);
      });
    }
  });

  test('with α = 0 are uniform, and of no row refused', () => {
    const { rows, weights } = drawn(made(0), 8, 0.7);
    expect(rows).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(weights).toEqual(rows.map(() => 1));
    expect(() => drawn(new Priorities(4, 0.6), 2, 1, new Rng(0), 0)).toThrow(/no rows/);
  });
});

test.each([0, 0.4, 1])('weights are (N P)^−β over the largest of the minibatch, β = %d', (beta) => {
  for (const alpha of [0.3, 1]) {
    const { rows, weights } = drawn(made(alpha), 32, beta);
    const all = probabilities(ERRORS, alpha).map((probability) => (ERRORS.length * probability) ** -beta);
    const largest = Math.max(...rows.map((row) => all[row]!));
    weights.forEach((weight, i) => expect(weight / (all[rows[i]!]! / largest)).toBeCloseTo(1, 6));
    expect(Math.max(...weights)).toBe(1);
  }
});

test('a new row has the largest priority there has been, 1 at first', () => {
  const priorities = new Priorities(4, 1);
  priorities.add(0);
  expect(priorities.state(1)).toEqual({ powers: Float64Array.of(1), largest: 1 });
  priorities.update(0, -5);
  priorities.update(0, 0.5);
  priorities.add(1);
  const { powers, largest } = priorities.state(2);
  expect(largest).toBeCloseTo(5, 5);
  expect(powers[0]).toBeCloseTo(0.5, 5);
  expect(powers[1]).toBeCloseTo(5, 5);
  priorities.clear();
  priorities.add(2);
  expect(priorities.state(3)).toEqual({ powers: Float64Array.of(0, 0, 1), largest: 1 });
});

test('a state goes on with the same draws, to the bit', () => {
  const priorities = made(0.7);
  const other = made(0.7, [9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]);
  other.setState(structuredClone(priorities.state(8)), 8);
  const [rng, same] = [new Rng(3), new Rng(3)];
  for (let i = 0; i < 20; i++) {
    const ours = drawn(priorities, 5, 0.5, rng);
    expect(drawn(other, 5, 0.5, same)).toEqual(ours);
    for (const each of [priorities, other]) ours.rows.forEach((row, j) => each.update(row, i - j));
    expect(other.state(8)).toEqual(priorities.state(8));
  }
});

test('an error that is no number is refused', () => {
  expect(() => made(0.6).update(3, Number.NaN)).toThrow(/row 3 is NaN/);
});

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

test('a sum tree is that of its numbers, however it came by them', () => {
  const rng = new Rng('numbers');
  const [one, other] = [new SumTree(64), new SumTree(64)];
  for (let i = 0; i < 500; i++) one.set(rng.integer(0, 64), rng.uniform());
  other.set(49, 1);
  other.setFirst(one.first(64));
  expect(other.total).toBe(one.total);
  expect(other.first(64)).toEqual(one.first(64));
  const sums = Array.from({ length: 1000 }, () => rng.uniform() * one.total);
  expect(sums.map((sum) => other.find(sum))).toEqual(sums.map((sum) => one.find(sum)));
});

test('a number of 0 is never found, also where rounding goes beyond the last', () => {
  const tree = new SumTree(6);
  tree.setFirst(Float64Array.of(0, 0.1, 0, 0.2, 0, 0));
  expect([0, 0.05, 0.1, 0.2, tree.total, 1].map((sum) => tree.find(sum))).toEqual([1, 1, 3, 3, 3, 3]);
});
