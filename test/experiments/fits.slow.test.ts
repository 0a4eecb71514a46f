import { expect, test } from 'vitest';
import { BANANA } from '../../common/planeDensities.ts';
import { runStudy } from './runStudy.ts';

test('oxbow run banana: nats above the entropy', async () => {
  const small = ['steps=30', 'batchSize=64', 'heldOut=128', 'test=20000'];
  const { value } = await runStudy('banana', ['--seeds', '1', '--policies', 'mlp,spline'], small);
  for (const policy of ['mlp', 'spline']) {
    const [nll, above] = ['nll', 'nllAboveFloor'].map((metric) => value({ policy, metric })) as [number, number];
    expect(above).toBeGreaterThan(0);
    // Both are means over the same draws.
    expect(Math.abs(nll - above - BANANA.entropy)).toBeLessThan(0.05);
  }
});

test('oxbow run densities: a fit is nearer than a normal', async () => {
  const small = ['steps=200', 'learningRate=1e-2', 'heldOut=1500', 'batchSize=128', 'hidden=[16]', 'bins=6'];
  const few = ['--seeds', '1', '--policies', 'realnvp,spline', '--env', 'two-moons,8-gaussians'];
  const { value } = await runStudy('densities', few, small);
  for (const env of ['two-moons', '8-gaussians']) {
    for (const policy of ['realnvp', 'spline']) {
      const above = value({ env, policy, metric: 'nllAboveFloor' })!;
      expect(above).toBeGreaterThan(0);
      // A normal of the same variances is 1.70 nats above two moons' floor, and 1.42 above that of 8 Gaussians.
      expect(above).toBeLessThan(1.4);
      expect(value({ env, policy, metric: 'nll' })).toBeGreaterThan(above);
    }
  }
});
