import { loadEnv, make } from '../../envs/index.ts';
import type { MujocoEnv } from '../../envs/mujoco/mujocoEnv.ts';
import type { RobotWalk } from './robotCanvas.ts';
import { type RobotName, robotChoices } from './robotSetting.ts';

/** Each robot as it stands before it has walked: a walk of one pose. */
export type RobotStarts = Readonly<Record<RobotName, Omit<RobotWalk, 'poses'> & { readonly poses: readonly number[] }>>;

declare const data: RobotStarts;

export { data };

export default {
  async load(): Promise<RobotStarts> {
    const starts = Object.keys(robotChoices.robot).map(async (name) => {
      await loadEnv(name);
      const env = make(name);
      env.reset({ seed: 0 });
      const robot = env.unwrapped as unknown as MujocoEnv;
      return [name, { step: 0, interval: 1, scene: robot.scene(), poses: [...robot.pose()] }];
    });
    return Object.fromEntries(await Promise.all(starts)) as RobotStarts;
  },
};
