import type { Cell } from '../shared/scored/cell.ts';

export const choices = {
  studies: ['ppo', 'sac'],
  policies: ['gaussian', 'mixture', 'realnvp', 'spline'],
  environments: [
    'mujoco/HalfCheetah-v5',
    'mujoco/Hopper-v5',
    'mujoco/Walker2d-v5',
    'mujoco/Swimmer-v5',
    'mujoco/InvertedDoublePendulum-v5',
    'mujoco/Reacher-v5',
    'mujoco/Ant-v5',
    'mujoco/Humanoid-v5',
  ],
  // The question is asked of the first three.
  byName: [
    'mujoco/Swimmer-v5',
    'mujoco/InvertedDoublePendulum-v5',
    'mujoco/Reacher-v5',
    'mujoco/Ant-v5',
    'mujoco/Humanoid-v5',
  ],
} as const;

type RobotCell = Cell<
  (typeof choices.environments)[number],
  (typeof choices.studies)[number],
  (typeof choices.policies)[number]
>;

const two = ['gaussian', 'spline'] as const;
const ppo = { study: 'ppo', steps: 1_000_000, policies: choices.policies } as const;
/** SAC takes some twenty times as long for a step. */
const sac = { study: 'sac', steps: 100_000, policies: choices.policies, seeds: 5 } as const;

/** PPO is asked for what the field's libraries reach after a million steps. */
export const cells: readonly RobotCell[] = [
  { ...ppo, env: 'mujoco/HalfCheetah-v5', asked: 1600 },
  { ...ppo, env: 'mujoco/Hopper-v5', asked: 2000 },
  { ...ppo, env: 'mujoco/Walker2d-v5', asked: 2000 },
  { ...ppo, env: 'mujoco/Swimmer-v5', policies: two, asked: 60 },
  { ...ppo, env: 'mujoco/InvertedDoublePendulum-v5', policies: two, asked: 7000 },
  { ...ppo, env: 'mujoco/Reacher-v5', policies: two, asked: -7 },
  { ...ppo, env: 'mujoco/Ant-v5', policies: two },
  { ...ppo, env: 'mujoco/Humanoid-v5', policies: two },
  { ...sac, env: 'mujoco/HalfCheetah-v5' },
  { ...sac, env: 'mujoco/Hopper-v5' },
  { ...sac, env: 'mujoco/Walker2d-v5' },
];
