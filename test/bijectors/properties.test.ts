import { expect, test } from 'vitest';
import { properties } from './properties.ts';
import { isCostly, registry } from './registry.ts';
import { setUp } from './setUp.ts';

properties(registry.filter((entry) => !isCostly(entry)));

test('which say that their Jacobian is constant', () => {
  const constant = registry.filter((entry) => setUp(entry).bijector.isConstantJacobian).map(({ name }) => name);
  expect(constant).toEqual([
    ...[
      'Shift',
      'Scale',
      'ShiftScale',
      'Conditioned householder of 3, conditional',
      'Conditioned householder of 2',
      'ActNorm',
    ],
    ...['Conditioned additive, conditional', 'Coupling additive, three entries'],
    'Chain of couplings additive, conditional',
    ...['LocationScale', 'LocationScale, conditional, free scale', 'LocationScale, conditional scale'],
  ]);
});
