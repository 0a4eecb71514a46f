import { afterEach, expect, test, vi } from 'vitest';
import { make } from '../../../envs/index.ts';

afterEach(() => vi.unstubAllGlobals());

test('in a page, where there is no process, one line says that an environment of Gymnasium needs Node', () => {
  vi.stubGlobal('process', undefined);
  expect(() => make('gymnasium:CartPole-v1')).toThrow(/Gymnasium[^\n]* need Node/);
});
