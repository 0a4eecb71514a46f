import { expect, test } from 'vitest';
import { poseAt } from '../../../envs/drawing/sceneStage.ts';

const [half, eighth] = [Math.SQRT1_2, Math.PI / 8];
/** One body: it goes 1 m and turns a quarter about z; then it stands, by the other quaternion of the same rotation. */
const poses = [
  [0, 2, 0, 1, 0, 0, 0],
  [1, 2, 0, half, 0, 0, half],
  [1, 2, 0, -half, 0, 0, -half],
].flat();
const near = (numbers: readonly number[]) => numbers.map((x) => expect.closeTo(x, 12));

test('the poses themselves, and before and after them those at the ends', () => {
  expect([...poseAt(poses, 1, 1)]).toEqual(poses.slice(7, 14));
  expect([...poseAt(poses, 1, -3)]).toEqual(poses.slice(0, 7));
  expect([...poseAt(poses, 1, 9)]).toEqual(poses.slice(14));
  expect([...poseAt(poses.slice(0, 7), 1, 0.5)]).toEqual(poses.slice(0, 7));
});

test('between two poses half of the way and half of the turn', () => {
  expect([...poseAt(poses, 1, 0.5)]).toEqual(near([0.5, 2, 0, Math.cos(eighth), 0, 0, Math.sin(eighth)]));
});

test('a rotation has two quaternions, of which the nearer one is meant', () => {
  expect([...poseAt(poses, 1, 1.3)]).toEqual(near([1, 2, 0, half, 0, 0, half]));
  const opposite = [...poses.slice(0, 10), -half, 0, 0, -half];
  expect([...poseAt(opposite, 1, 0.5)]).toEqual(near([0.5, 2, 0, Math.cos(eighth), 0, 0, Math.sin(eighth)]));
});
