import { expect, test } from 'vitest';
import { policyNames } from '../../experiments/lake/lakePolicies.ts';
import { choices, fromHash, LARGEST_SEED, type Setting, toHash, usualSetting } from '../../web/lab/setting.ts';

test('the usual setting has an empty hash, and an empty hash is the usual setting', () => {
  expect(toHash(usualSetting)).toBe('');
  expect(fromHash('')).toEqual(usualSetting);
});

test('a setting comes back from its hash', () => {
  const setting: Setting = {
    policies: ['realnvp', 'mixture-2'],
    study: 'ppo',
    env: 'Lake-v0',
    seed: LARGEST_SEED,
    blocked: 'lower',
  };
  expect(fromHash(`#${toHash(setting)}`)).toEqual(setting);
});

test('what a hash names wrongly is as usual', () => {
  for (const hash of [
    'policies=gaussian',
    'policies=gaussian,toString',
    'study=dreaming',
    'env=constructor',
    'seed=-1',
    'seed=1.5',
    'seed=',
    'blocked=__proto__',
    'nonsense',
  ]) {
    expect([hash, fromHash(hash)]).toEqual([hash, usualSetting]);
  }
  expect(fromHash('seed=7&study=dreaming')).toEqual({ ...usualSetting, seed: 7 });
});

test('all policies of the lake can be chosen', () => {
  expect(Object.keys(choices.policies)).toEqual(policyNames);
});
