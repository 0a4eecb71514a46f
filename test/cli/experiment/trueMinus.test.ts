import { expect, test } from 'vitest';
import { trueMinus } from '../../../cli/experiment/text.ts';

test.each([
  ['-190.6 [-195.0, -187.2]', '−190.6 [−195.0, −187.2]'],
  ['return -.5, (-3)', 'return −.5, (−3)'],
  ['-0.00 [-0.01, 0.00], -0, -10', '0.00 [−0.01, 0.00], 0, −10'],
  ['-0.5 %, -1,000, -2e-5', '−0.5 %, −1,000, −2e-5'],
  ['seed-0, 2026-07-01, x-2, 1e-5, mixture-2', 'seed-0, 2026-07-01, x-2, 1e-5, mixture-2'],
])('%s', (text, written) => expect(trueMinus(text)).toBe(written));
