import { z } from 'zod';
import { commonShape, engineSetting } from '../../cli/experiment/experiment.ts';
import { counted } from '../shared/settings.ts';

export const agents = ['ppo', 'sac', 'fpo', 'tqc', 'crossq'] as const;
export type ShapesAgent = (typeof agents)[number];

interface Arm {
  /** In the registry. */
  readonly policy: string;
  readonly label: string;
  readonly agents: readonly ShapesAgent[];
  /** The Gaussian that it is compared with, by the same agent unless given. */
  readonly beside?: 'gaussian' | 'gaussian-kl';
  readonly agentBeside?: ShapesAgent;
  readonly agentOptions?: Readonly<Record<string, unknown>>;
  readonly policyOptions?: Readonly<Record<string, unknown>>;
}

/** The same KL for every class, near what PPO's Gaussian has by itself: 0.008 nats a rollout at first. */
const equalKl = { desiredKl: { linear: [0.008, 0] } };
const exact = ['ppo', 'sac', 'tqc', 'crossq'] as const;
const shapeOf = (shapeRate: number): Arm => ({
  policy: 'spline',
  label: `spline, shape at ${shapeRate} of the rate`,
  agents: ['ppo'],
  beside: 'gaussian',
  agentOptions: { shapeRate },
});

/** What is compared. A spline has a head, and by PPO its shape learns at 0.3 of the rate, unless its label says otherwise. */
const ARMS = {
  gaussian: { policy: 'gaussian', label: 'Gaussian', agents: exact },
  spline: { policy: 'spline', label: 'spline', agents: exact, beside: 'gaussian' },
  'spline-3': shapeOf(3),
  'spline-30': shapeOf(30),
  'gaussian-kl': { policy: 'gaussian', label: 'Gaussian, equal KL', agents: ['ppo'], agentOptions: equalKl },
  'spline-bare': {
    policy: 'spline',
    label: 'spline without a head, equal KL',
    agents: ['ppo'],
    beside: 'gaussian-kl',
    agentOptions: equalKl,
    policyOptions: { head: false },
  },
  'flow-matching': {
    policy: 'flow-matching',
    label: 'flow matching',
    agents: ['fpo'],
    beside: 'gaussian',
    agentBeside: 'ppo',
  },
} as const satisfies Record<string, Arm>;
export type ShapesPolicy = keyof typeof ARMS;
export const armOf = (policy: string): Arm => ARMS[policy as ShapesPolicy];

/** The mean return of 200 episodes of uniform random actions, which scores 0. */
export const RANDOM = {
  'mujoco/HalfCheetah-v5': -290,
  'mujoco/Hopper-v5': 18,
  'mujoco/Walker2d-v5': 1.1,
  'mujoco/Swimmer-v5': 0,
  'mujoco/InvertedDoublePendulum-v5': 47.6,
  'mujoco/Reacher-v5': -42.8,
} as const;
type Robot = keyof typeof RANDOM;
export const robots = Object.keys(RANDOM) as Robot[];

export const choices = {
  studies: agents,
  policies: Object.keys(ARMS) as ShapesPolicy[],
  environments: [...robots, 'SparseGrid-v0', 'Multigoal-v0'],
  // The core is PPO and SAC.
  byName: ['fpo', 'tqc', 'crossq', 'flow-matching'] as (ShapesAgent | ShapesPolicy)[],
} as const;

export const shapesSchema = z.strictObject({
  ...commonShape(choices, { seeds: 10, first: 2300 }),
  engine: engineSetting('auto'),
  steps: z.int().positive().optional().meta({
    description: 'environment steps of each training; by default those of its task and agent',
    unit: 'steps',
  }),
  evaluationEpisodes: counted(50, 'episodes of each trained policy, with sampled and with greedy actions', 'episodes'),
  moments: counted(5, 'moments of a training at which the shape is looked at, the last at its end', 'moments', 100),
  momentEpisodes: counted(1, 'episodes with sampled actions at each of them', 'episodes'),
});
export type ShapesConfig = z.infer<typeof shapesSchema>;

/** Of the agents that learn from rollouts: the presets' of robots, with one rate for all classes. */
const rollouts = {
  ...{ horizon: 512, batchSize: 64, epochs: 10, gamma: 0.99, lambda: 0.95 },
  ...{ normalizeObservations: true, normalizeRewards: true },
};
const firstRate = { ppo: 3e-4, fpo: 5e-4 };
/** Of those that learn from a replay: networks that two cores bear; rates are 3e-4, CrossQ's its own. */
const replayed = { learningStarts: 1000, criticHidden: [64, 64] };
const small = { hidden: [64, 64], activation: 'relu', squash: 'tanh' };

/** What a training is by its agent and its task: one setting for all classes. */
export function taskSettings(agent: ShapesAgent, env: string) {
  const isRobot = Object.hasOwn(RANDOM, env);
  if (agent === 'ppo' || agent === 'fpo') {
    const learningRate = { linear: [firstRate[agent], 0] };
    if (isRobot) {
      const gamma = env === 'mujoco/Swimmer-v5' ? 0.9999 : 0.99;
      return { steps: 1_000_000, envs: 4, agent: { ...rollouts, gamma, learningRate }, policy: {} };
    }
    if (env === 'SparseGrid-v0') return { steps: 200_000, envs: 4, agent: { ...rollouts, learningRate }, policy: {} };
    // FPO's is the preset.
    const ofMultigoal = { ...rollouts, horizon: 1024, gamma: 0.9, learningRate: { linear: [1e-3, 0] } };
    return { steps: 150_000, envs: 4, agent: agent === 'fpo' ? {} : ofMultigoal, policy: {} };
  }
  const rate = agent === 'crossq' ? {} : { learningRate: 3e-4 };
  const policy = { ...small, scale: 'state' };
  const settings = { envs: 1, policy };
  if (isRobot) return { ...settings, steps: 100_000, agent: { ...replayed, ...rate } };
  // Ward's: α is fixed, and the first 10,000 actions are drawn uniformly.
  const sparse = { ...replayed, ...rate, learningStarts: 10_000, batchSize: 128, temperature: 0.1 };
  if (env === 'SparseGrid-v0') return { ...settings, steps: 100_000, agent: sparse };
  return { ...settings, steps: 20_000, agent: { ...replayed, ...rate, gamma: 0.9, temperature: 10 } };
}

/** Seconds of a core for a thousand steps, with a Gaussian and with a flow. */
const COST = { ppo: [0.09, 0.1], fpo: [0, 0.16], sac: [1.6, 2.3], tqc: [4.7, 4.8], crossq: [1.5, 3] } as const;

/** Seconds of a core that a job takes, about. */
export function seconds(agent: ShapesAgent, env: string, policy: string, steps = taskSettings(agent, env).steps) {
  return 1 + (steps / 1000) * COST[agent][armOf(policy).policy === 'gaussian' ? 0 : 1];
}
