import type { Cell } from '../shared/scored/cell.ts';

export const choices = {
  studies: ['ppo', 'a2c', 'sac', 'td3', 'dqn', 'qr-dqn'],
  policies: ['gaussian', 'mixture', 'realnvp', 'spline', 'categorical', 'q-network', 'quantile-network'],
  environments: ['CartPole-v1', 'Acrobot-v1', 'MountainCar-v0', 'Pendulum-v1', 'MountainCarContinuous-v0'],
} as const;

type ClassicCell = Cell<
  (typeof choices.environments)[number],
  (typeof choices.studies)[number],
  (typeof choices.policies)[number]
> & { readonly asked: number };

const continuous = ['gaussian', 'spline'] as const;
const classes = ['gaussian', 'mixture', 'realnvp', 'spline'] as const;
const discrete = ['categorical'] as const;
const values = ['q-network'] as const;
const quantiles = ['quantile-network'] as const;

/** What the field's libraries reach at these budgets: a flow is asked for no less than the Gaussian. */
export const cells: readonly ClassicCell[] = [
  { env: 'CartPole-v1', study: 'ppo', policies: discrete, steps: 100_000, asked: 475 },
  { env: 'CartPole-v1', study: 'a2c', policies: discrete, steps: 500_000, asked: 475 },
  { env: 'CartPole-v1', study: 'dqn', policies: values, steps: 50_000, asked: 475 },
  { env: 'CartPole-v1', study: 'qr-dqn', policies: quantiles, steps: 50_000, asked: 475 },
  { env: 'Acrobot-v1', study: 'ppo', policies: discrete, steps: 500_000, asked: -100 },
  { env: 'Acrobot-v1', study: 'dqn', policies: values, steps: 100_000, asked: -100 },
  { env: 'Acrobot-v1', study: 'qr-dqn', policies: quantiles, steps: 100_000, asked: -100 },
  { env: 'MountainCar-v0', study: 'dqn', policies: values, steps: 120_000, asked: -120 },
  { env: 'MountainCar-v0', study: 'qr-dqn', policies: quantiles, steps: 120_000, asked: -120 },
  { env: 'Pendulum-v1', study: 'ppo', policies: classes, steps: 100_000, asked: -200 },
  { env: 'Pendulum-v1', study: 'sac', policies: classes, steps: 10_000, asked: -150 },
  { env: 'Pendulum-v1', study: 'td3', policies: ['gaussian'], steps: 10_000, asked: -155 },
  { env: 'MountainCarContinuous-v0', study: 'ppo', policies: continuous, steps: 100_000, asked: 88 },
  { env: 'MountainCarContinuous-v0', study: 'sac', policies: continuous, steps: 20_000, asked: 88 },
];
