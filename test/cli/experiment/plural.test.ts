import { expect, test } from 'vitest';
import { finishedJobs, plural } from '../../../cli/experiment/text.ts';

test('one of a thing is named by its singular', () => {
  expect([0, 1, 2].map((count) => plural(count, 'episode'))).toEqual(['0 episodes', '1 episode', '2 episodes']);
  expect([1, 3].map((count) => plural(count, 'worker process'))).toEqual(['1 worker process', '3 worker processes']);
  expect([1, 3].map((count) => plural(count, 'policy'))).toEqual(['1 policy', '3 policies']);
  expect(plural(2, 'day')).toBe('2 days');
});

test('jobs have finished, and a single job has', () => {
  expect(finishedJobs(0, 1)).toBe('0 of 1 job has finished');
  expect(finishedJobs(1, 3)).toBe('1 of 3 jobs have finished');
  expect(finishedJobs(1, 1, true)).toBe('1 of 1 job had finished');
});
