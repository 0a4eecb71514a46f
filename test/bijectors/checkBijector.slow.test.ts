import { expect, test } from 'vitest';
import { checkBijector } from '../../src/index.ts';
import { distinct } from './registry.ts';
import { setUp } from './setUp.ts';

test.each(distinct)('no false alarm: $name', (entry) => {
  const { dim, contextDim = 0, domain, angles = false } = entry;
  expect(checkBijector(setUp(entry).module, { dim, contextDim, angles, ...(domain && { domain }) })).toEqual([]);
});
