import { describe, expect, test } from 'vitest';
import { presets } from '../../agents/presets.ts';
import { robotFromHash, robotToHash, usualRobotSetting } from '../../web/lab/robotSetting.ts';

describe('the address of the page of robots', () => {
  test('is empty for the usual setting, and names what differs', () => {
    expect(robotToHash(usualRobotSetting)).toBe('');
    expect(robotFromHash('')).toEqual(usualRobotSetting);
    const setting = {
      robot: 'mujoco/HalfCheetah-v5',
      policies: ['spline', 'mixture'],
      steps: 12_000,
      seed: 7,
    } as const;
    const hash = robotToHash(setting);
    expect(hash).toBe('robot=mujoco%2FHalfCheetah-v5&policies=spline%2Cmixture&steps=12000&seed=7');
    expect(robotFromHash(`#${hash}`)).toEqual(setting);
  });

  test('gives another robot its own number of steps', () => {
    const { steps } = robotFromHash('#robot=mujoco/HalfCheetah-v5');
    expect(steps).toBe(presets['mujoco/HalfCheetah-v5'].ppo.steps / 2);
    expect(robotToHash({ ...usualRobotSetting, robot: 'mujoco/HalfCheetah-v5', steps })).toBe(
      'robot=mujoco%2FHalfCheetah-v5',
    );
  });

  test.each(['robot=nobody', 'policies=spline', 'policies=spline,nobody', 'steps=10', 'steps=1e9', 'seed=-1'])(
    'leaves what there is not as usual: %s',
    (hash) => expect(robotFromHash(hash)).toEqual(usualRobotSetting),
  );
});
