import { beforeAll, describe, expect, it } from 'vitest';
import { loadEnv, make, RecordTrajectory, type Trajectory, trajectoryPage } from '../../../envs/index.ts';
import { mjcf } from '../../../envs/mujoco/mjcf.ts';
import { rotated } from '../../../envs/mujoco/robotScene.ts';
import { OwnEnv } from './ownEnv.ts';

beforeAll(() => loadEnv('mujoco/Hopper-v5'));

const tetrahedron = '<mesh name="tip" vertex="0 0 0  0.4 0 0  0 0.4 0  0 0 0.4"/>';
const quarter = [Math.SQRT1_2, 0, Math.SQRT1_2, 0] as const;
const near = (numbers: readonly number[]) => numbers.map((x) => expect.closeTo(x, 9));

/** A pole on a hinge with a blue ball at its end; a loose mesh; a wall, and a solid that is not seen. */
const poleModel = mjcf({
  model: 'pole',
  size: { memory: '1M' },
  geoms: [
    { type: 'plane', size: [3, 0, 1], pos: [0, 0, -0.5] },
    { type: 'plane', size: [1, 2, 1], pos: [4, 0, 0], quat: quarter },
    { type: 'ellipsoid', size: [0.1, 0.2, 0.3], rgba: [1, 1, 1, 0] },
  ],
  bodies: [
    {
      pos: [0, 0, 1],
      joints: [{ name: 'hinge', type: 'hinge', axis: [0, 1, 0] }],
      geoms: [
        { type: 'capsule', fromto: [0, 0, 0, 0, 0, 0.5], size: [0.05] },
        { type: 'sphere', size: [0.1], pos: [0, 0, 0.5], rgba: [0.1, 0.2, 0.9, 1] },
      ],
    },
    { pos: [1, 0, 0], joints: [{ type: 'free' }], geoms: [{ type: 'box', size: [0.1, 0.2, 0.3] }] },
  ],
  motors: [{ joint: 'hinge' }],
})
  .replace('<worldbody>', `<asset>${tetrahedron}</asset><worldbody>`)
  .replace(/<geom type="box"[^>]*>/, '<geom type="mesh" mesh="tip"/>');

it('scene() and pose() have each solid as the model has it, and where its body is', () => {
  const env = new OwnEnv(poleModel, { frameSkip: 4 });
  env.reset({ options: { state: { qpos: [Math.PI / 2, 1, 2, 3, 1, 0, 0, 0], qvel: new Float64Array(7) } } });
  const scene = env.scene();
  expect(scene).toMatchObject({ bodies: 2, view: 'side', followed: 1, height: 1 });
  expect(scene.interval).toBe(4 * 0.002);
  const [floor, wall, pole, ball, mesh] = scene.solids;
  expect(scene.solids).toHaveLength(5);
  expect(floor).toEqual({
    kind: 'plane',
    size: [3, 0, 0],
    body: 0,
    position: [0, 0, -0.5],
    quaternion: [1, 0, 0, 0],
    isRobot: false,
  });
  expect(wall).toMatchObject({ kind: 'plane', size: [1, 2, 0], position: [4, 0, 0], quaternion: near(quarter) });
  expect(pole).toMatchObject({
    kind: 'capsule',
    size: [0.05, 0.05, 0.25],
    body: 1,
    position: [0, 0, 0.25],
    isRobot: true,
  });
  expect(pole).not.toHaveProperty('colour');
  expect(ball).toMatchObject({ kind: 'sphere', size: [0.1, 0.1, 0.1], position: [0, 0, 0.5] });
  expect(ball!.colour!.map((part) => Math.round(10 * part))).toEqual([1, 2, 9]);
  expect(mesh).toMatchObject({ kind: 'box', body: 2, isRobot: false });
  // The box about the corners of the mesh, wherever MuJoCo has put the mesh's own frame.
  const corners = [-1, 1].flatMap((x) =>
    [-1, 1].flatMap((y) =>
      [-1, 1].map((z) => {
        const [a, b, c] = mesh!.size;
        return rotated(mesh!.quaternion, [x * a, y * b, z * c]).map((way, i) => way + mesh!.position[i]!);
      }),
    ),
  );
  for (const vertex of [
    [0, 0, 0],
    [0.4, 0, 0],
    [0, 0.4, 0],
    [0, 0, 0.4],
  ]) {
    vertex.forEach((x, axis) => {
      const along = corners.map((corner) => corner[axis]!);
      expect(Math.min(...along)).toBeLessThan(x + 1e-6);
      expect(Math.max(...along)).toBeGreaterThan(x - 1e-6);
    });
  }
  const pose = env.pose();
  expect([...pose.subarray(0, 7)]).toEqual(near([0, 0, 1, ...quarter]));
  expect([...pose.subarray(7)]).toEqual(near([1, 2, 3, 1, 0, 0, 0]));
  // The ball's place in the world, as the pose has it.
  const [w, x, y, z] = pose.subarray(3);
  expect(rotated([w!, x!, y!, z!], ball!.position)).toEqual(near([0.5, 0, 0]));
  env.close();
});

describe('a recorded motion', () => {
  it('has the poses within each step of a walk at the lake', () => {
    const env = new RecordTrajectory(make<Float32Array, Float32Array>('mujoco/PointLakeStride-v0'), { frames: true });
    for (const seed of [1, 2]) {
      env.reset({ seed });
      env.step(Float32Array.of(0, 1));
      env.step(Float32Array.of(0.1, 0));
    }
    const { scene, poses, ends } = env.trajectory.motion!;
    // A stride of 1.3 m at 1 m/s takes 26 steps of 0.05 s, a tenth of it 3.
    expect(ends).toEqual([0, 26, 29]);
    expect(poses).toHaveLength(7 * 30);
    expect([scene.followed, scene.view, scene.interval]).toEqual([0, 'above', 0.05]);
    expect(poses.slice(0, 2)).toEqual([-1.5, 0]);
    const [x, y] = env.trajectory.observations.at(-1)!;
    expect(poses.slice(-7, -5)).toEqual([expect.closeTo(x!, 6), expect.closeTo(y!, 6)]);
    env.close();
  });

  it('stands in the page in float32 only with the script that shows it, and plays in real time', () => {
    const env = new RecordTrajectory(make<Float64Array, Float32Array>('mujoco/Hopper-v5'), { frames: true });
    env.reset({ seed: 1 });
    env.step(Float32Array.of(1, 0, 0));
    const trajectory = env.trajectory as Trajectory<unknown, unknown>;
    const dataOf = (page: string) => JSON.parse(/<script id="data"[^>]*>(.*?)<\/script>/.exec(page)![1]!);
    const flat = trajectoryPage(trajectory);
    expect(dataOf(flat)).toMatchObject({ deep: false, framesPerSecond: 125, ends: [0, 1] });
    expect(flat).not.toContain('id="view"');
    const page = trajectoryPage(trajectory, { three: { packed: 'cGFja2Vk', hash: 'aGFzaA==' } });
    const { deep } = dataOf(page);
    expect(deep.scene).toEqual(JSON.parse(JSON.stringify(trajectory.motion!.scene)));
    const poses = new Float32Array(new Uint8Array(Buffer.from(deep.poses, 'base64')).buffer);
    expect([...poses]).toEqual([...Float32Array.from(trajectory.motion!.poses)]);
    expect(deep.script).toBe('cGFja2Vk');
    expect(page).toMatch(/script-src 'sha256-[^']+' 'sha256-aGFzaA=='/);
    env.close();
  });
});
