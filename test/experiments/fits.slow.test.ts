import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { main } from '../../cli/commands/main.ts';
import type { SummaryRow } from '../../cli/index.ts';
import { BANANA } from '../../common/planeDensities.ts';
import { registry } from '../../experiments/registry.ts';
import { jobsHere } from '../cli/fixture/jobsHere.ts';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-fits-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A run of a study at a small size: its numbers by environment, policy and metric. */
async function run(name: string, argv: readonly string[], settings: readonly string[]) {
  jobsHere();
  const out = join(folder, name);
  const sets = settings.flatMap((setting) => ['--set', setting]);
  expect(await main(['run', name, '--workers', '1', '--out', out, '--seeds', '1', ...argv, ...sets], registry)).toBe(0);
  const { results } = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')) as { results: SummaryRow[] };
  return (env: string, policy: string, metric: string) =>
    results.find((row) => row.env === env && row.policy === policy && row.metric === metric)!.iqm!;
}

test('oxbow run banana: nats above the entropy', async () => {
  const small = ['steps=30', 'batchSize=64', 'heldOut=128', 'test=20000'];
  const value = await run('banana', ['--policies', 'mlp,spline'], small);
  for (const policy of ['mlp', 'spline']) {
    const [nll, above] = ['nll', 'nllAboveFloor'].map((metric) => value('banana', policy, metric)) as [number, number];
    expect(above).toBeGreaterThan(0);
    // Both are means over the same draws.
    expect(Math.abs(nll - above - BANANA.entropy)).toBeLessThan(0.05);
  }
});

test('oxbow run densities: a fit is nearer than a normal', async () => {
  const small = ['steps=200', 'learningRate=1e-2', 'heldOut=1500', 'batchSize=128', 'hidden=[16]', 'bins=6'];
  const value = await run('densities', ['--policies', 'realnvp,spline', '--env', 'two-moons,8-gaussians'], small);
  for (const env of ['two-moons', '8-gaussians']) {
    for (const policy of ['realnvp', 'spline']) {
      const above = value(env, policy, 'nllAboveFloor');
      expect(above).toBeGreaterThan(0);
      // A normal of the same variances is 1.70 nats above two moons' floor, and 1.42 above that of 8 Gaussians.
      expect(above).toBeLessThan(1.4);
      expect(value(env, policy, 'nll')).toBeGreaterThan(above);
    }
  }
});
