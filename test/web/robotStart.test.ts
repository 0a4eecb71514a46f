import { expect, test } from 'vitest';
import { pictureAt, poseCount } from '../../web/lab/robotCanvas.ts';
import { robotChoices } from '../../web/lab/robotSetting.ts';
import robotStart from '../../web/lab/robotStart.data.ts';

test('each robot of the page stands there before it has walked', async () => {
  const starts = await robotStart.load();
  expect(Object.keys(starts)).toEqual(Object.keys(robotChoices.robot));
  for (const { poses, ...walk } of Object.values(starts)) {
    const start = { ...walk, poses: Float32Array.from(poses) };
    expect(poseCount(start)).toBe(1);
    const parts = pictureAt(start, 0).shapes.filter(({ isRobot }) => isRobot);
    expect(parts.length).toBeGreaterThan(3);
    expect(parts.every(({ points }) => points.flat().every(Number.isFinite))).toBe(true);
  }
});
