import { expect, test } from 'vitest';
import { loadingProblem, missingFeature, workerProblem } from '../../web/lab/pageProblem.ts';

test('a browser that can compute has no problem; one without WebAssembly or workers says what to do', () => {
  expect(missingFeature({ WebAssembly: {}, Worker: {} })).toBeUndefined();
  expect(missingFeature({ Worker: {} })).toMatch(/does not run WebAssembly here.*Try another browser/);
  expect(missingFeature({ WebAssembly: {} })).toMatch(/no workers here.*Try another browser/);
});

test('a worker whose file did not come has an error without a message', () => {
  expect(workerProblem(new Event('error'), false)).toBe(
    'The program that computes could not be loaded: you are offline. Connect, and reload the page.',
  );
  expect(workerProblem(new Event('error'), true)).toMatch(/could not be loaded\. .* reload the page\.$/);
});

test('one that has stopped says why', () => {
  const event = Object.assign(new Event('error'), { message: 'Uncaught Error: out of memory' });
  expect(workerProblem(event, true)).toBe('The computation has stopped: out of memory.');
});

test('a part of a page says its name', () => {
  expect(loadingProblem('The lab', false)).toMatch(/^The lab could not be loaded: you are offline/);
});
