import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const docs = resolve(import.meta.dirname, '../docs');
const page = readFileSync(resolve(docs, 'policies.md'), 'utf8');
const { results, fingerprint } = JSON.parse(
  readFileSync(resolve(docs, 'results/flow-matching/summary.json'), 'utf8'),
) as {
  fingerprint: string;
  results: readonly {
    readonly policy: string;
    readonly metric: string;
    readonly iqm: number;
    readonly low: number;
    readonly high: number;
    readonly perSeed: readonly number[];
  }[];
};

test('what the page says of the cloned lake is that of the stored run', () => {
  for (const [name, policy] of [
    ['flow matching', 'flow-matching'],
    ['spline', 'spline'],
    ['Gaussian', 'gaussian'],
  ] as const) {
    const of = (metric: string) => results.find((row) => row.policy === policy && row.metric === metric)!;
    const [drowned, kl] = [of('drownRate'), of('startKl')];
    const percent = (share: number) => (100 * share).toFixed(1);
    const nats = (value: number) => value.toFixed(3);
    const ends = (values: readonly number[]) => [Math.min(...values), Math.max(...values)] as const;
    const [least, most] = ends(drowned.perSeed);
    const [nearest, farthest] = ends(kl.perSeed);
    expect(page).toContain(
      `| ${name} | ${percent(drowned.iqm)} % [${percent(drowned.low)}, ${percent(drowned.high)}] | ${percent(least)} to ${percent(most)} % | ` +
        `${nats(kl.iqm)} [${nats(kl.low)}, ${nats(kl.high)}] | ${nats(nearest)} to ${nats(farthest)} |`,
    );
  }
  expect(page).toContain(fingerprint.slice(0, 8));
});
