import { presets } from '../../agents/presets.ts';
import type { PolicyName } from '../../src/index.ts';
import { hashOf, LARGEST_SEED, readHash } from './hash.ts';
import type { RobotWalk } from './robotCanvas.ts';

/** What the page of robots can be asked for, in words. */
export const robotChoices = {
  robot: {
    'mujoco/Hopper-v5': 'Hopper',
    'mujoco/HalfCheetah-v5': 'HalfCheetah',
    'mujoco/AntHeading-v0': 'Ant',
  } satisfies Partial<Record<keyof typeof presets, string>>,
  policies: {
    gaussian: 'Gaussian',
    'gaussian-full': 'full-covariance Gaussian',
    mixture: 'mixture of several',
    realnvp: 'RealNVP flow',
    spline: 'spline flow',
  } satisfies Partial<Record<PolicyName, string>>,
} as const;

export type RobotName = keyof typeof robotChoices.robot;
export type RobotPolicy = keyof typeof robotChoices.policies;

/** The least and the most that can be asked for. */
export const ROBOT_LIMITS = { steps: [1000, 5_000_000], seed: [0, LARGEST_SEED] } as const;
/** Episodes by which a policy is measured in the end. */
export const EVALUATION_EPISODES = 20;

/** Which robot learns to run, by which policies, for how long. */
export interface RobotSetting {
  readonly robot: RobotName;
  /** Which policy is on the left, and which on the right. */
  readonly policies: readonly [RobotPolicy, RobotPolicy];
  readonly steps: number;
  readonly seed: number;
}

/** A part of what a training takes by default: a page is watched. */
export function usualSteps(robot: RobotName): number {
  return presets[robot].ppo.steps / (robot === 'mujoco/AntHeading-v0' ? 5 : 2);
}

export const usualRobotSetting: RobotSetting = {
  robot: 'mujoco/Hopper-v5',
  policies: ['gaussian', 'spline'],
  steps: usualSteps('mujoco/Hopper-v5'),
  seed: 0,
};

/** The command that gives the numbers of a setting: on the engine that the page has, to the last bit. */
export function robotCommandOf({ robot, policies, steps, seed }: RobotSetting): string {
  const names = [...new Set(policies)].join(',');
  return `oxbow train ${robot} --agent ppo --policy ${names} --steps ${steps} --seeds ${seed}, --engine wasm --set evaluationEpisodes=${EVALUATION_EPISODES}`;
}

/** The part of a URL behind `#` that stands for a setting: what differs from the usual one, steps from those of its robot. */
export function robotToHash(setting: RobotSetting): string {
  return hashOf(setting, { ...usualRobotSetting, steps: usualSteps(setting.robot) });
}

/** The setting of such a part; what it does not name, or names wrongly, is as usual. */
export function robotFromHash(hash: string): RobotSetting {
  const { choice, pair, number } = readHash(hash);
  const robot = choice('robot', robotChoices.robot, usualRobotSetting.robot);
  return {
    robot,
    policies: pair('policies', robotChoices.policies, usualRobotSetting.policies),
    steps: number('steps', ROBOT_LIMITS.steps, usualSteps(robot)),
    seed: number('seed', ROBOT_LIMITS.seed, usualRobotSetting.seed),
  };
}

/** What the page asks of the worker that trains one policy: it serves one training. */
export interface RobotRequest {
  readonly setting: RobotSetting;
  readonly policy: RobotPolicy;
}

/** What a policy is worth in the end, as the command line measures it. */
export interface RobotMetrics {
  readonly return: number;
  readonly greedyReturn: number;
  /** Steps of an episode. */
  readonly length: number;
  /** How far from a Gaussian the policy is, nats. */
  readonly negentropy: number | null;
}

/** What the worker says. */
export type RobotReply =
  /** The physics is there: the training begins. */
  | { readonly kind: 'loaded' }
  /** How far the training is. */
  | { readonly kind: 'progress'; readonly step: number }
  /** The mean return of the last {@link RECENT} episodes; null before one has ended. */
  | { readonly kind: 'report'; readonly step: number; readonly value: number | null }
  | { readonly kind: 'walk'; readonly walk: RobotWalk }
  | { readonly kind: 'done'; readonly metrics: RobotMetrics }
  /** `loading` if it is the physics that did not come. */
  | { readonly kind: 'error'; readonly message: string; readonly loading: boolean };

/** Episodes of which a report is the mean. */
export const RECENT = 20;
