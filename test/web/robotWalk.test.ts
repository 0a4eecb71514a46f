import { expect, test } from 'vitest';
import type { Scene } from '../../envs/drawing/scene.ts';
import { distance, duration, pictureAt, poseCount, type RobotWalk, walkedPose } from '../../web/lab/robotCanvas.ts';

/** A ball that stands, and one that goes to the right. */
const scene: Scene = {
  solids: [1, 2].map((body) => ({
    kind: 'sphere',
    size: [0.25, 0.25, 0.25],
    body,
    position: [0, 0, 0],
    quaternion: [1, 0, 0, 0],
    isRobot: body === 2,
  })),
  bodies: 2,
  interval: 0.05,
  view: 'side',
  followed: 2,
  height: 1,
  reach: 1,
  sight: 0,
};
const pose = (x: number) => [-3, 0, 1, 1, 0, 0, 0, x, 0.5, 1, 1, 0, 0, 0];
const walkOf = (...places: number[]): RobotWalk => ({
  step: 7,
  interval: 0.25,
  scene,
  poses: Float32Array.from(places.flatMap(pose)),
});
const walk = walkOf(0.5, 1, 2.5);

test('a walk leads as far as the body goes that is followed', () => {
  expect([poseCount(walk), duration(walk), distance(walk)]).toEqual([3, 0.5, 2]);
  expect(distance(walkOf(2, 1))).toBe(-1);
});

test('between two poses is what lies between them, and before and after it those at the ends', () => {
  for (const [seconds, x] of [
    [0.25, 1],
    [0.125, 0.75],
    [0.375, 1.75],
    [-1, 0.5],
    [9, 2.5],
  ] as const) {
    expect([...walkedPose(walk, seconds)]).toEqual(pose(x));
    const { middle, shapes } = pictureAt(walk, seconds);
    expect([middle[0], shapes[0]!.points, shapes[1]!.points]).toEqual([x, [[-3, 1]], [[x, 1]]]);
  }
});
