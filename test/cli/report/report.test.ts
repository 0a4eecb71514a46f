import { describe, expect, it } from 'vitest';
import {
  intervalChart,
  type Job,
  learningCurves,
  metricTable,
  type Outcome,
  performanceProfile,
  profileChart,
  renderSvg,
  type SummaryRow,
} from '../../../cli/index.ts';
import { renderPage } from '../../../cli/report/page.ts';
import { ownSettings } from '../../../cli/report/settings.ts';
import { typicalOutcome } from '../../../experiments/shared/report.ts';
import { Rng } from '../../../src/random.ts';

const policies = ['gaussian', 'mixture', 'spline'];

function row(policy: string, perSeed: (number | null)[], metric = 'return'): SummaryRow {
  const measured = perSeed.filter((value) => value !== null);
  const [low, high] = measured.length < 2 ? [null, null] : [Math.min(...measured), Math.max(...measured)];
  return { study: 's', env: 'e', policy, metric, iqm: measured[0] ?? null, low, high, perSeed };
}

function outcome(job: Job, metrics: Record<string, number | null>): Outcome {
  return { job, result: { metrics }, rows: [], directory: '', fingerprint: '' };
}

describe('tables', () => {
  const rows = [
    row('gaussian', [1, 2, 4]),
    row('gaussian', [0.5, 0.25, null], 'balance'),
    row('mixture', [null, null, null]),
    row('spline', [3, null, null]),
    row('spline', [null, null, null], 'balance'),
  ];
  const table = metricTable('Lake', rows, [
    { metric: 'return', label: 'return', format: (value) => value.toFixed(1) },
    { metric: 'balance', label: 'balance', format: (value) => (100 * value).toFixed(0), unit: '%' },
  ]);

  it('show the interquartile mean, its interval, and over how many seeds they are', () => {
    const plain = table.rows.map((cells) => cells.map((cell) => cell.replaceAll('\u00a0', ' ')));
    expect({ ...table, rows: plain }).toEqual({
      title: 'Lake',
      columns: ['policy', 'seeds', 'return', 'balance'],
      rows: [
        ['gaussian', '3', '1.0 [1.0, 4.0]', '50 % [25, 50] (2 seeds)'],
        ['mixture', '0 of 3', '–', '–'],
        ['spline', '1 of 3', '3.0 [–: one seed]', '–'],
      ],
    });
    // A narrow page breaks before the interval, and nowhere else.
    expect(table.rows[0]![2]!.split(' ')).toEqual(['1.0', '[1.0,\u00a04.0]']);
  });

  it('are not made of several studies, environments or conditions', () => {
    const twice = [...rows, { ...row('mixture', [1, 2, 3]), condition: 'τ = 1' }];
    expect(() => metricTable('Lake', twice, [])).toThrow(
      "metricTable: 'Lake' has return of mixture twice, of s, e and of s, e, τ = 1, expected once",
    );
  });
});

describe('typicalOutcome', () => {
  const outcomes = (values: (number | null)[]) =>
    values.map((value, seed) =>
      outcome({ id: `a/${seed}`, study: 's', env: 'e', policy: 'a', seed, weight: 1 }, { drowned: value }),
    );
  const seedOf = (values: (number | null)[], better: 'higher' | 'lower') =>
    typicalOutcome(outcomes(values), { metric: 'drowned', better }).job.seed;

  it('has the median, the worse of the two in the middle of an even number', () => {
    expect(seedOf([0.9, 0.1, 0.3, 0.2, 0.8], 'lower')).toBe(2);
    expect(seedOf([0.9, 0.1, 0.3, 0.2], 'lower')).toBe(2);
    expect(seedOf([0.9, 0.1, 0.3, 0.2], 'higher')).toBe(3);
    expect(seedOf([0.5, 0.5, 0.5], 'lower')).toBe(1);
    expect(seedOf([null, 0.1, null], 'lower')).toBe(0);
    expect(seedOf([null, 0.1], 'higher')).toBe(0);
    expect(() => typicalOutcome([], { metric: 'drowned', better: 'lower' })).toThrow('at least one');
  });
});

