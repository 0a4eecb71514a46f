import { describe, expect, it } from 'vitest';
import { resolveColours } from '../../envs/drawing/palette.ts';
import { drawFigure } from '../../experiments/harness/report/drawFigure.ts';
import { missingJobs } from '../../experiments/harness/report/missingJobs.ts';
import { renderPage } from '../../experiments/harness/report/page.ts';
import { evenColumns } from '../../experiments/harness/report/renderFigure.ts';
import { renderTable } from '../../experiments/harness/report/renderTable.ts';
import { flatSettings, settings } from '../../experiments/harness/report/settings.ts';
import {
  describeBest,
  intervalChart,
  type Job,
  learningCurves,
  metricTable,
  type Outcome,
  performanceProfile,
  policyColours,
  profileChart,
  renderSvg,
  type SummaryRow,
  textTable,
  themeColour,
  typicalOutcome,
} from '../../experiments/index.ts';
import { Rng } from '../../src/random.ts';

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

  it('are aligned as text: numbers to the right, words to the left', () => {
    expect(textTable(table)).toBe(
      [
        'Lake',
        'policy     seeds             return                  balance',
        '────────  ──────  ─────────────────  ───────────────────────',
        'gaussian       3     1.0 [1.0, 4.0]  50 % [25, 50] (2 seeds)',
        'mixture   0 of 3                  –                        –',
        'spline    1 of 3  3.0 [–: one seed]                        –',
      ].join('\n'),
    );
    const words = { title: 'Chosen', columns: ['policy', 'activation', 'rate'], rows: [['a', 'relu', '3e-4']] };
    expect(textTable(words).split('\n').at(-1)).toBe('a       relu        3e-4');
    expect(renderTable(words)).toContain('<td>relu</td><td class="number">3e-4</td>');
  });
});

