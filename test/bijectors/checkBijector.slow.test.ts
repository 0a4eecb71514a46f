import { expect, test } from 'vitest';
import { checkBijector } from '../../src/index.ts';
import { registry } from './registry.ts';
import { setUp } from './setUp.ts';

/** Of the layers of families those with a context, in one size: what has none takes the same way. */
const cases = registry.filter(
  ({ name }) =>
    !/^(Conditioned|Coupling|Autoregressive)(?!.*conditional)|^Chain of|two entries|parallel inverse| of 1,/.test(name),
);

test.each(cases)('no false alarm: $name', (entry) => {
  const { dim, contextDim = 0, domain, angles = false } = entry;
  expect(checkBijector(setUp(entry).module, { dim, contextDim, angles, ...(domain && { domain }) })).toEqual([]);
});
