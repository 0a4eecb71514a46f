import type { LakeId } from '../../envs/index.ts';
import type { PolicyName } from '../../experiments/lake/lakePolicies.ts';

/** What the lab can be asked for. */
export interface Setting {
  /** Which policy walks on the left, and which on the right. */
  policies: [PolicyName, PolicyName];
  study: keyof typeof choices.study;
  env: LakeId;
  seed: number;
  blocked: keyof typeof choices.blocked;
}

/** What there is to choose from, in words. The page does not load the policies: its workers do. */
export const choices = {
  policies: {
    gaussian: 'Gaussian',
    'gaussian-full': 'Gaussian, full covariance',
    'mixture-2': 'mixture of two',
    mixture: 'mixture of several',
    realnvp: 'RealNVP',
    spline: 'spline flow',
    nice: 'NICE, a flow with one mode',
  } satisfies Record<PolicyName, string>,
  study: { cloning: 'cloning walkers of both banks', ppo: 'PPO, from scratch' },
  env: { 'LakeStride-v0': 'few long strides', 'Lake-v0': 'many short steps' } satisfies Record<LakeId, string>,
  blocked: { none: 'both banks open', upper: 'upper bank blocked', lower: 'lower bank blocked' },
} as const;

export const LARGEST_SEED = 2 ** 32 - 1;

/** The stride lake, where one step decides, with the two policies that show it. */
export const usualSetting: Setting = {
  policies: ['gaussian', 'spline'],
  study: 'cloning',
  env: 'LakeStride-v0',
  seed: 0,
  blocked: 'none',
};

/** The part of a URL behind `#` that stands for a setting: what differs from the usual one. */
export function toHash(setting: Setting): string {
  const parts = Object.entries(setting).map(([key, value]) => [key, String(value)] as const);
  return new URLSearchParams(
    parts
      .filter(([key, text]) => text !== String(usualSetting[key as keyof Setting]))
      .map(([key, text]) => [key, text]),
  ).toString();
}

/** The setting of such a part; what it does not name, or names wrongly, is as usual. */
export function fromHash(hash: string): Setting {
  const given = Object.fromEntries(new URLSearchParams(hash.replace(/^#/, '')));
  const isOne = (key: 'policies' | 'study' | 'env' | 'blocked', text: string | undefined) =>
    text !== undefined && Object.hasOwn(choices[key], text);
  const policies = given.policies?.split(',') ?? [];
  const seed = Number(given.seed);
  return {
    ...usualSetting,
    ...(policies.length === 2 &&
      policies.every((policy) => isOne('policies', policy)) && { policies: policies as Setting['policies'] }),
    ...(isOne('study', given.study) && { study: given.study as Setting['study'] }),
    ...(isOne('env', given.env) && { env: given.env as LakeId }),
    ...(isOne('blocked', given.blocked) && { blocked: given.blocked as Setting['blocked'] }),
    ...(given.seed !== undefined && Number.isInteger(seed) && seed >= 0 && seed <= LARGEST_SEED && { seed }),
  };
}
