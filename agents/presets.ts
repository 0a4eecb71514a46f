import type { AgentName, AgentOptionsByName } from './registry.ts';

/** Settings that an agent solves an environment with; JSON. */
export interface Preset<Options> {
  /** Environment steps of the training, over its environments; updates on data of an agent that learns from them. */
  readonly steps: number;
  /** Parallel environments. */
  readonly envs: number;
  /** Options of the agent. */
  readonly agent: Omit<Options, 'policy' | 'env' | 'dataset' | 'rng'>;
  /** Options of the policy; `scale` is for a Gaussian alone. */
  readonly policy: Readonly<Record<string, unknown>>;
  /** What single policies have in place of these, by their names: the rate that a search has found for each, say. */
  readonly byPolicy?: Readonly<
    Record<
      string,
      {
        readonly agent?: Partial<Omit<Options, 'policy' | 'env' | 'rng'>>;
        readonly policy?: Readonly<Record<string, unknown>>;
      }
    >
  >;
}

/** Settings by the name of the agent. */
export type Presets = { readonly [A in AgentName]?: Preset<AgentOptionsByName[A]> };

/** Networks of the agents that learn from a replay buffer: small ones, which are quick and enough. */
const replaying = { hidden: [64, 64], activation: 'relu', squash: 'tanh' } as const;

/** The agents' that learn Pendulum from data of good and bad episodes. */
const swinging = {
  batchSize: 128,
  learningRate: 1e-3,
  gamma: 0.98,
  rewardScale: 0.1,
  criticHidden: [64, 64],
} as const;
const cloning = { hidden: [64, 64], activation: 'relu', initialScale: 0.5 } as const;

/** Q-learning's of CartPole. */
const balancing = {
  batchSize: 128,
  learningRate: { linear: [1e-3, 0] },
  updateEvery: 1,
  updatesPerStep: 1,
  targetUpdateEvery: 1,
  tau: 0.01,
  nSteps: 3,
  explorationFraction: 0.16,
  normalizeRewards: true,
} as const;

/** What is not observed, as velocities, is remembered. */
const remembering = { memory: 'gru' } as const;

/** Q-learning's of Acrobot. */
const swingingUp = {
  batchSize: 128,
  bufferSize: 50_000,
  learningRate: { linear: [1e-3, 0] },
  learningStarts: 1,
  updateEvery: 4,
  updatesPerStep: 0.5,
  targetUpdateEvery: 250,
  explorationFraction: 0.12,
  normalizeRewards: true,
} as const;

/** Q-learning's of MountainCar. */
const climbing = {
  batchSize: 128,
  bufferSize: 10_000,
  learningRate: { linear: [4e-3, 0] },
  gamma: 0.98,
  updateEvery: 16,
  targetUpdateEvery: 600,
  nSteps: 5,
  explorationFraction: 0.2,
  normalizeRewards: true,
} as const;

/** PPO's of robots: those of CleanRL, with four environments. */
const robot = {
  horizon: 512,
  batchSize: 64,
  epochs: 10,
  gamma: 0.99,
  lambda: 0.95,
  learningRate: { linear: [3e-4, 0] },
  normalizeObservations: true,
  normalizeRewards: true,
} as const;

/** PPO's of both landers: every rollout has some ends of flights, and the horizon of 200 steps reaches from the first brake to the landing. */
const landing = { ...robot, batchSize: 128, gamma: 0.995, learningRate: { linear: [1e-3, 0] } } as const;

/** Robots of MuJoCo by PPO. Rates are those of searches with the whole million steps, docs/results/agents.md#robots: what short trainings find is too high. */
const robotByPpo = {
  steps: 1_000_000,
  envs: 4,
  agent: robot,
  policy: {},
  byPolicy: {
    mixture: { policy: { components: 4 } },
    spline: { agent: { learningRate: { linear: [6e-4, 0] } } },
  },
} as const;

/** Robots of MuJoCo by SAC: the paper's networks. Haarnoja et al., "Soft Actor-Critic Algorithms and Applications", 2018. */
const robotBySac = {
  steps: 100_000,
  envs: 1,
  agent: { learningRate: 3e-4, learningStarts: 5000, criticHidden: [256, 256] },
  policy: { ...replaying, hidden: [256, 256], scale: 'state' },
  byPolicy: { mixture: { policy: { components: 4 } } },
} as const;

