import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Outcome, SummaryRow } from '../../../cli/experiment/experiment.ts';
import { products } from '../../../experiments/products/products.ts';
import { productSections } from '../../../experiments/products/section.ts';

test('beside interquartile means of shares stand the mean, and the best and the worst seed', () => {
  const stored = new URL('../../../docs/results/products/summary.json', import.meta.url);
  const { results } = JSON.parse(readFileSync(stored, 'utf8')) as { results: SummaryRow[] };
  const job = { study: 'products', env: 'LakeStride-v0', condition: 'k-4', policy: 'spline', seed: 100 };
  const outcome = { job, result: { data: { parameters: 18_000 } } } as unknown as Outcome;
  const sections = productSections([outcome], results, products.schema.parse({}) as never);
  const tables = JSON.stringify(sections).replaceAll('\u00a0', ' ');
  for (const share of ['44.0 % (30.2 to 64.4)', '7.6 % (6.7 to 9.8)']) expect(tables).toContain(share);
});
