import { expect, test } from 'vitest';
import type { RobotPicture } from '../../envs/mujoco/robotPicture.ts';
import { duration, packWalk, pictureAt, pictureCount } from '../../web/lab/robotWalk.ts';

const picture = (x: number): RobotPicture => ({
  view: 'side',
  middle: [x, 1],
  half: [2, 1.5],
  floor: 0,
  shapes: [
    { points: [[x, 1]], radius: 0.25, depth: 0.5, isRobot: true },
    {
      points: [
        [x, 1],
        [x + 1, 2 * x],
      ],
      radius: 0.125,
      depth: x,
      isRobot: false,
    },
  ],
});
const walk = packWalk([picture(0), picture(0.5), picture(2)], { step: 7, distance: 2, interval: 0.25 });

test('a walk gives its pictures again', () => {
  expect([pictureCount(walk), duration(walk)]).toEqual([3, 0.5]);
  expect([walk.step, walk.distance]).toEqual([7, 2]);
  for (const [seconds, x] of [
    [0, 0],
    [0.25, 0.5],
    [0.5, 2],
  ] as const) {
    expect(pictureAt(walk, seconds)).toEqual(picture(x));
  }
});

test('between two pictures what lies between them, and before and after it those at the ends', () => {
  expect(pictureAt(walk, 0.125)).toEqual(picture(0.25));
  expect(pictureAt(walk, 0.3125)).toEqual(picture(0.875));
  expect(pictureAt(walk, -1)).toEqual(picture(0));
  expect(pictureAt(walk, 9)).toEqual(picture(2));
});

test('a walk of one picture stands', () => {
  const single = packWalk([picture(0.5)], { step: 0, distance: 0, interval: 0.25 });
  expect(duration(single)).toBe(0);
  expect(pictureAt(single, 1)).toEqual(picture(0.5));
});