/**
 * Settings that work, by environment and agent. PPO's of CartPole and Pendulum, and A2C's, are those of RL Baselines3 Zoo,
 * but for Pendulum's rate, which falls. In
 * MountainCarContinuous-v0 the way to the goal is found by pushing in one direction for a part of a swing: by noise that stays for some 20
 * steps (SAC), or by pushes that are mostly the largest there are (PPO's `initialScale`). DQN's and QR-DQN's of
 * Acrobot and MountainCar are near those of RL Baselines3 Zoo, with a quarter of the network's width, scaled rewards and a rate that falls.
 * Those of CartPole are its own: see docs/results/agents.md.
 *
 * Raffin, "RL Baselines3 Zoo", 2020.
 */
export const presets = {
  'CartPole-v1': {
    ppo: {
      steps: 100_000,
      envs: 8,
      agent: {
        horizon: 32,
        batchSize: 256,
        epochs: 20,
        gamma: 0.98,
        lambda: 0.8,
        learningRate: { linear: [1e-3, 0] },
        clip: { linear: [0.2, 0] },
      },
      policy: {},
    },
    a2c: { steps: 500_000, envs: 8, agent: { learningRate: { linear: [7e-4, 0] } }, policy: {} },
    reinforce: { steps: 150_000, envs: 8, agent: { learningRate: 3e-3, valueLearningRate: 3e-3 }, policy: {} },
    dqn: { steps: 50_000, envs: 1, agent: balancing, policy: { epsilon: 0.04 } },
    'qr-dqn': {
      steps: 50_000,
      envs: 1,
      agent: { ...balancing, bufferSize: 25_000 },
      policy: { quantiles: 16, epsilon: 0.04 },
    },
  },
  'CartPoleNoVel-v1': {
    ppo: {
      steps: 100_000,
      envs: 8,
      agent: {
        horizon: 128,
        batchSize: 128,
        epochs: 10,
        learningRate: { linear: [1e-3, 0] },
        normalizeObservations: true,
        normalizeRewards: true,
      },
      policy: remembering,
    },
  },
  'PendulumNoVel-v1': {
    ppo: {
      steps: 200_000,
      envs: 4,
      agent: {
        horizon: 512,
        batchSize: 128,
        epochs: 10,
        gamma: 0.9,
        lambda: 0.95,
        learningRate: { linear: [1e-3, 0] },
      },
      policy: remembering,
    },
    sac: {
      steps: 20_000,
      envs: 1,
      agent: { learningRate: 1e-3, tau: 0.01, criticHidden: [64, 64], updatesPerStep: 0.5, learningStarts: 500 },
      policy: { ...replaying, ...remembering, scale: 'state' },
    },
  },
  'TMaze-v0': {
    ppo: {
      steps: 40_000,
      envs: 8,
      agent: { horizon: 128, batchSize: 256, learningRate: { linear: [1e-3, 0] } },
      policy: remembering,
    },
    dqn: {
      steps: 10_000,
      envs: 1,
      // Sequences as long as the way, with gradients through all of it.
      agent: {
        learningStarts: 200,
        batchSize: 256,
        gamma: 0.95,
        updateEvery: 2,
        updatesPerStep: 0.5,
        targetUpdateEvery: 200,
        explorationFraction: 0.3,
        sequenceLength: 32,
        burnIn: 0,
      },
      policy: remembering,
    },
  },
  'Pendulum-v1': {
    ppo: {
      steps: 100_000,
      envs: 4,
      agent: {
        horizon: 1024,
        batchSize: 64,
        epochs: 10,
        gamma: 0.9,
        lambda: 0.95,
        learningRate: { linear: [1e-3, 0] },
      },
      policy: {},
    },
    fpo: { steps: 100_000, envs: 4, agent: { horizon: 1024, gamma: 0.9 }, policy: {} },
    // From scratch the noise has to reach much of the box.
    reinflow: {
      steps: 100_000,
      envs: 4,
      agent: { horizon: 1024, batchSize: 128, gamma: 0.9, learningRate: { linear: [3e-3, 0] }, maxNoise: 1.5 },
      policy: {},
    },
    sac: {
      steps: 10_000,
      envs: 1,
      agent: { learningRate: 1e-3, tau: 0.01, criticHidden: [64, 64] },
      policy: { ...replaying, scale: 'state' },
    },
    td3: {
      steps: 10_000,
      envs: 1,
      agent: { learningRate: { linear: [1e-3, 0] }, gamma: 0.98, tau: 0.02, criticHidden: [64, 64] },
      policy: { ...replaying, initialScale: 0.05 },
    },
    meow: {
      steps: 10_000,
      envs: 1,
      agent: {
        learningRate: { linear: [1e-3, 0] },
        temperature: { linear: [8, 2] },
        tau: 0.01,
        shiftHidden: [64, 64],
      },
      policy: { ...replaying, scale: 'state', initialScale: 0.5 },
    },
    iql: { steps: 10_000, envs: 1, agent: { ...swinging, beta: 10 }, policy: { ...cloning, scale: 'state' } },
    fql: {
      steps: 10_000,
      envs: 1,
      agent: { ...swinging, alpha: 'mixed', behaviorHidden: [128, 128] },
      policy: { hidden: [64, 64] },
    },
    'nf-rlbc': { steps: 10_000, envs: 1, agent: { ...swinging, alpha: 'mixed' }, policy: cloning },
  },
  // A point that several goals are open to: FPO keeps to one of them with a larger clip.
  'Multigoal-v0': {
    fpo: {
      steps: 150_000,
      envs: 4,
      agent: {
        horizon: 1024,
        gamma: 0.9,
        clip: 0.03,
        learningRate: { linear: [5e-4, 0] },
        normalizeRewards: true,
      },
      policy: {},
    },
    reinflow: {
      steps: 150_000,
      envs: 4,
      agent: {
        horizon: 1024,
        batchSize: 128,
        gamma: 0.9,
        learningRate: { linear: [3e-3, 0] },
        maxNoise: 1.5,
        normalizeRewards: true,
      },
      policy: {},
    },
    meow: {
      steps: 20_000,
      envs: 1,
      agent: {
        learningRate: { linear: [1e-3, 0] },
        temperature: { linear: [10, 2] },
        gamma: 0.9,
        tau: 0.01,
        learningStarts: 1000,
        shiftHidden: [64, 64],
      },
      policy: { ...replaying, scale: 'state', initialScale: 0.5 },
    },
  },
  // Hardly any state pays: without hindsight nothing is learned.
  'BitFlipping-v0': {
    dqn: {
      steps: 30_000,
      envs: 1,
      agent: {
        batchSize: 128,
        gamma: 0.98,
        updateEvery: 1,
        updatesPerStep: 0.5,
        tau: 0.05,
        targetUpdateEvery: 20,
        explorationFraction: 0.3,
        hindsight: 'future',
      },
      policy: { hidden: [256], epsilon: 0.05 },
    },
  },
  'MountainCarContinuous-v0': {
    ppo: {
      steps: 100_000,
      envs: 8,
      agent: {
        horizon: 512,
        batchSize: 256,
        gamma: 0.9999,
        lambda: 0.95,
        learningRate: 3e-4,
        normalizeObservations: true,
        normalizeRewards: true,
      },
      policy: { initialScale: 2.5 },
    },
    sac: {
      steps: 20_000,
      envs: 1,
      agent: {
        learningRate: 1e-3,
        tau: 0.01,
        learningStarts: 1000,
        updatesPerStep: 0.25,
        nSteps: 5,
        explorationNoise: 0.9,
        noiseCorrelation: 0.95,
        criticHidden: [64, 64],
      },
      policy: { ...replaying, scale: 'state' },
    },
  },
  'Acrobot-v1': {
    ppo: {
      steps: 500_000,
      envs: 16,
      agent: { horizon: 256, batchSize: 64, epochs: 4, gamma: 0.99, lambda: 0.94, normalizeObservations: true },
      policy: {},
    },
    reinforce: {
      steps: 500_000,
      envs: 16,
      agent: {
        // At a rate that stays, some seeds end with greedy actions that go round in circles.
        learningRate: { linear: [5e-3, 0] },
        valueLearningRate: 3e-3,
        valueUpdates: 20,
        normalizeObservations: true,
        normalizeRewards: true,
        normalizeAdvantages: false,
      },
      policy: {},
    },
    dqn: { steps: 100_000, envs: 1, agent: swingingUp, policy: { epsilon: 0.1 } },
    'qr-dqn': {
      steps: 100_000,
      envs: 1,
      agent: { ...swingingUp, nSteps: 3 },
      policy: { quantiles: 16, epsilon: 0.1 },
    },
  },
  'MountainCar-v0': {
    dqn: { steps: 120_000, envs: 1, agent: { ...climbing, updatesPerStep: 1 }, policy: { epsilon: 0.07 } },
    'qr-dqn': {
      steps: 120_000,
      envs: 1,
      agent: { ...climbing, updatesPerStep: 0.5 },
      policy: { quantiles: 16, epsilon: 0.07 },
    },
  },
  'mujoco/AntHeading-v0': {
    ppo: {
      steps: 1_500_000,
      envs: 16,
      agent: {
        horizon: 256,
        batchSize: 512,
        epochs: 6,
        gamma: 0.99,
        lambda: 0.95,
        learningRate: { linear: [8e-4, 1.6e-4] },
        targetKl: 0.05,
        normalizeObservations: true,
        normalizeRewards: true,
      },
      policy: { hidden: [64, 64], initialScale: 0.6 },
    },
  },
  'mujoco/PointMazeUMaze-v0': {
    sac: {
      steps: 20_000,
      envs: 1,
      agent: { learningRate: 1e-3, tau: 0.01, learningStarts: 1000, criticHidden: [128, 128], hindsight: 'future' },
      policy: { ...replaying, hidden: [128, 128], scale: 'state' },
    },
  },
  // Places are 0.5 to 1.3 m away and vary by 0.1 m: unless observations are normalized, nothing is learned.
  'gymnasium:gymnasium_robotics:FetchReach-v4': {
    sac: {
      steps: 5000,
      envs: 1,
      agent: {
        learningRate: 1e-3,
        gamma: 0.95,
        tau: 0.01,
        learningStarts: 500,
        criticHidden: [64, 64],
        hindsight: 'future',
        normalizeObservations: true,
      },
      policy: { ...replaying, scale: 'state' },
    },
  },
  'gymnasium:LunarLander-v3': {
    ppo: { steps: 500_000, envs: 8, agent: landing, policy: {} },
    'qr-dqn': {
      steps: 200_000,
      envs: 1,
      agent: {
        batchSize: 128,
        learningRate: { linear: [1e-3, 0] },
        updateEvery: 4,
        updatesPerStep: 0.5,
        targetUpdateEvery: 1,
        tau: 0.01,
        nSteps: 3,
        explorationFraction: 0.06,
      },
      policy: { hidden: [256, 256], quantiles: 50, epsilon: 0.1 },
    },
  },
  'box2d/LunarLander-v3': { ppo: { steps: 300_000, envs: 8, agent: landing, policy: {} } },
  'box2d/BipedalWalker-v3': {
    ppo: {
      steps: 2_000_000,
      envs: 16,
      agent: { ...robot, batchSize: 256, gamma: 0.995, learningRate: { linear: [6e-4, 0] } },
      policy: {},
    },
  },
  'box2d/LunarLanderContinuous-v3': { ppo: { steps: 300_000, envs: 8, agent: landing, policy: {} } },
  'gymnasium:LunarLanderContinuous-v3': { ppo: { steps: 500_000, envs: 8, agent: landing, policy: {} } },
  'gymnasium:InvertedPendulum-v5': { ppo: { steps: 100_000, envs: 4, agent: robot, policy: {} } },
  'gymnasium:Hopper-v5': { ppo: { steps: 300_000, envs: 4, agent: robot, policy: {} } },
  'mujoco/Hopper-v5': { ppo: { ...robotByPpo, steps: 300_000 }, sac: robotBySac },
  'mujoco/HalfCheetah-v5': { ppo: robotByPpo, sac: robotBySac },
  'mujoco/Walker2d-v5': { ppo: robotByPpo, sac: robotBySac },
  // A stroke of the swimmer pays long after it.
  'mujoco/Swimmer-v5': { ppo: { ...robotByPpo, agent: { ...robot, gamma: 0.9999 } } },
  'mujoco/InvertedDoublePendulum-v5': { ppo: robotByPpo },
  'mujoco/Reacher-v5': { ppo: robotByPpo },
  'mujoco/Ant-v5': { ppo: robotByPpo },
  'mujoco/Humanoid-v5': { ppo: robotByPpo },
} as const satisfies Readonly<Record<string, Presets>>;
