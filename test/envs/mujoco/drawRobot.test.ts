import { beforeAll, describe, expect, it } from 'vitest';
import type { SceneView } from '../../../envs/drawing/scene.ts';
import { loadEnv, make } from '../../../envs/index.ts';
import { type PictureShape, rulerMarks } from '../../../envs/mujoco/drawRobot.ts';
import { loadMujoco } from '../../../envs/mujoco/loadMujoco.ts';
import { type Body, mjcf } from '../../../envs/mujoco/mjcf.ts';
import { MujocoEnv } from '../../../envs/mujoco/mujocoEnv.ts';
import { mujocoEnvs } from '../../../envs/mujoco/mujocoEnvs.ts';

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
class Scene extends MujocoEnv {
  constructor(view: SceneView) {
    const xml = mjcf({
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
    super({ name: 'Scene', xml, frameSkip: 1, view });
  }

  protected score() {
    return { reward: 0 };
  }
}

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

function sceneAt(view: SceneView): Scene {
  const scene = new Scene(view);
  scene.reset({ seed: 0, options: { state: { qpos, qvel: new Float64Array(7) } } });
  return scene;
}

describe('picture()', () => {
  it('has shapes where a known pose has them, from the side', () => {
    const scene = sceneAt('side');
    const { middle, half, floor, shapes } = scene.picture();
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
    scene.close();
  });

  it('and from above', () => {
    const scene = sceneAt('above');
    const { middle, floor, shapes } = scene.picture();
    const [cylinder, ellipsoid, pole, box] = shapes as [PictureShape, PictureShape, PictureShape, PictureShape];
    for (const [x, y] of cylinder.points) {
      expect(Math.sqrt((x + 0.5) ** 2 + (y + 0.3) ** 2)).toBeCloseTo(0.2, 9);
    }
    for (const [x, y] of ellipsoid.points) expect((x / 0.2) ** 2 + ((y - 0.5) / 0.3) ** 2).toBeCloseTo(1, 9);
    expect(endsOf(pole)).toEqual([near([0, 0]), near([0.5, 0])]);
    const turned = (0.1 + 0.2) * Math.SQRT1_2;
    expect(extentOf(box)).toEqual(near([1.5 - turned, 1.5 + turned, 0.2 - turned, 0.2 + turned]));
    expect(shapes.map(({ depth }) => depth)).toEqual(near([-0.3, -0.5, -1, -0.1, -0.4]));
    expect([middle, floor]).toEqual([[0, 0], undefined]);
    scene.close();
  });

  it('shows the state that there is, and not the one of a step before', () => {
    const scene = sceneAt('side');
    for (let i = 0; i < 5; i++) scene.step(Float32Array.of(1));
    const [seen, state] = [scene.picture(), scene.state()];
    scene.step(Float32Array.of(0));
    expect(scene.picture()).not.toEqual(seen);
    scene.setState(state);
    expect(scene.picture()).toEqual(seen);
    scene.close();
  });
});

describe('render()', () => {
  it('draws shapes over those that are farther, and marks the metres', () => {
    const scene = sceneAt('side');
    const marks = [...scene.render().matchAll(/<(line|circle|polygon)[^>]*stroke="var\(--paper, #ffffff\)"/g)];
    expect(marks.map(([, kind]) => kind)).toEqual(['polygon', 'polygon', 'circle', 'line', 'polygon']);
    const texts = [...scene.render().matchAll(/>([^<]* m)<\/text>/g)].map(([, text]) => text);
    // Two metres are seen on either side, without room for a text.
    expect(texts).toEqual(['−1 m', '0 m', '1 m']);
    scene.close();
  });

  it.each(['side', 'above'] as const)('keeps its size, and the robot in sight: %s', (view) => {
    const xml = mjcf({
      model: 'slider',
      bodies: [
        {
          joints: [
            { name: 'x', type: 'slide', axis: [1, 0, 0] },
            { name: 'z', type: 'slide', axis: [0, 0, 1] },
          ],
          geoms: [{ type: 'sphere', size: [0.5] }],
        },
      ],
      motors: [{ joint: 'x' }],
    });
    class Slider extends MujocoEnv {
      protected score() {
        return { reward: 0 };
      }
    }
    const env = new Slider({ name: 'Slider', xml, frameSkip: 1, view });
    for (const [x, z] of [
      [0, 0],
      [-123.4, 0.1],
      [7, 9],
    ] as const) {
      env.reset({ options: { state: { qpos: [x, z], qvel: [0, 0] } } });
      const { middle, half } = env.picture();
      // It reaches half a metre.
      expect(half).toEqual(near([0.8, 0.525]));
      // All of it is above where it is.
      const height = view === 'above' ? 0 : (z === 9 ? 9 - 0.2 : 0) + 0.025;
      expect(middle).toEqual(near([x, height]));
      expect(env.render()).toContain('viewBox="0 0 480 315"');
    }
    env.close();
  });
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

describe('rulerMarks', () => {
  it('are metres or tenths, as much as is seen', () => {
    expect(rulerMarks(0.3, 1.4)).toEqual([
      { at: -1, text: '−1 m' },
      { at: 0, text: '0 m' },
      { at: 1, text: '1 m' },
    ]);
    expect(rulerMarks(0, 0.15).map(({ text }) => text)).toEqual(['−0.1 m', '0.0 m', '0.1 m']);
    expect(rulerMarks(0, 25).map(({ text }) => text)).toEqual(['−20 m', '−10 m', '0 m', '10 m', '20 m']);
    expect(rulerMarks(0, 1, 20).map(({ text }) => text)).toEqual(['0 m']);
  });
});
