import { expect, test } from 'vitest';
import { densityPolicyNames } from '../../common/lake.ts';
import { choices as commandChoices, lakeSchema } from '../../experiments/lake/config.ts';
import { lake } from '../../experiments/lake/lake.ts';
import { LARGEST_SEED, seedOf } from '../../web/lab/hash.ts';
import { choices, fromHash, policiesOf, type Setting, softTask, toHash, usualSetting } from '../../web/lab/setting.ts';

test('the usual setting has an empty hash, and an empty hash is the usual setting', () => {
  expect(toHash(usualSetting)).toBe('');
  expect(fromHash('')).toEqual(usualSetting);
});

test('a setting comes back from its hash', () => {
  const setting: Setting = {
    policies: ['realnvp', 'mixture-2'],
    study: 'ppo',
    env: 'Lake-v0',
    stride: '0.8',
    temperature: '0.1',
    seed: LARGEST_SEED,
    blocked: 'lower',
  };
  expect(fromHash(`#${toHash(setting)}`)).toEqual(setting);
});

test('a hash that names what its study does not have gets what is usual there', () => {
  expect(fromHash('study=soft&policies=nice,mixture&env=Lake-v0')).toEqual({
    ...usualSetting,
    study: 'soft',
    policies: ['gaussian', 'mixture'],
  });
  expect(fromHash('study=ppo').env).toBe('Lake-v0');
});

test('a seed is what the command takes: an integer from 0 to the largest', () => {
  expect(['0', '17', String(LARGEST_SEED)].map(seedOf)).toEqual([0, 17, LARGEST_SEED]);
  for (const text of ['', ' ', '1.5', '-1', '1e3', 'NaN', String(LARGEST_SEED + 1)])
    expect(seedOf(text)).toBeUndefined();
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
    'temperature=0.03',
    'stride=1.30',
    'nonsense',
  ]) {
    expect([hash, fromHash(hash)]).toEqual([hash, usualSetting]);
  }
  expect(fromHash('seed=7&study=dreaming')).toEqual({ ...usualSetting, seed: 7 });
});

test('all policies of the lake can be chosen', () => {
  expect(Object.keys(choices.policies)).toEqual(densityPolicyNames);
});

test('the command line trains what the lab offers, and nothing else', () => {
  for (const study of Object.keys(choices.study) as Setting['study'][]) {
    for (const stride of Object.keys(choices.stride) as Setting['stride'][]) {
      const setting: Setting = { ...usualSetting, study, stride, temperature: '0.05' };
      const config = lakeSchema.parse({
        studies: [study],
        policies: commandChoices.policies.filter(
          (policy) => !(commandChoices.byName as readonly string[]).includes(policy),
        ),
        environments: [study === 'ppo' ? 'Lake-v0' : 'LakeStride-v0'],
        seeds: [0],
        soft: { lake: { tasks: [softTask(setting)] } },
      });
      const policies = lake.jobs(config).filter(({ condition = '' }) => study !== 'cloning' || condition === '');
      expect([study, stride, policies.map(({ policy }) => policy)]).toEqual([study, stride, policiesOf(setting)]);
    }
  }
});
