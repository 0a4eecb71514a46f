import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { main } from '../../../cli/commands/main.ts';
import { trueMinus } from '../../../cli/experiment/text.ts';
import type { Trials } from '../../../cli/tuning/trials.ts';
import { registry } from '../fixture/hill.ts';
import { jobsHere } from '../fixture/jobsHere.ts';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-tune-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const readJson = (...path: string[]) => JSON.parse(readFileSync(join(folder, ...path), 'utf8'));

async function oxbow(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const written = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      written[stream] += text;
      return true;
    });
  }
  return { code: await main(argv, registry), ...written };
}
afterEach(() => vi.restoreAllMocks());

describe('oxbow tune', () => {
  test('finds the best settings on seeds of its own, and the experiment takes them', async () => {
    jobsHere();
    const out = join(folder, 'hill');
    const argv = ['tune', 'hill', '--trials', '8', '--out', out, '--workers', '2'];
    const { code, stdout } = await oxbow(...argv);
    expect(code).toBe(0);

    const { config, trials } = readJson('hill', 'trials.json') as { config: object; trials: Trials };
    expect(config).toMatchObject({ seeds: [1000, 1001], trials: 8 });
    const { near, far } = trials.climb!['Hill-v0']!;
    for (const [top, own] of [
      [1, near!],
      [10, far!],
    ] as const) {
      expect(own).toHaveLength(9);
      expect(own.at(-1)!.settings).toEqual({ rate: top === 1 ? 2 : 100, shape: { tilt: 'left' } });
      for (const { settings, scores } of own) {
        const rate = settings.rate as number;
        const tilt = (settings.shape as { tilt: string }).tilt;
        const height = -Math.abs(Math.log(rate / top)) - (tilt === 'left' ? 1 : 0);
        expect(scores).toEqual(rate > 50 ? [null, null] : [height, height]);
      }
    }
    // Falling off is a finding.
    expect(far!.some(({ scores }) => scores[0] === null)).toBe(true);

    const { tuned } = readJson('hill', 'tuned.json');
    const best = (own: Trials[string][string][string]) =>
      own.filter(({ scores }) => scores[0] !== null).reduce((a, b) => (b.scores[0]! > a.scores[0]! ? b : a));
    expect(tuned).toEqual({
      climb: { 'Hill-v0': { near: best(near!).settings, far: best(far!).settings } },
    });
    expect(stdout).toMatch(new RegExp(`^near +${trueMinus(best(near!).scores[0]!.toFixed(3))} `, 'm'));

    expect(stdout).toContain(`run hill --config ${join(out, 'tuned.json')}\n`);

    // A second time nothing is left to do.
    expect((await oxbow(...argv)).stdout).toContain('36 of 36 jobs have finished before');

    const run = await oxbow('run', 'hill', '--config', join(out, 'tuned.json'), '--out', join(folder, 'run'));
    expect(run.code).toBe(0);
    const { results } = readJson('run', 'summary.json');
    const height = results.find((row: Record<string, unknown>) => row.policy === 'far' && row.metric === 'height');
    expect(height.iqm).toBeCloseTo(best(far!).scores[0]!, 12);
  });

  test.each([
    [['tune', 'drift'], 'oxbow: experiment: drift has no settings to tune\n'],
    [['tune', 'hil'], 'oxbow: tune: got hil, expected one of train, hill, drift (did you mean hill?)\n'],
    [['tune', 'trian'], 'oxbow: tune: got trian, expected one of train, hill, drift (did you mean train?)\n'],
    [
      ['tune', 'hill', '--trials', '0'],
      'oxbow: --trials: got 0, expected an integer > 0: settings drawn for each policy\n',
    ],
  ])('%j is refused in one line', async (argv, message) => {
    const out = join(folder, 'none');
    expect(await oxbow(...argv, '--out', out)).toMatchObject({ code: 2, stderr: message });
  });
});
