import { expect, test, vi } from 'vitest';
import { fingerprints } from '../check/everywhere/runs.ts';

/** The host's functions that are random, or may round differently from one JavaScript engine to the next. */
const INEXACT = [
  ...([
    'sin',
    'cos',
    'tan',
    'asin',
    'acos',
    'atan',
    'atan2',
    'sinh',
    'cosh',
    'tanh',
    'asinh',
    'acosh',
    'atanh',
  ] as const),
  ...(['exp', 'expm1', 'log', 'log1p', 'log2', 'log10', 'pow', 'cbrt', 'hypot', 'random'] as const),
];

test('small runs have the fingerprints that they have everywhere, and do without the host’s functions', async () => {
  const spies = INEXACT.map((name) => vi.spyOn(Math, name as 'exp'));
  try {
    const printed = `${JSON.stringify(await fingerprints(), null, 2)}\n`;
    expect(INEXACT.filter((_, i) => spies[i]!.mock.calls.length > 0)).toEqual([]);
    // After a change of the engine's rounding: `npx vitest run test/everywhere.test.ts -u`, then `npm run check:everywhere`.
    await expect(printed).toMatchFileSnapshot('../check/everywhere/fingerprints.json');
  } finally {
    vi.restoreAllMocks();
  }
});
