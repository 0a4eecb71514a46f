import { describe, expect, test } from 'vitest';
import { hasEnded, lineOf, MOST_STEPS, mazeWalks } from '../../web/lab/mazeWalks.ts';

const rules = mazeWalks.sides.flatMap(({ rules }) => Object.values(rules));

describe('the walks of the page of the maze', () => {
  test('each goes through free cells alone, from its start; who arrives ends at the goal, and nobody else does', () => {
    for (const { walks } of rules) {
      for (const [goal, toGoal] of walks.entries()) {
        const [start, end] = mazeWalks.tasks[goal]!;
        for (const { places, arrives } of toGoal) {
          for (let i = 0; i < places.length; i += 2) {
            expect(mazeWalks.map[Math.floor(places[i + 1]!)]![Math.floor(places[i]!)]).toBe('.');
          }
          expect([Math.floor(places[1]!), Math.floor(places[0]!)]).toEqual(start);
          const away = Math.max(Math.abs(places.at(-2)! - end[1] - 0.5), Math.abs(places.at(-1)! - end[0] - 0.5));
          // A goal is within a quarter of a cell of the middle of its own, and reached within another.
          if (arrives) expect(away).toBeLessThanOrEqual(0.51);
          else expect(places.length / 2).toBeGreaterThanOrEqual(MOST_STEPS / mazeWalks.stride);
        }
      }
    }
  });

  test('each rule has a share and walks for each goal', () => {
    expect(rules).toHaveLength(16);
    for (const { shares, walks } of rules) {
      expect(shares).toHaveLength(mazeWalks.tasks.length);
      expect(walks).toHaveLength(mazeWalks.tasks.length);
      for (const share of shares) expect(share >= 0 && share <= 1).toBe(true);
    }
  });
});

test('a walk is drawn as far as it has come, from below', () => {
  const walk = { arrives: true, places: [1.5, 1.5, 2, 1.75, 2.5, 1.25] };
  const maze = { map: ['####', '#..#', '####'], stride: 10 };
  expect(lineOf(walk, 0, maze)).toBe('1.5,1.50');
  expect(lineOf(walk, 19, maze)).toBe('1.5,1.50 2,1.25');
  expect(lineOf(walk, MOST_STEPS, maze)).toBe('1.5,1.50 2,1.25 2.5,1.75');
  expect([10, 20].map((steps) => hasEnded(walk, steps, maze))).toEqual([false, true]);
});
