import { afterEach, expect, test, vi } from 'vitest';
import { folderProblem } from '../../../cli/run/environment.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

test('a folder that is there is no problem; one that was removed is one line', () => {
  expect(folderProblem()).toBeUndefined();
  vi.spyOn(process, 'cwd').mockImplementation(() => {
    throw Object.assign(new Error('ENOENT: no such file or directory, uv_cwd'), { code: 'ENOENT' });
  });
  expect(folderProblem()).toBe(
    'cannot use the current folder: ENOENT: no such file or directory, uv_cwd; if it was removed, go to another one',
  );
});
