import { afterEach, expect, test, vi } from 'vitest';
import { connectRedis } from '../../../../cli/run/queue/redis.ts';

afterEach(() => vi.unstubAllEnvs());

test('no program that is started later gets the password from the environment', async () => {
  vi.stubEnv('OXBOW_QUEUE_PASSWORD', 'secret');
  // Nothing listens there.
  await expect(connectRedis('--queue', 'redis://127.0.0.1:1')).rejects.toThrow(
    '--queue: cannot use Redis at 127.0.0.1:1',
  );
  expect(process.env.OXBOW_QUEUE_PASSWORD).toBeUndefined();
});
