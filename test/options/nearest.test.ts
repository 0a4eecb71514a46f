import { expect, test } from 'vitest';
import { lettersApart, nearest } from '../../src/options/nearest.ts';

test('letters that changed places are one mistake', () => {
  expect(lettersApart('pop', 'ppo')).toBe(1);
  expect(lettersApart('sca', 'sac')).toBe(1);
  expect(lettersApart('Hoppre-v5', 'mujoco/Hopper-v5')).toBe(1);
  expect(nearest('pop', ['a2c', 'ppo', 'sac'])).toBe('ppo');
});

test('others count as they did', () => {
  expect(lettersApart('ppo', 'PPO')).toBe(0);
  expect(lettersApart('', 'ppo')).toBe(3);
  expect(lettersApart('splin', 'spline')).toBe(1);
  expect(nearest('xyz', ['a2c', 'ppo'])).toBeUndefined();
});