describe('figures', () => {
  it('draw curves only where all seeds of a policy are', () => {
    const points = [0, 1, 2].flatMap((seed) =>
      [10, 20, 30]
        .filter((step) => step <= 20 || seed < 2)
        .map((step) => ({ policy: 'spline', seed, step, value: seed + step })),
    );
    const { data } = learningCurves(points, { x: 'step', y: 'return', policies }) as unknown as {
      data: { values: Record<string, number>[] };
    };
    expect(data.values.map(({ step, iqm }) => [step, iqm])).toEqual([
      [10, 11],
      [20, 21],
    ]);
    for (const { low, iqm, high } of data.values) {
      expect(low).toBeLessThan(iqm!);
      expect(high).toBeGreaterThan(iqm!);
    }
  });

  it('draw no interval of a single seed', async () => {
    const options = { x: 'x', y: 'y', policies };
    const curve = [1, 2].map((step) => ({ policy: 'spline', seed: 0, step, value: step }));
    const points = performanceProfile([3], [2, 3, 4], { rng: new Rng(0) });
    for (const spec of [
      intervalChart([row('spline', [3])], options),
      learningCurves(curve, options),
      profileChart([{ policy: 'spline', points }], options),
    ]) {
      const svg = await renderSvg(spec);
      expect(svg).not.toContain('NaN');
      expect(svg).toContain('<svg');
    }
  });
});

describe('renderPage', () => {
  const svg = '<svg viewBox="0 0 1 1"><clipPath id="clip"/><g clip-path="url(#clip)"/><use href="#clip"/></svg>';
  const page = {
    title: 'A & B',
    lead: '<script>alert(1)</script>',
    run: '2 <seeds>',
    conclusions: {
      E1: {
        question: 'Why <q>?',
        prediction: '<p>',
        answer: {
          text: '<b>',
          chart: { caption: 'c', bars: [{ label: '<n>', value: 1, low: null, high: null, text: '<c>' }] },
        },
      },
    },
    remarks: [{ question: 'When <q>?', answer: 'Never <b>.' }],
    commands: ['oxbow run a --set b="<c>"'],
    cited: { version: '1.2.3', date: '2026-11-26', command: 'oxbow run a' },
    howToRead: [],
    facts: [['seeds', '"0"']] as const,
  };

  it('loads nothing, escapes text, and keeps the ids of figures apart', async () => {
    const html = await renderPage(
      {
        ...page,
        warning: { text: 'Partial <b>', items: ['<left>'] },
        sections: [
          {
            title: 'One',
            figures: [
              { caption: 'a "<b>"', svg },
              { caption: 'c', panels: [{ title: '<p>', svg, note: '<n>', alt: 'seen "<q>"', colour: '"<c>' }] },
            ],
            sections: [{ title: 'Inner <i>', figures: [{ caption: 'd', svg, wide: true, alt: 'other' }] }],
          },
        ],
      },
      { key: '</pre>', deep: { list: [1, 2] } },
    );
    expect(html).toMatch(
      /^<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src [^"]*">$/m,
    );
    expect(html.replaceAll(/<b>(?:(?:Figure|Table) \d+\.|E1)<\/b>/g, '')).not.toMatch(
      /<(?:script|b>|left|p>\s*<p|n>|q|c>|seeds)/,
    );
    expect(html.match(/<\/pre>/g)).toHaveLength(1);
    expect(html).toContain('aria-label="a &quot;&lt;b&gt;&quot;"');
    expect(html).toContain('aria-label="seen &quot;&lt;q&gt;&quot;"');
    expect(html).toContain('aria-label="other"');
    expect(html).toContain('<h3>Inner &lt;i&gt;</h3>');
    expect(html).toContain('<dt>deep.list</dt><dd>1, 2</dd>');
    const ids = [...html.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id);
    expect(ids.filter((id) => id!.endsWith('clip'))).toHaveLength(3);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids.filter((id) => id!.endsWith('clip'))) {
      expect(html).toContain(`url(#${id})`);
      expect(html).toContain(`href="#${id}"`);
    }
    expect(html).not.toMatch(/(?:src|href)="(?!data:,"|#)/);
  });
});

describe('settings', () => {
  it('are those of the environments and policies of the run, where they were searched for each', () => {
    const base = { seeds: [0], studies: ['s'], policies: ['a', 'c'], environments: ['fine'], steps: 5 };
    const tuned = {
      s: { fine: { a: { rate: 1 }, b: { rate: 4 }, c: {} }, rough: { a: { rate: 2 } } },
      t: { rough: { a: { rate: 3 } } },
      u: { fine: { b: { rate: 5 } } },
    };
    expect(ownSettings({ ...base, tuned } as typeof base)).toEqual({
      ...base,
      tuned: { s: { fine: { a: { rate: 1 }, c: {} } } },
    });
    expect(ownSettings(base)).toEqual(base);
  });
});
