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

function drawn(priorities: Priorities, batch: number, beta: number, rng = new Rng('draws'), held = ERRORS.length) {
  const [rows, weights] = [new Int32Array(batch), new Float32Array(batch)];
  priorities.draw(rng, rows, weights, held, beta);
  return { rows: [...rows], weights: [...weights] };
}

describe('draws', () => {
  // The 1 − 10⁻⁴ quantile of χ² with 7 degrees of freedom.
  const LIMIT = 29.88;

  test.each([0.4, 0.6, 1])('are as frequent as their probabilities, one at a time, α = %d', (alpha) => {
    const priorities = made(alpha);
    const rng = new Rng('one at a time');
    const counts = ERRORS.map(() => 0);
    const draws = 20_000;
    for (let i = 0; i < draws; i++) counts[drawn(priorities, 1, 0, rng).rows[0]!]! += 1;
    const wanted = probabilities(ERRORS, alpha);
    // Rows that are hardly ever drawn count together.
    const groups = [...wanted.keys()].filter((row) => wanted[row]! * draws >= 5);
    const rest = [...wanted.keys()].filter((row) => !groups.includes(row));
    const sum = (values: readonly number[], rows: readonly number[]) =>
      rows.reduce((all, row) => all + values[row]!, 0);
    const squares = [...groups.map((row) => [row]), rest].map((rows) => {
      const expected = draws * sum(wanted, rows);
      return expected === 0 ? 0 : (sum(counts, rows) - expected) ** 2 / Math.max(expected, 1);
    });
    expect(squares.reduce((all, square) => all + square, 0)).toBeLessThan(LIMIT);
    expect(groups.length).toBeGreaterThan(4);
  });

  test('are one from each part of equal probability', () => {
    const batch = 64;
    const wanted = probabilities(ERRORS, 0.6);
    for (let i = 0; i < 50; i++) {
      const { rows } = drawn(made(0.6), batch, 0, new Rng(i));
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

  test('of no row are refused', () => {
    expect(() => drawn(new Priorities(4, 0.6), 2, 1, new Rng(0), 0)).toThrow(
      'Priorities.draw: there are no rows to draw from',
    );
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
  expect(() => made(0.6).update(3, Number.NaN)).toThrow('the error of row 3 is NaN, expected a finite number');
});
