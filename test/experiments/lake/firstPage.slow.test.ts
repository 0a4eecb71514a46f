import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Conclusion } from '../../../cli/experiment/conclusion.ts';
import { resolveConfig } from '../../../cli/experiment/config.ts';
import type { SummaryRow } from '../../../cli/experiment/experiment.ts';
import { renderPage } from '../../../cli/report/page.ts';
import { reportPage } from '../../../cli/report/reportPage.ts';
import { lake } from '../../../experiments/lake/lake.ts';

/** The run that is kept in docs/results/lake, of which a summary is kept and no jobs. */
const stored = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../../docs/results/lake/summary.json'), 'utf8'),
) as { engine: string; backend: string; seeds: number[]; fingerprint: string; results: SummaryRow[] };

/** The texts of the first page by what they are computed of. */
let texts: (from: string) => string[];
let html: string;
let conclusions: Readonly<Record<string, Conclusion>>;

beforeAll(async () => {
  const config = resolveConfig(lake, { preset: 'full' });
  // Its conditions are by their labels.
  const keys = new Map(
    lake.jobs(config).flatMap(({ condition: key }) => (key ? [[lake.conditionLabel!(key), key]] : [])),
  );
  const results = stored.results.map((row) => ({
    ...row,
    ...(row.condition !== undefined && { condition: keys.get(row.condition) ?? row.condition }),
  }));
  conclusions = lake.conclusions!([], results, config);
  const page = await reportPage(
    lake,
    {
      run: { ...stored, experiment: 'lake', config, versions: { oxbow: '0.1.0', node: '20' } },
      date: '2026-11-26',
    },
    {
      jobs: [],
      outcomes: [],
      results,
      experiments: conclusions,
      tables: [],
      fingerprint: stored.fingerprint,
    },
  );
  const whole = await renderPage(page, config);
  html = whole.slice(whole.indexOf('<header'), whole.indexOf('</header>'));
  texts = (from) =>
    [...html.matchAll(new RegExp(`<(p|dd|span)[^>]* data-from="${from}"[^>]*>(.*?)</\\1>`, 'g'))].map(([, , text]) =>
      text!.replaceAll(/<[^>]*>/g, '').replaceAll('\u00a0', ' '),
    );
}, 120_000);

const row = (policy: string, condition?: string) =>
  stored.results.find(
    (one) =>
      one.study === 'cloning' &&
      one.metric === 'drownRate' &&
      one.env === 'LakeStride-v0' &&
      one.policy === policy &&
      one.condition === condition,
  )!;
const told = ({ iqm, low, high }: SummaryRow) =>
  `${(100 * iqm!).toFixed(1)} % [${(100 * low!).toFixed(1)}, ${(100 * high!).toFixed(1)}]`;

describe('the first page of the stored run answers', () => {
  it('what was compared, when, and by how many seeds', () => {
    expect(html).toContain('Gaussian, mixture and flow policies on the walk around the lake.');
    expect(texts('run')[0]).toBe('12 policies, 20 seeds. Run on 26 November 2026, oxbow 0.1.0, engine wasm.');
  });

  it('what came out: of each question a verdict, of the first one shares of walks that drown', () => {
    const codes = [...html.matchAll(/<p class="question"><b>(?:<a[^>]*>)?(E\d)/g)].map(([, code]) => code);
    expect(codes).toEqual(['E1', 'E0', 'E2', 'E3', 'E4', 'E5', 'E6', 'E7']);
    const [answer, verdict] = texts('results');
    expect(answer).toContain(`drowns in ${told(row('gaussian'))} of its walks`);
    expect(answer).toContain(`a spline flow in ${told(row('spline'))}`);
    expect(verdict).toMatch(/^Prediction: \w/);
    expect(texts('results').filter((text) => text.startsWith('Prediction: '))).toHaveLength(8);
  });

  it('how sure that is', () => {
    expect(html).toMatch(
      /<dt>How sure is it\?<\/dt><dd[^>]*>Numbers are interquartile means over 20 seeds, in brackets their 95 % intervals\./,
    );
  });

  it('when a flow is not needed', () => {
    expect(html).toContain('<dt>When is a flow not needed?</dt>');
    expect(texts('results').join(' ')).toContain(
      `Where all demonstrators use one bank, a Gaussian drowns in ${told(row('gaussian', 'share-100'))} of its walks.`,
    );
  });

  it('how it is run again, and how it is cited', () => {
    expect(texts('settings')).toEqual(['oxbow run lake --full']);
    expect(html).toContain(`version 0.1.0, run ${stored.fingerprint.slice(0, 12)}.`);
  });
});

/** Values with an interval, `39.0 % [38.2, 39.8]`, that are neither those of a row nor those of a bar, as they are or in per cent. */
function unknownValues(sentences: readonly string[], bars: readonly (readonly (number | null)[])[]): string[] {
  const known = [...stored.results.map(({ iqm, low, high }) => [iqm, low, high]), ...bars];
  return sentences
    .flatMap((sentence) => [...sentence.matchAll(/[−+]?(\d[\d.]*)(?: \S+)? \[[−+]?(\d[\d.]*), [−+]?(\d[\d.]*)\]/g)])
    .filter(([, ...written]) => {
      const digits = written[0]!.split('.')[1]?.length ?? 0;
      const isWritten = (value: number | null, i: number) =>
        value !== null && Math.abs(value).toFixed(digits) === written[i];
      return !known.some((row) => [1, 100].some((unit) => row.map((n) => n && n * unit).every(isWritten)));
    })
    .map(([text]) => text);
}

it('has no value with its interval in a sentence that the results do not have', () => {
  // What annealing costs is no row and no effect of an endpoint: the test of the answers knows it.
  const sentences = texts('results').map((text) => text.replace(/ At τ = 0\.05 annealing costs it .*?\]\./, ''));
  expect(sentences.join(' ').match(/ \[/g)!.length).toBeGreaterThan(4);
  const bars = Object.values(conclusions).flatMap(({ answer }) => answer?.chart?.bars ?? []);
  const effects = Object.values(conclusions)
    .flatMap(({ endpoints = [] }) => endpoints.flatMap(({ rows }) => rows))
    .flatMap(({ effect }) => effect ?? []);
  const known = [
    ...bars.map(({ value, low, high }) => [value, low, high]),
    ...effects.map(({ difference, low, high }) => [difference, low, high]),
  ];
  expect(unknownValues(sentences, known)).toEqual([]);
  expect(unknownValues(['a 38.9 % [38.2, 39.8], b 39.0 % [38.2, 39.8].'], [])).toEqual(['38.9 % [38.2, 39.8]']);
});
