import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const docs = resolve(import.meta.dirname, '../docs');
const page = readFileSync(resolve(docs, 'when-a-mixture-is-not-enough.md'), 'utf8');
const { results, fingerprint } = JSON.parse(readFileSync(resolve(docs, 'results/products/summary.json'), 'utf8')) as {
  fingerprint: string;
  results: readonly {
    readonly policy: string;
    readonly condition: string;
    readonly metric: string;
    readonly iqm: number;
    readonly low: number;
    readonly high: number;
    readonly perSeed: readonly number[];
  }[];
};

const keys: Readonly<Record<string, string>> = {
  Gaussian: 'gaussian',
  RealNVP: 'realnvp',
  'autoregressive spline': 'autoregressive-spline',
};

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const percent = (share: number): string => (100 * share).toFixed(share === 1 ? 0 : 1);

test('every share of the page of product lakes is that of the stored run', () => {
  const rows = page.split('\n').filter((line) => /^\| [^|]+ \| \**\d/.test(line) && line.includes(' %'));
  expect(rows).toHaveLength(9);
  for (const line of rows) {
    const [name, ...cells] = line.slice(2, -2).replaceAll('*', '').split(' | ') as [string, ...string[]];
    const policy = keys[name] ?? name.replace('mixture of ', 'mixture-');
    const of = (lakes: number) =>
      results.find((row) => row.policy === policy && row.metric === 'drownRate' && row.condition === `k-${lakes}`)!;
    cells.slice(0, 4).forEach((cell, i) => {
      const { iqm, low, high } = of(i + 1);
      const interval = cell.includes('[') ? ` [${percent(low)}, ${percent(high)}]` : '';
      expect(cell, `${name}, ${i + 1}`).toBe(`${percent(iqm)} %${interval}`);
    });
    const { perSeed } = of(4);
    expect(cells[4], name).toBe(`${percent(mean(perSeed))} %`);
    expect(cells[5], name).toBe(`${percent(Math.max(...perSeed))} %`);
  }
  expect(page).toContain(fingerprint.slice(0, 8));

  const ofFour = (policy: string) =>
    percent(
      mean(
        results.find((row) => row.policy === policy && row.metric === 'drownRate' && row.condition === 'k-4')!.perSeed,
      ),
    );
  const answer = page.slice(0, page.indexOf('\n## '));
  expect(answer.match(/[\d.]+ %/g)).toEqual([`${ofFour('spline')} %`, `${ofFour('mixture-16')} %`]);
});
