import { beforeAll, describe, expect, it } from 'vitest';
import { checkEnv, loadEnv, make } from '../../../envs/index.ts';
import { HopperEnv, HumanoidEnv, HumanoidStandupEnv, mjcf } from '../../../envs/mujoco/index.ts';
import { pairwiseSum } from '../../../envs/mujoco/tasks/robotTask.ts';

beforeAll(() => loadEnv('mujoco/Hopper-v5'));

const still = new Float32Array(3);

describe('MujocoEnv', () => {
  it('keeps the contract of environments', () => {
    checkEnv(make('mujoco/Hopper-v5'));
  });

  it('begins at the state that it is given', () => {
    const env = new HopperEnv();
    const qpos = [0.5, 1.3, 0.1, -0.2, -0.3, 0.1];
    const qvel = [1, 0, -0.5, 0.25, 12, 0];
    const [observation, info] = env.reset({ seed: 0, options: { state: { qpos, qvel } } });
    expect(Array.from(observation)).toEqual([...qpos.slice(1), ...qvel.slice(0, 4), 10, 0]);
    expect(info.xPosition).toBe(0.5);
    env.close();
  });

  it('that is closed harms no other, whatever a subclass asks of it', () => {
    class Named extends HopperEnv {
      body(name: string | number): number {
        return this.bodyId(name);
      }
    }
    const [closed, other] = [new Named(), new Named()];
    expect(closed.body('torso')).toBe(1);
    closed.close();
    for (const name of ['torso', 1]) expect(() => closed.body(name)).toThrow('Hopper: the env is closed');
    other.reset({ seed: 0 });
    expect(other.step(still)[3]).toBe(false);
    other.close();
  });

  it('takes no state of another task with the same model, nor of other observations', () => {
    const [walks, stands] = [new HumanoidEnv(), new HumanoidStandupEnv()];
    stands.reset({ seed: 0 });
    expect(() => walks.setState(stands.state())).toThrow(/^Humanoid: setState\(\) got 0 .* 348, expected 2 and 348/);
    const [placed, usual] = [new HopperEnv({ excludeCurrentPositionsFromObservation: false }), new HopperEnv()];
    usual.setState(placed.state());
    placed.reset({ seed: 0 });
    expect(() => usual.setState(placed.state())).toThrow(/^Hopper: setState\(\) got 0 .* 12, expected 0 and 11/);
    for (const env of [walks, stands, placed, usual]) env.close();
  });
});

it('a model can name no other file', () => {
  const { xml } = new HopperEnv();
  const file = import.meta.filename;
  for (const part of [`<include file="${file}"/>`, `<asset><mesh name="mesh" file="${file}"/></asset>`]) {
    const hostile = xml.replace('<worldbody>', `${part}<worldbody>`);
    expect(() => new HopperEnv({ xml: hostile })).toThrow(/^Hopper: [^\n]*(Error opening file|unknown mesh)[^\n]*$/);
  }
});

it('mjcf takes angles for radians, where MuJoCo takes them for degrees', () => {
  const model = { model: 'empty', bodies: [] };
  expect(mjcf(model)).toBe('<mujoco model="empty"><compiler angle="radian"/><worldbody/></mujoco>');
  expect(mjcf({ ...model, compiler: { angle: 'degree' } })).toContain('<compiler angle="degree"/>');
});

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
