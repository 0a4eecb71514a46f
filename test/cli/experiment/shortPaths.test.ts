import { expect, test } from 'vitest';
import { shortPaths } from '../../../cli/run/compareRuns.ts';

test('paths are named by their ends, as short as tells them apart', () => {
  expect(shortPaths(['/a/runs/first', '/a/runs/second/'])).toEqual(['first', 'second']);
  expect(shortPaths(['/a/x/products', '/a/y/products', '/a/y/lake'])).toEqual(['x/products', 'y/products', 'lake']);
  expect(shortPaths(['/a/x/products', '/b/x/products'])).toEqual(['a/x/products', 'b/x/products']);
  // One within the other, down to the root.
  expect(shortPaths(['/x', '/x/x'])).toEqual(['/x', 'x/x']);
  expect(shortPaths(['/a/x', '/a/x'])).toEqual(['/a/x', '/a/x']);
});
