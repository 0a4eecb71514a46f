import { expect, test } from 'vitest';
import { tuning } from '../../../experiments/offline/tuning.ts';

const alphaOf = (method: string): [number, number] => {
  const { agent } = tuning.spaces.offline![method]! as unknown as {
    agent: { alpha: { logUniform: [number, number] } };
  };
  return agent.alpha.logUniform;
};

test('values may count as much beside the data for every agent that weighs the two', () => {
  const [least, most] = alphaOf('fql');
  expect(alphaOf('nf-rlbc-spline')).toEqual([least, most]);
  // TD3+BC has its weight on the values.
  expect(alphaOf('td3-bc')).toEqual([1 / most, 1 / least]);
});