describe('missingJobs', () => {
  const jobs = ['x', 'y', 'z'].flatMap((env) =>
    ['a', 'b', 'c'].flatMap((policy) =>
      [0, 1].map((seed) => ({ id: `${env}/${policy}/${seed}`, study: 's', env, policy, seed, weight: 1 })),
    ),
  );

  it('names policies and seeds, and no more than needed', () => {
    const finished = (...ids: string[]) => jobs.filter(({ id }) => ids.includes(id)).map((job) => outcome(job, {}));
    expect(missingJobs(jobs, finished('x/a/0', 'x/a/1', 'x/b/1', 'y/a/0'))).toEqual([
      's, x: b (seed 0), c (all seeds)',
      's, y: a (seed 1), b (all seeds), c (all seeds)',
      's, z: all policies, all seeds',
    ]);
    expect(
      missingJobs(
        jobs,
        jobs.map((job) => outcome(job, {})),
      ),
    ).toEqual([]);
  });

  it('names conditions as they read', () => {
    const of = jobs.slice(0, 1).map((job) => ({ ...job, condition: 'tau-1' }));
    expect(missingJobs(of, [])).toEqual(['s, x, tau-1: all policies, all seeds']);
    expect(missingJobs(of, [], (key) => key.replace('tau-', 'τ = '))).toEqual(['s, x, τ = 1: all policies, all seeds']);
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

describe('describeBest', () => {
  const describe = (rows: SummaryRow[], better: 'higher' | 'lower' = 'lower') =>
    describeBest(rows, { better, label: 'Least', format: String });

  it('tells the best, and whose intervals overlap with its', () => {
    const rows = [row('a', [5, 6, 7]), row('b', [1, 3]), row('c', [2, 4]), row('d', [null])];
    expect(describe(rows)).toBe(
      'Least: b, 1 [1, 3]. Its interval overlaps with that of c (2). Their intervals lie apart from it: a (5).',
    );
    expect(describe(rows, 'higher')).toBe('Least: a, 5 [5, 7]. Their intervals lie apart from it: c (2), b (1).');
    expect(describe([row('a', [3]), row('b', [2])])).toBe('Least: b, 2. One seed tells nothing about the others.');
    expect(describe([row('a', [3]), row('b', [null])])).toBeUndefined();
  });
});

describe('figures', () => {
  it('keep the colour of a policy when others are left out, in either theme', async () => {
    const { range } = policyColours(policies);
    const curves = learningCurves([{ policy: 'spline', seed: 0, step: 1, value: 2 }], {
      x: 'step',
      y: 'return',
      policies,
    });
    const points = performanceProfile([1, 2], [0, 1, 2], { rng: new Rng(0) });
    const profiles = profileChart([{ policy: 'spline', points }], { x: 'return', policies });
    for (const spec of [intervalChart([row('spline', [1, 2])], { x: 'return', policies }), curves, profiles]) {
      for (const theme of ['light', 'dark', 'page'] as const) {
        const svg = await renderSvg(spec, theme);
        const colour = (i: number) => resolveColours(range[i]!, theme);
        expect(svg).toContain(colour(2));
        expect(svg).not.toContain(colour(0));
        expect(svg.includes('var(')).toBe(theme === 'page');
      }
    }
  });

  it('have axes without a label twice', async () => {
    for (const values of [
      [0, 0.01, 0.026],
      [0.1, 0.9, 0.5],
      [0.992, 0.9925, 0.9931],
    ]) {
      const svg = await renderSvg(intervalChart([row('spline', values)], { x: 'share', format: '%', policies }));
      const labels = [...svg.matchAll(/>([\d.]+%)</g)].map(([, label]) => label);
      expect(labels.length).toBeGreaterThan(2);
      expect(new Set(labels).size).toBe(labels.length);
    }
  });

  it('have no parts that a screen reader would stop at without a name', async () => {
    const svg = await renderSvg(intervalChart([row('spline', [1, 2])], { x: 'return', policies }));
    expect(svg).not.toMatch(/role=|aria-|\d\.\d{3}/);
  });

  it('of one seed have a point and no interval', async () => {
    const spec = intervalChart([row('spline', [1])], { x: 'return', policies }) as unknown as {
      layer: { data: { values: unknown[] } }[];
    };
    expect(spec.layer.map(({ data }) => data.values.length)).toEqual([1, 0, 1]);
  });

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

  it('survive having nothing to show', async () => {
    expect(await renderSvg(intervalChart([row('spline', [null])], { x: 'return', policies }))).toContain('<svg');
    expect(await renderSvg(profileChart([], { x: 'return', policies }))).toContain('<svg');
    expect(await renderSvg(learningCurves([], { x: 'step', y: 'return', policies }))).toContain('<svg');
  });
});

describe('renderPage', () => {
  const svg = '<svg viewBox="0 0 1 1"><clipPath id="clip"/><g clip-path="url(#clip)"/><use href="#clip"/></svg>';
  const page = { title: 'A & B', lead: '<script>alert(1)</script>', facts: [['seeds', '"0"']] as const };

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
    expect(html).not.toMatch(/<(?:script|b>|left|p>\s*<p|n>|q|c>|\/pre)/);
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

  it('has columns for the figures between wide ones, none for one alone', async () => {
    const figures = ['a', 'b', 'wide', 'c'].map((caption) => ({ caption, svg, wide: caption === 'wide' }));
    const html = await renderPage({ ...page, sections: [{ title: 'One', figures }] }, {});
    expect([...html.matchAll(/<(?:div class="figures[^"]*"|figcaption>\w+)/g)].map(([part]) => part)).toEqual([
      '<div class="figures"',
      '<figcaption>a',
      '<figcaption>b',
      '<figcaption>wide',
      '<div class="figures single"',
      '<figcaption>c',
    ]);
  });
});

describe('settings', () => {
  it('are listed by path, and in tables where things of one kind have them', () => {
    const layer = { rate: 0.1, policy: { layers: [64, 64] } };
    const tuned = { cloning: { fine: { a: layer, b: { rate: 0.2, policy: { bins: 8 } } } } };
    expect(settings({ seeds: [0, 1], ppo: { steps: 5, none: null }, empty: {}, tuned })).toEqual({
      entries: [
        ['seeds', '0, 1'],
        ['ppo.steps', '5'],
        ['ppo.none', 'null'],
      ],
      tables: [
        {
          title: 'tuned.cloning.fine',
          columns: ['of', 'rate', 'policy.layers', 'policy.bins'],
          rows: [
            ['a', '0.1', '64, 64', '–'],
            ['b', '0.2', '–', '8'],
          ],
        },
      ],
    });
  });

  it('have a table for each list of records, by number', () => {
    const tasks = [
      { stride: 1, policies: ['a', 'b'] },
      { stride: 2, parts: [{ size: 3 }] },
    ];
    const config = {
      soft: { bandit: { steps: 5 }, lake: { steps: 6, tasks } },
      alone: { tasks: [{ stride: 4 }] },
      none: [],
    };
    expect(settings(config)).toEqual({
      entries: [['none', '–']],
      tables: [
        {
          title: 'soft',
          columns: ['of', 'steps'],
          rows: [
            ['bandit', '5'],
            ['lake', '6'],
          ],
        },
        {
          title: 'soft.lake.tasks',
          columns: ['of', 'stride', 'policies'],
          rows: [
            ['1', '1', 'a, b'],
            ['2', '2', '–'],
          ],
        },
        { title: 'soft.lake.tasks.2.parts', columns: ['of', 'size'], rows: [['1', '3']] },
        { title: 'alone.tasks', columns: ['of', 'stride'], rows: [['1', '4']] },
      ],
    });
    expect(flatSettings(config).slice(2, 6)).toEqual([
      ['soft.lake.tasks.1.stride', '1'],
      ['soft.lake.tasks.1.policies', 'a, b'],
      ['soft.lake.tasks.2.stride', '2'],
      ['soft.lake.tasks.2.parts.1.size', '3'],
    ]);
  });
});

describe('evenColumns', () => {
  it('leaves no row much shorter than the others', () => {
    expect([0, 1, 5, 6, 7, 8, 13].map((count) => evenColumns(count, 6))).toEqual([1, 1, 5, 6, 4, 4, 5]);
  });
});

describe('drawFigure', () => {
  const image = `<svg width="30" height="20"><image href="data:image/png;base64,AA#ink"/><rect fill="${themeColour('ink')}"/></svg>`;
  const panels = Array.from({ length: 8 }, (_, i) => ({ title: `<${i}>`, svg: image }));

  it('puts panels in rows, in the colours of one theme, images too', async () => {
    for (const theme of ['light', 'dark'] as const) {
      const drawn = await drawFigure({ caption: 'c', panels }, theme);
      expect(drawn).toContain('viewBox="0 0 162 ');
      expect([...drawn.matchAll(/<svg x="(\d+)" y="(\d+)"/g)].map(([, x, y]) => [Number(x), Number(y)])).toEqual(
        panels.map((_, i) => [44 * (i % 4), i < 4 ? 20 : 74]),
      );
      expect(drawn).not.toContain('var(');
      expect(drawn).toContain('&lt;7&gt;');
      expect(drawn).toContain(`fill="${resolveColours(themeColour('ink'), theme)}"`);
      expect(drawn.includes('invert(1)')).toBe(theme === 'dark');
    }
    expect(await drawFigure({ caption: 'c', svg: image }, 'light')).toContain('<svg width="30"');
  });
});
