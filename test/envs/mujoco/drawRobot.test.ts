import { beforeAll, expect, it } from 'vitest';
import { loadEnv, make } from '../../../envs/index.ts';
import type { PictureShape } from '../../../envs/mujoco/drawRobot.ts';
import { loadMujoco } from '../../../envs/mujoco/loadMujoco.ts';
import { type Body, mjcf } from '../../../envs/mujoco/mjcf.ts';
import type { MujocoEnv } from '../../../envs/mujoco/mujocoEnv.ts';
import { mujocoEnvs } from '../../../envs/mujoco/mujocoEnvs.ts';
import { OwnEnv } from './ownEnv.ts';

beforeAll(() => loadMujoco());

const bodies: Body[] = [
  {
    pos: [0, 0, 1],
    joints: [{ name: 'hinge', type: 'hinge', axis: [0, 1, 0] }],
    geoms: [{ type: 'capsule', fromto: [0, 0, 0, 0, 0, 0.5], size: [0.05] }],
  },
  {
    pos: [0.5, 0.2, 0.1],
    joints: [{ type: 'free' }],
    geoms: [
      { type: 'box', size: [0.1, 0.2, 0.05] },
      { type: 'sphere', size: [0.03], pos: [0, 0, 0.3] },
      { type: 'sphere', size: [0.5], rgba: [0, 0, 0, 0] },
    ],
  },
];

/** A pole on a hinge; a box and a ball that lie loose; a cylinder and an ellipsoid that stand. */
const scene = mjcf({
  model: 'scene',
  size: { memory: '1M' },
  geoms: [
    { type: 'plane', size: [1, 1, 1], pos: [0, 0, -0.25] },
    { type: 'cylinder', size: [0.2, 0.1], pos: [-0.5, -0.3, 0.3] },
    { type: 'ellipsoid', size: [0.3, 0.2, 0.1], pos: [0, 0.5, 0.5], axisangle: [0, 0, 1, Math.PI / 2] },
  ],
  bodies,
  motors: [{ joint: 'hinge' }],
});

/** Lowest and highest coordinates of an outline. */
function extentOf({ points, radius }: PictureShape): number[] {
  const [x, y] = [0, 1].map((axis) => points.map((point) => point[axis]!)) as [number[], number[]];
  return [Math.min(...x) - radius, Math.max(...x) + radius, Math.min(...y) - radius, Math.max(...y) + radius];
}
/** From left to right. */
const endsOf = ({ points }: PictureShape) => [...points].sort(([one], [other]) => one - other);
const near = (numbers: readonly number[]) => numbers.map((x) => expect.closeTo(x, 9));

/** The pole is turned a quarter to the right, the box moved by one metre and turned by half a right angle about z. */
const qpos = [Math.PI / 2, 1.5, 0.2, 0.1, Math.cos(Math.PI / 8), 0, 0, Math.sin(Math.PI / 8)];

it('picture() has shapes where a known pose has them, from the side', () => {
  const env = new OwnEnv(scene);
  env.reset({ seed: 0, options: { state: { qpos, qvel: new Float64Array(7) } } });
  const { middle, half, floor, shapes } = env.picture();
  const [cylinder, ellipsoid, pole, box, ball] = shapes as [
    PictureShape,
    PictureShape,
    PictureShape,
    PictureShape,
    PictureShape,
  ];
  expect(shapes).toHaveLength(5);
  expect(extentOf(cylinder)).toEqual(near([-0.7, -0.3, 0.2, 0.4]));
  // Its long half-axis lies along y.
  expect(extentOf(ellipsoid)[1]).toBeCloseTo(0.2, 2);
  expect(extentOf(ellipsoid)[3]).toBeCloseTo(0.6, 2);
  expect(endsOf(pole)).toEqual([near([0, 1]), near([0.5, 1])]);
  expect(pole.radius).toBe(0.05);
  const turned = (0.1 + 0.2) * Math.SQRT1_2;
  expect(extentOf(box)).toEqual(near([1.5 - turned, 1.5 + turned, 0.05, 0.15]));
  expect([ball.points, ball.radius]).toEqual([[near([1.5, 0.4])], 0.03]);
  expect(shapes.map(({ isRobot }) => isRobot)).toEqual([false, false, true, false, false]);
  expect(shapes.map(({ depth }) => depth)).toEqual(near([-0.3, 0.5, 0, 0.2, 0.2]));
  expect(floor).toBe(-0.25);
  // The corner of the box is farthest in the model's own pose.
  const reach = Math.sqrt(0.5 ** 2 + 0.9 ** 2) + Math.sqrt(0.1 ** 2 + 0.2 ** 2 + 0.05 ** 2);
  expect(half).toEqual(near([1.6 * reach, 1.05 * reach]));
  expect(middle).toEqual(near([0, 1 - 0.15 * reach]));
  env.close();
});

const ofGymnasium = Object.keys(mujocoEnvs).filter((id) => id.endsWith('-v5'));

it.each(ofGymnasium)('all of the robot is in sight as it begins: %s', async (id) => {
  await loadEnv(id);
  const env = make(id).unwrapped as MujocoEnv;
  env.reset({ seed: 0 });
  const { middle, half, shapes } = env.picture();
  for (const shape of shapes.filter(({ isRobot }) => isRobot)) {
    const [left, right, bottom, top] = extentOf(shape) as [number, number, number, number];
    expect(Math.max(middle[0] - left, right - middle[0])).toBeLessThan(half[0]);
    expect(Math.max(middle[1] - bottom, top - middle[1])).toBeLessThan(half[1]);
  }
  expect(shapes.some(({ isRobot }) => isRobot)).toBe(true);
  env.close();
});
