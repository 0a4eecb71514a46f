import { expect, test } from 'vitest';
import { formatReturn } from '../../../cli/experiment/text.ts';

test('a return has three digits at least, and one decimal at least', () => {
  const shown = [0.884, -4.016, 0, 9.994, 9.996, -9.996, 10.04, -190.64, 3418.25].map(formatReturn);
  expect(shown).toEqual(['0.88', '-4.02', '0.00', '9.99', '10.0', '-10.0', '10.0', '-190.6', '3418.3']);
});
