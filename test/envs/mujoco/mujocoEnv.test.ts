import { beforeAll, describe, expect, it } from 'vitest';
import { checkEnv, loadEnv, make } from '../../../envs/index.ts';
import { HopperEnv, HumanoidEnv, HumanoidStandupEnv } from '../../../envs/mujoco/index.ts';

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

  it('says in one line which action, start or model does not fit', () => {
    const env = new HopperEnv();
    env.reset({ seed: 0 });
    expect(() => env.step(Float32Array.of(0, Number.NaN, 0))).toThrow(
      /^Hopper: step\(\) got the action .*NaN.*, expected 3 finite numbers$/,
    );
    expect(() => env.step(new Float32Array(2))).toThrow(
      /^Hopper: step\(\) got the action .*, expected 3 finite numbers$/,
    );
    expect(() => env.step(undefined as unknown as Float32Array)).toThrow(
      'Hopper: step() got the action undefined, expected 3 finite numbers',
    );
    expect(() => env.reset({ options: { state: { qpos: [1], qvel: new Float64Array(6) } } })).toThrow(
      /^Hopper: reset\(\) got the state's qpos \[1\], expected 6 finite numbers$/,
    );
    expect(() => new HopperEnv({ xml: '<mujoco><worldbody>' })).toThrow(/^Hopper: XML parse error.*$/);
    env.close();
    expect(() => env.step(still)).toThrow('Hopper: the env is closed');
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
    const expected = 'a state of the same task with the same options';
    expect(() => walks.setState(stands.state())).toThrow(
      `Humanoid: setState() got 0 further numbers and an observation of 348, expected 2 and 348: ${expected}`,
    );
    const [placed, usual] = [new HopperEnv({ excludeCurrentPositionsFromObservation: false }), new HopperEnv()];
    usual.setState(placed.state());
    placed.reset({ seed: 0 });
    expect(() => usual.setState(placed.state())).toThrow(
      `Hopper: setState() got 0 further numbers and an observation of 12, expected 0 and 11: ${expected}`,
    );
    for (const env of [walks, stands, placed, usual]) env.close();
  });

  it('ends an episode whose physics has blown up, at the last observation', () => {
    const env = new HopperEnv();
    env.reset({ seed: 0 });
    const [before] = env.step(still);
    const state = env.state();
    const broken = structuredClone(state);
    broken.physics.fill(1e12, 1 + 6, 1 + 12);
    env.setState(broken);
    const [observation, reward, terminated, truncated, info] = env.step(still);
    expect([reward, terminated, truncated, info.outcome]).toEqual([0, false, true, 'unstable']);
    expect(observation.every(Number.isFinite)).toBe(true);
    env.setState(state);
    expect(env.step(still)[3]).toBe(false);
    expect(before).not.toBe(observation);
    env.close();
  });
});
