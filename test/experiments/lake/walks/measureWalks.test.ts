import { expect, test } from 'vitest';
import { modeEntropy } from '../../../../agents/lake.ts';

test.each([
  [0, 0],
  [1, 0],
  [0.5, Math.LN2],
  [0.9, 0.3250829733914482],
  [0.1, 0.3250829733914482],
])('of an upper share of %d it is %d nats', (upperShare, entropy) => {
  expect(modeEntropy(upperShare)).toBeCloseTo(entropy, 14);
});
