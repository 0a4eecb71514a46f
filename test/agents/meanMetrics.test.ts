import { expect, test } from 'vitest';
import { MeanMetrics } from '../../agents/core/state.ts';

test('gives the means of each name since the last time, and refuses where there are none', () => {
  const metrics = new MeanMetrics<'loss' | 'entropy'>('Ppo');
  expect(() => metrics.take()).toThrow('Ppo: no update has given figures since the last report');
  metrics.add(1, { loss: 1, entropy: -4 });
  metrics.add(2, { entropy: 2, loss: 3 });
  expect(metrics.hasSome).toBe(true);
  expect(Object.entries(metrics.take())).toEqual([
    ['loss', 2],
    ['entropy', -1],
  ]);
  expect(metrics.hasSome).toBe(false);
  metrics.add(3, { loss: 7, entropy: 0 });
  expect(metrics.take()).toEqual({ loss: 7, entropy: 0 });
});

test('names a figure that is no number', () => {
  const metrics = new MeanMetrics<'loss'>('Ppo');
  expect(() => metrics.add(12, { loss: Number.POSITIVE_INFINITY })).toThrow('Ppo: loss is Infinity at step 12');
});
