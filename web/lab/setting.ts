import type { DensityPolicyName, HeadingPolicy, SoftLakeTask } from '../../common/lake.ts';
import type { LakeId } from '../../envs/index.ts';
import { hashOf, LARGEST_SEED, readHash } from './hash.ts';

/** What the lab can be asked for. */
export interface Setting {
  /** Which policy walks on the left, and which on the right. */
  policies: [DensityPolicyName, DensityPolicyName];
  study: keyof typeof choices.study;
  env: LakeId;
  /** Length of a step, and τ, of the soft optimum. */
  stride: keyof typeof choices.stride;
  temperature: keyof typeof choices.temperature;
  seed: number;
  blocked: keyof typeof choices.blocked;
}

/** What there is to choose from, in words. The page does not load the policies: its workers do. */
export const choices = {
  policies: {
    gaussian: 'Gaussian',
    'gaussian-full': 'full-covariance Gaussian',
    'mixture-2': 'mixture of two',
    mixture: 'mixture of several',
    realnvp: 'RealNVP flow',
    spline: 'spline flow',
    nice: 'NICE flow',
  } satisfies Record<DensityPolicyName, string>,
  study: {
    cloning: 'cloning walkers of both banks',
    ppo: 'PPO, from scratch',
    soft: 'soft optimum, by PPO over headings',
  },
  env: { 'LakeStride-v0': 'few long strides', 'Lake-v0': 'many short steps' } satisfies Record<LakeId, string>,
  stride: { '0.5': '0.5', '0.8': '0.8', '1.0': '1.0', '1.3': '1.3' },
  temperature: { '0.02': '0.02', '0.05': '0.05', '0.1': '0.1', '0.3': '0.3' },
  blocked: { none: 'both banks open', upper: 'upper bank blocked', lower: 'lower bank blocked' },
} as const;

/** The stride lake, where one step decides, with the two policies that show it. */
export const usualSetting: Setting = {
  policies: ['gaussian', 'spline'],
  study: 'cloning',
  env: 'LakeStride-v0',
  stride: '1.3',
  temperature: '0.02',
  seed: 0,
  blocked: 'none',
};

/** On a circle there is no full covariance, and couplings need two numbers. */
const OVER_HEADINGS: readonly DensityPolicyName[] = [
  'gaussian',
  'mixture-2',
  'mixture',
  'spline',
] satisfies HeadingPolicy[];

/** The policies that a study has. */
export function policiesOf({ study }: Pick<Setting, 'study'>): readonly DensityPolicyName[] {
  return study === 'soft' ? OVER_HEADINGS : (Object.keys(choices.policies) as DensityPolicyName[]);
}

/** A setting, with the lake and the policies that its study has: those that it lacks are as usual. */
export function fitted(setting: Setting): Setting {
  const [left, right] = usualSetting.policies;
  const has = (policy: DensityPolicyName) => policiesOf(setting).includes(policy);
  return {
    ...setting,
    // PPO's settings were searched on the fine lake; headings are chosen on the other.
    env: { cloning: setting.env, ppo: 'Lake-v0', soft: 'LakeStride-v0' }[setting.study] as LakeId,
    policies: [
      has(setting.policies[0]) ? setting.policies[0] : left,
      has(setting.policies[1]) ? setting.policies[1] : right,
    ],
  };
}

/** What the policies over headings learn. */
export function softTask({ stride, temperature }: Setting): SoftLakeTask {
  return { stride: Number(stride), temperature: Number(temperature) };
}

/** The command that gives the numbers of a setting. */
export function commandOf(setting: Setting): string {
  const { study, env, policies, seed } = setting;
  const task = study === 'soft' ? ` --set 'soft.lake.tasks=[${JSON.stringify(softTask(setting))}]'` : '';
  const names = [...new Set(policies)].join(',');
  return `oxbow run lake --study ${study} --env ${env} --policies ${names} --seeds ${seed}, --set evaluationEpisodes=1000${task}`;
}

/** The part of a URL behind `#` that stands for a setting: what differs from the usual one. */
export function toHash(setting: Setting): string {
  return hashOf(setting, usualSetting);
}

/** The setting of such a part; what it does not name, or names wrongly, is as usual. */
export function fromHash(hash: string): Setting {
  const { choice, pair, number } = readHash(hash);
  return fitted({
    policies: pair('policies', choices.policies, usualSetting.policies),
    study: choice('study', choices.study, usualSetting.study),
    env: choice('env', choices.env, usualSetting.env),
    stride: choice('stride', choices.stride, usualSetting.stride),
    temperature: choice('temperature', choices.temperature, usualSetting.temperature),
    seed: number('seed', [0, LARGEST_SEED], usualSetting.seed),
    blocked: choice('blocked', choices.blocked, usualSetting.blocked),
  });
}

/** Where one is in the lab: the opening, the five steps of the story, and then what one does oneself. */
export const steps = ['replay', '1', '2', '3', '4', '5', 'train', 'draw', 'game'] as const;
export type Step = (typeof steps)[number];

/** What a step is called where one goes from one to another. */
export const stepNames: Record<Step, string> = {
  replay: 'Replay',
  '1': '1 Disagree',
  '2': '2 Average',
  '3': '3 Two peaks',
  '4': '4 Blocked',
  '5': '5 Agree',
  train: 'Train',
  draw: 'Draw',
  game: 'Play',
};

/** The part of a URL behind `#` that stands for a step with a setting; empty for the opening with the usual one. */
export function placeToHash(step: Step, setting: Setting): string {
  const hash = toHash(setting);
  if (step === 'replay' && hash === '') return '';
  return hash === '' ? `step=${step}` : `${hash}&step=${step}`;
}

/** Step and setting of such a part. A setting alone is for training; a step that there is none of is the opening. */
export function placeFromHash(hash: string): { step: Step; setting: Setting } {
  const setting = fromHash(hash);
  const given = new URLSearchParams(hash.replace(/^#/, '')).get('step');
  if (given === null) return { step: toHash(setting) === '' ? 'replay' : 'train', setting };
  return { step: (steps as readonly string[]).includes(given) ? (given as Step) : 'replay', setting };
}
