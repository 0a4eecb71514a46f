import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { main } from '../../../experiments/commands/main.ts';
import type { SummaryRow } from '../../../experiments/index.ts';
import { softenOnLake } from '../../../experiments/lake/blocked/softenOnLake.ts';
import { lakeSchema } from '../../../experiments/lake/config.ts';
import { makeLakePolicy } from '../../../experiments/lake/lakePolicies.ts';
import { logProbsAtStart } from '../../../experiments/lake/logProbsAtStart.ts';
import { SoftOptimum } from '../../../experiments/lake/truth/softOptimum.ts';
import { registry } from '../../../experiments/registry.ts';
import { Rng } from '../../../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-blocked-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('action values are those of the optimal policy: log π* = Q / τ and a constant; home is worth 1, the water −1, less the step', () => {
  const optimum = new SoftOptimum({ temperature: 0.05, action: 'velocity', cells: 20, points: 10 });
  const from = { x: -1.5, y: 0 };
  const { actions, logDensity } = optimum.policyAt(from, 12);
  const constants = optimum.actionValues(from, actions).map((value, i) => value / 0.05 - logDensity[i]!);
  expect(Math.max(...constants) - Math.min(...constants)).toBeLessThan(1e-9);
  expect(optimum.actionValues(from, [1, 0])[0]).toBeCloseTo(-1 - 0.02, 9);
  expect(optimum.actionValues({ x: 1, y: 1 }, [0.5, -1])[0]).toBeCloseTo(1 - 0.02, 9);
});

test('training towards the soft optimum brings the start nearer to it', () => {
  const settings = { squash: 'tanh', activation: 'relu' };
  const rng = new Rng(1000);
  const policy = makeLakePolicy('gaussian', { env: 'LakeStride-v0', settings, rng, scale: 'state' });
  const optimum = new SoftOptimum({ temperature: 0.05, action: 'velocity' });
  const { actions, logDensity, cell } = optimum.policyAt({ x: -1.5, y: 0 }, 40);
  const divergence = () =>
    logProbsAtStart(policy, Float32Array.from(actions)).reduce(
      (sum, logProb, i) => sum + Math.exp(logProb) * cell * (logProb - logDensity[i]!),
      0,
    );
  const before = divergence();
  const { pretraining } = lakeSchema.parse({}).blocked;
  softenOnLake(policy, { ...pretraining, steps: 100, firstTemperature: 0.05, temperature: 0.05, rng });
  expect(divergence()).toBeLessThan(before / 2);
  policy.dispose();
});

test('oxbow run lake --study E3: success of each policy, rising with the tries, and a verdict', async () => {
  const out = join(folder, 'run');
  const small = ['blocked.pretraining.steps=20', 'blocked.fineTuning.steps=1024', 'evaluationEpisodes=20'];
  const argv = ['run', 'lake', '--study', 'E3', '--policies', 'gaussian,spline', '--seeds', '1', '--out', out];
  expect(await main([...argv, ...small.flatMap((setting) => ['--set', setting])], registry)).toBe(0);
  const summary = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'));
  for (const policy of ['gaussian', 'spline']) {
    const of = (metric: string) =>
      (summary.results as SummaryRow[]).find((row) => row.policy === policy && row.metric === metric)!.iqm!;
    const successes = [1, 2, 4, 8].map((k) => of(`success${k}`));
    expect(successes).toEqual([...successes].sort((a, b) => a - b));
    expect(of('stepsToAdapt')).toBeLessThanOrEqual(1024);
  }
  expect(summary.experiments.E3.measured).toMatch(/spline, worst bank, 8 tries/);
  expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('A bank is blocked after training');
}, 60_000);
