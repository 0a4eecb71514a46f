import { describe, expect, test } from 'vitest';
import { Priorities } from '../../agents/core/replay.ts';
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

function drawn(priorities: Priorities, batch: number, beta: number, rng = new Rng('draws')) {
  const [rows, weights] = [new Int32Array(batch), new Float32Array(batch)];
  priorities.draw(rng, rows, weights, beta);
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

  test('with α = 0 are uniform', () => {
    const { rows, weights } = drawn(made(0), 8, 0.7);
    expect(rows).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(weights).toEqual(rows.map(() => 1));
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

/** Draws one row at this share of the sum of all powers. */
function find(priorities: Priorities, share: number): number {
  const rows = new Int32Array(1);
  priorities.draw({ uniform: () => share } as Rng, rows, new Float32Array(1), 1);
  return rows[0]!;
}

test.each([1, 2, 7, 64, 100])(
  'of %i rows the one is drawn at which the running sum passes, after any updates',
  (count) => {
    const rng = new Rng('updates');
    const priorities = new Priorities(count, 1);
    const other = new Priorities(count, 1);
    for (let round = 0; round < 200; round++) {
      priorities.update(rng.integer(0, count), rng.integer(0, 3) === 0 ? 0 : rng.uniform());
      const state = priorities.state(count);
      const total = state.powers.reduce((sum, x) => sum + x, 0);
      // However it came by its numbers.
      other.setState(state, count);
      for (const share of [0, rng.uniform(), 1 - 2 ** -53]) {
        const found = find(priorities, share);
        expect(find(other, share)).toBe(found);
        const before = state.powers.slice(0, found).reduce((sum, x) => sum + x, 0);
        const [least, most] = [before - 1e-12, before + state.powers[found]! + 1e-12];
        expect([state.powers[found]! > 0, least <= share * total, share * total <= most]).toEqual([true, true, true]);
      }
    }
  },
);

test('a row of power 0 is never drawn, also where rounding goes beyond the last', () => {
  const priorities = new Priorities(6, 1);
  priorities.setState({ powers: Float64Array.of(0, 0.1, 0, 0.2, 0, 0), largest: 1 }, 6);
  expect([0, 0.2, 0.4, 0.7, 1, 3].map((share) => find(priorities, share))).toEqual([1, 1, 3, 3, 3, 3]);
});
