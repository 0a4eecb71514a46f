import { expect, test, vi } from 'vitest';
import type { Task } from '../../../cli/run/performJob.ts';
import { JobProcess } from '../../../cli/run/pool.ts';

test('a process that was killed between two jobs is replaced, and costs no job', async () => {
  const jobs = new JobProcess();
  /** A job whose error is the id of the process that does it. */
  const pidOf = async () => {
    const task = { registryUrl: 'data:text/javascript,throw new Error(process.pid)', job: { id: 'job' } };
    const error = await jobs
      .perform(task as unknown as Task, { progress() {}, said() {} }, new AbortController().signal)
      .catch((thrown: Error) => thrown);
    return Number((error as Error).message);
  };
  const first = await pidOf();
  expect(await pidOf()).toBe(first);
  process.kill(first, 'SIGKILL');
  await vi.waitFor(() => expect(() => process.kill(first, 0)).toThrow());
  const second = await pidOf();
  expect(second).toBeGreaterThan(0);
  expect(second).not.toBe(first);
  await jobs.end();
});
