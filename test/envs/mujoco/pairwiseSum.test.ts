import { expect, it } from 'vitest';
import { pairwiseSum } from '../../../envs/mujoco/tasks/robotTask.ts';

/** i² / 7 − 3 / (i + 1), whose sums by numpy 2 depend on the order. */
const numbers = (n: number) => Float64Array.from({ length: n }, (_, i) => (i * i) / 7 - 3 / (i + 1));

it.each([
  [0, 0.0, 0.0],
  [3, -4.7857142857142865, -4.785714149475098],
  [7, 5.221428571428571, 5.221428871154785],
  [8, 11.846428571428572, 11.846427917480469],
  [9, 20.655952380952378, 20.65595245361328],
  [17, 203.39562814636344, 203.3956298828125],
  [84, 27706.958080896246, 27706.958984375],
  [128, 98680.84341586509, 98680.84375],
  [129, 101021.39158862257, 101021.390625],
  [200, 378082.3659071557, 378082.34375],
  [300, 1279274.0091512164, 1279274.0],
] as const)('adds %d numbers as numpy does', (n, float64, float32) => {
  expect(pairwiseSum(numbers(n))).toBe(float64);
  expect(pairwiseSum(Float32Array.from(numbers(n)), Math.fround)).toBe(float32);
});
