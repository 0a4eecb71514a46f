import { expect, test } from 'vitest';
import { builtinFlows } from '../../src/index.ts';
import {
  FLOW_LIMITS,
  type FlowFamily,
  type FlowSetting,
  flowChoices,
  flowFromHash,
  flowToHash,
  USUAL_LAYERS,
  usualFlowSetting,
} from '../../web/lab/flowSetting.ts';
import { targets } from '../../web/lab/flowTargets.ts';
import { numberWithin } from '../../web/lab/hash.ts';

test('the usual setting has an empty hash, and an empty hash is the usual setting', () => {
  expect(flowToHash(usualFlowSetting)).toBe('');
  expect(flowFromHash('')).toEqual(usualFlowSetting);
});

test('a setting comes back from its hash, which names what is not usual for its family', () => {
  const setting: FlowSetting = { target: 'rings', family: 'mlp', layers: 6, steps: 500, seed: 7 };
  expect(flowToHash(setting)).toBe('target=rings&family=mlp&steps=500&seed=7');
  expect(flowFromHash(`#${flowToHash(setting)}`)).toEqual(setting);
  const deep: FlowSetting = { ...setting, layers: 4 };
  expect(flowToHash(deep)).toContain('layers=4');
  expect(flowFromHash(flowToHash(deep))).toEqual(deep);
});

test('what a hash names wrongly is as usual', () => {
  for (const hash of [
    'target=moons',
    'family=toString',
    'layers=0',
    'layers=13',
    'steps=99',
    'steps=1e3',
    'seed=-1',
    'no',
  ]) {
    expect([hash, flowFromHash(hash)]).toEqual([hash, usualFlowSetting]);
  }
});

test('a number is an integer within its limits', () => {
  expect(['1', '12', '4'].map((text) => numberWithin(text, FLOW_LIMITS.layers))).toEqual([1, 12, 4]);
  for (const text of ['0', '13', '2.5', '', '-1']) expect(numberWithin(text, FLOW_LIMITS.layers)).toBeUndefined();
  expect(numberWithin('20000', FLOW_LIMITS.steps)).toBe(20_000);
});

test('what can be chosen is what the worker has, with its usual depth', () => {
  expect(Object.keys(flowChoices.target)).toEqual(Object.keys(targets));
  for (const family of Object.keys(flowChoices.family) as FlowFamily[]) {
    const { layers } = builtinFlows[family].options;
    expect([family, USUAL_LAYERS[family]]).toEqual([family, layers.parse(undefined)]);
  }
});
