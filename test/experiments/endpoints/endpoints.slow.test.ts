import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { main } from '../../../cli/commands/main.ts';
import type { SummaryRow } from '../../../cli/experiment/experiment.ts';
import { registry } from '../../../experiments/registry.ts';
import { jobsHere } from '../../cli/fixture/jobsHere.ts';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-endpoints-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const small = [
  'ppo.steps=2048 evaluationEpisodes=40 soft.steps=2048 soft.sacSteps=400 soft.measuredWalks=5 soft.cells=8 soft.points=36',
  'floors.cells=8 floors.points=24 floors.updates=10 floors.rounds=1',
].flatMap((settings) => settings.split(' ').flatMap((setting) => ['--set', setting]));

async function command(words: string, ...argv: string[]): Promise<string> {
  const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const code = await main([...words.split(' '), ...argv], registry);
  const lines = printed.mock.calls.join('');
  printed.mockRestore();
  expect(code).toBe(0);
  return lines;
}

test('runs, is verified byte for byte, and shows endpoints with floors', async () => {
  jobsHere();
  const out = join(folder, 'run');
  await command(
    'run endpoints --seeds 1000,1001 --policies gaussian,spline --study arrival,soft-sac-0.05,floors --workers 1',
    ...small,
    '--out',
    out,
  );
  const summary = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'));
  const rows = summary.results as SummaryRow[];
  const of = (study: string, metric: string) => rows.filter((row) => row.study === study && row.metric === metric);
  expect(of('arrival', 'return').map(({ policy }) => policy)).toEqual(['gaussian', 'spline']);
  expect(of('soft-sac-0.05', 'softRegret')).toHaveLength(2);
  for (const { perSeed } of of('soft-sac-0.05', 'softRegret'))
    for (const value of perSeed) expect(value).toBeGreaterThan(0);
  expect(of('floors', 'softRegret')).toHaveLength(6);
  const { E0, E2 } = summary.experiments;
  expect([E0.verdict, E2.verdict]).toEqual(['too few seeds', 'too few seeds']);
  expect(E0.endpoints).toHaveLength(2);
  expect(E2.endpoints).toHaveLength(1);
  for (const { floor } of E2.endpoints[0].rows) expect(floor).toBeGreaterThan(0);
  expect(E2.answer).toMatch(
    /^Along its own walks a Gaussian is .* nats a step from the soft optimum .* The best of their classes are 0\.\d+ and 0\.\d+ from it\.$/,
  );
  const report = readFileSync(join(out, 'report.html'), 'utf8');
  expect(report).toContain('E2: soft regret');
  expect(report).toContain('Primary endpoint: soft regret over τ along the policy’s own walks');
  // In a process of its own.
  vi.restoreAllMocks();
  expect(await command('verify --workers 1 --sample 0.2', out)).toMatch(/(\d+) of \1 jobs gave the same bytes again/);
});

test('its settings are searched for in each study alone', async () => {
  jobsHere();
  const out = join(folder, 'tuning');
  const studies = 'soft-ppo-0.05,soft-ppo-0.1';
  await command(
    `tune endpoints --trials 1 --seeds 1 --policies gaussian --study ${studies} --workers 1`,
    ...small,
    '--out',
    out,
  );
  const { tuned } = JSON.parse(readFileSync(join(out, 'tuned.json'), 'utf8'));
  expect(Object.keys(tuned)).toEqual(['soft-ppo-0.05', 'soft-ppo-0.1']);
  const { trials } = JSON.parse(readFileSync(join(out, 'trials.json'), 'utf8'));
  expect(trials['soft-ppo-0.1']['LakeStride-v0'].gaussian).toHaveLength(2);
});
