import { expect, test } from 'vitest';
import { halvingRungs } from '../../../cli/tuning/tuneTraining.ts';

const rungs = (trials: number, steps: number, factor: number, count = 99) =>
  halvingRungs({ trials, steps, factor, rungs: count }).map((rung) => [rung.trials, rung.steps]);

test('the brackets of the table in the paper on Hyperband, R = 81 and η = 3', () => {
  expect(rungs(81, 81, 3)).toEqual([
    [81, 1],
    [27, 3],
    [9, 9],
    [3, 27],
    [1, 81],
  ]);
  expect(rungs(27, 81, 3, 4)).toEqual([
    [27, 3],
    [9, 9],
    [3, 27],
    [1, 81],
  ]);
  expect(rungs(9, 81, 3, 3)).toEqual([
    [9, 9],
    [3, 27],
    [1, 81],
  ]);
  expect(rungs(6, 81, 3, 2)).toEqual([
    [6, 27],
    [2, 81],
  ]);
  expect(rungs(5, 81, 3, 1)).toEqual([[5, 81]]);
});

test('a factor of 1 has one round; few trials have few rounds; the last one always has all steps and a setting', () => {
  expect(rungs(7, 1000, 1)).toEqual([[7, 1000]]);
  expect(rungs(1, 1000, 2)).toEqual([[1, 1000]]);
  expect(rungs(7, 1000, 2)).toEqual([
    [7, 250],
    [3, 500],
    [1, 1000],
  ]);
  expect(rungs(8, 2, 2)).toEqual([
    [8, 1],
    [4, 2],
  ]);
});
