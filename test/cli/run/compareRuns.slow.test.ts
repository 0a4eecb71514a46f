import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { alignSteps } from '../../../cli/report/charts.ts';
import { temporaryFolder } from '../fixture/files.ts';
import { jobsHere } from '../fixture/jobsHere.ts';
import { oxbow } from '../fixture/oxbow.ts';

const folder = temporaryFolder('compare');
const run = (name: string, scale: number, seeds: number) =>
  oxbow(
    ...['run', 'drift', '--study', 'plain', '--policies', 'left,right', '--seeds', String(seeds)],
    ...['--set', `noise.scale=${scale}`, '--out', join(folder, name), '--workers', '1'],
  );

describe('oxbow report of several runs', () => {
  it('compares them by environment, in the terminal and on a page', async () => {
    jobsHere();
    expect((await run('calm', 1, 3)).code).toBe(0);
    expect((await run('wild', 5, 2)).code).toBe(0);
    const [calm, wild] = [join(folder, 'calm'), join(folder, 'wild')];
    const out = join(folder, 'comparison.html');
    const compared = await oxbow('report', calm, wild, '--out', out);
    expect(compared.stderr).toBe('');
    expect(compared.code).toBe(0);

    // The numbers are those of the runs' own summaries.
    for (const path of [calm, wild]) {
      const { results } = JSON.parse(readFileSync(join(path, 'summary.json'), 'utf8'));
      const row = results.find((one: Record<string, string>) => one.policy === 'left' && one.metric === 'position');
      const label = `${path === calm ? 'calm' : 'wild'} left`;
      const line = compared.stdout.split('\n').find((text) => text.startsWith(label))!;
      expect(line).toContain(` ${row.perSeed.length} `);
      const [iqm, low] = [row.iqm, row.low].map((value) => String(Number(value.toPrecision(4))).replace('-', '−'));
      expect(line).toContain(` ${iqm} [${low}, `);
    }
    expect(compared.stdout).toMatch(
      /^Line-v0: \w+ against calm left\npolicy +common seeds +chance of a higher one +p, paired$/m,
    );
    expect(compared.stdout).toMatch(/^calm right +3 /m);
    expect(compared.stdout).toMatch(/^wild right +2 /m);
    expect(readFileSync(out, 'utf8')).toContain('<h1>2 runs compared: calm, wild</h1>');
  });
});

describe('points of a curve', () => {
  const point = (policy: string, seed: number, step: number, value: number) => ({ policy, seed, step, value });

  it('are each seed’s last value at common steps where they have not', () => {
    const points = [
      point('a', 0, 10, 1),
      point('a', 0, 60, 2),
      point('a', 0, 110, 3),
      point('a', 1, 20, 4),
      point('a', 1, 90, 5),
    ];
    const aligned = alignSteps(points);
    const at = (seed: number, step: number) => aligned.find((one) => one.seed === seed && one.step === step)?.value;
    expect([20, 59, 60, 90].map((step) => at(0, step))).toEqual([1, 1, 2, 2]);
    expect([20, 89, 90].map((step) => at(1, step))).toEqual([4, 4, 5]);
    expect(Math.min(...aligned.map(({ step }) => step))).toBe(20);
    expect(Math.max(...aligned.map(({ step }) => step))).toBe(90);
  });
});
