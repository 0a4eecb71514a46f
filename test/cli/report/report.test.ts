import { describe, expect, it } from 'vitest';
import type { Section } from '../../../cli/experiment/experiment.ts';
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
} from '../../../cli/index.ts';
import { drawFigure, evenColumns, Numbering } from '../../../cli/report/figure.ts';
import { answerPicture, bibtex, type Page, renderFirstPage, renderPage } from '../../../cli/report/page.ts';
import { missingJobs } from '../../../cli/report/reportPage.ts';
import { renderSections, renderTable } from '../../../cli/report/sections.ts';
import { flatSettings, ownSettings, settings } from '../../../cli/report/settings.ts';
import { resolveColours } from '../../../envs/drawing/palette.ts';
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
    const hashes = {
      title: 'Data',
      columns: ['of', 'hash'],
      rows: [
        ['a', '1f089a40ace31485'],
        ['b', '7cebdbde9e99b35e'],
      ],
    };
    expect(renderTable(hashes)).toContain('<td>1f089a40ace31485</td>');
    const negative = { title: 'T', columns: ['a', 'b'], rows: [['mixture-2', '-0.5 [-1, -0.2]']] };
    expect(renderTable(negative)).toContain('<th scope="row">mixture-2</th><td class="number">−0.5 [−1, −0.2]</td>');
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
    expect(missingJobs(of, [], { conditionLabel: (key) => key.replace('tau-', 'τ = ') })).toEqual([
      's, x, τ = 1: all policies, all seeds',
    ]);
    expect(missingJobs(jobs.slice(0, 2), [outcome(jobs[0]!, {})], { policyLabel: (key) => `class ${key}` })).toEqual([
      's, x: class a (seed 1)',
    ]);
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
      const labels = [...svg.matchAll(/>([\d.]+\u00a0%)</g)].map(([, label]) => label);
      expect(labels.length).toBeGreaterThan(2);
      expect(new Set(labels).size).toBe(labels.length);
    }
  });

  it('have no parts that a screen reader would stop at without a name', async () => {
    // Of labels that would meet each other some are hidden: a still figure does without.
    const dense = await renderSvg({
      width: 30,
      data: { values: [{ a: 0 }, { a: 1000 }] },
      mark: 'point',
      encoding: { x: { field: 'a', type: 'quantitative', axis: { tickCount: 10 } } },
    });
    expect(dense).not.toMatch(/<text[^>]* opacity="0"/);
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
  const page = {
    title: 'A & B',
    lead: '<script>alert(1)</script>',
    run: '2 <seeds>',
    conclusions: {},
    remarks: [],
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
    expect(html.replaceAll(/<b>(?:Figure|Table) \d+\.<\/b>/g, '')).not.toMatch(
      /<(?:script|b>|left|p>\s*<p|n>|q|c>|seeds)/,
    );
    expect(html.match(/<\/pre>/g)).toHaveLength(2);
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
    expect(
      [...html.matchAll(/<(?:div class="figures[^"]*"|figcaption><b>Figure \d\.<\/b> \w+)/g)].map(([part]) => part),
    ).toEqual([
      '<div class="figures"',
      '<figcaption><b>Figure 1.</b> a',
      '<figcaption><b>Figure 2.</b> b',
      '<figcaption><b>Figure 3.</b> wide',
      '<div class="figures single"',
      '<figcaption><b>Figure 4.</b> c',
    ]);
  });
});

describe('the parts of a page', () => {
  const svg = '<svg viewBox="0 0 1 1"/>';
  const figure = (name: string, caption = name) => ({ name, caption, svg });
  const table = { name: 'rates', title: 'Rates', columns: ['of', 'rate'], rows: [['a', '1']] };
  const sections: Section[] = [
    {
      title: 'First',
      code: 'A1',
      paragraphs: ['See {deep} and {rates}, {nothing} of {1}.'],
      figures: [figure('shown', 'as in {deep} <b>')],
      sections: [
        { title: 'Method', folded: true, paragraphs: ['Long.'] },
        { title: 'More', folded: true, tables: [table], sections: [{ title: 'Deeper', figures: [figure('deep')] }] },
        { title: 'Plain', figures: [figure('third')] },
      ],
    },
    { title: 'Second', figures: [figure('last')] },
  ];
  const render = () => renderSections(sections, new Numbering(sections));

  it('number figures and tables as they stand, folded ones too, and refer to them by name', async () => {
    const html = await render();
    expect(
      [...html.matchAll(/<b>((?:Figure|Table) \d)\.<\/b> ?([^<]*)/g)].map(([, number, text]) => [number, text]),
    ).toEqual([
      ['Figure 1', 'as in '],
      ['Table 1', 'Rates'],
      ['Figure 2', 'deep'],
      ['Figure 3', 'third'],
      ['Figure 4', 'last'],
    ]);
    expect(html).toContain(
      'See <a href="#figure-2">Figure 2</a> and <a href="#table-1">Table 1</a>, {nothing} of {1}.',
    );
    expect(html).toContain('as in <a href="#figure-2">Figure 2</a> &lt;b&gt;</figcaption>');
    expect(html).toContain('aria-label="as in Figure 2 &lt;b&gt;"');
    for (const id of ['part-1', 'part-2', 'figure-2', 'table-1']) expect(html).toContain(` id="${id}"`);
  });

  it('have a table beside one or two last figures, and below three', async () => {
    const rates = { title: 'Rates', columns: ['rate'], rows: [['1']] };
    const inOneRow = async (names: readonly string[], tables: (typeof rates)[]) => {
      const own = [{ title: 'Own', figures: names.map((name) => figure(name)), tables }];
      const row = /<div class="evidence">.*<\/div>/s.exec(await renderSections(own, new Numbering(own)))?.[0] ?? '';
      return [row.match(/<figure/g)?.length ?? 0, row.match(/<table/g)?.length ?? 0];
    };
    expect(await inOneRow(['a'], [rates])).toEqual([1, 1]);
    expect(await inOneRow(['a', 'b'], [rates])).toEqual([2, 1]);
    expect(await inOneRow(['a', 'b', 'c'], [rates])).toEqual([0, 0]);
    expect(await inOneRow(['a', 'b', 'c'], [rates, rates])).toEqual([0, 2]);
    expect(await inOneRow(['a'], [])).toEqual([0, 0]);
  });

  it('fold what is folded, under a line that says what is in it and an anchor within it', async () => {
    const html = await render();
    expect([...html.matchAll(/<summary>(.*?)<\/summary>\n<div id="([^"]+)">/g)].map(([, ...found]) => found)).toEqual([
      ['Method', 'part-1-1'],
      ['More <small>1 figure, 1 table</small>', 'part-1-2'],
    ]);
    // Both in one row, and what follows is not in it.
    expect(html.match(/<div class="folds">/g)).toHaveLength(1);
    expect(html.indexOf('<h3>Plain</h3>')).toBeGreaterThan(html.lastIndexOf('</details>'));
    expect(html).toMatch(/<h[34]>Deeper<\/h[34]>/);
  });
});

describe('the first page', () => {
  const bars = [
    { label: 'Gaussian', value: 0.4, low: 0.3, high: 0.5, text: '40 %', colour: 'red' },
    { label: 'flow <1>', value: 0.1, low: null, high: null, text: '10 %' },
  ];
  const asked = { question: 'Why?', prediction: 'So.' };
  const page: Page = {
    title: 'T',
    lead: 'L.',
    run: '2 seeds.',
    conclusions: {
      E1: {
        ...asked,
        answer: { text: 'It is 40 % & more.', chart: { caption: 'c', bars } },
      },
      E0: { ...asked, question: 'How?' },
    },
    remarks: [{ question: 'When not?', answer: 'Never <b>.' }],
    commands: ['oxbow run a --seeds 2'],
    cited: { version: '1.2.3', date: '2026-11-26', fingerprint: 'f'.repeat(64) },
    sections: [{ title: 'One', code: 'E1' }],
    howToRead: [],
    facts: [],
  };
  const render = (more: Partial<Page> = {}) => renderFirstPage({ ...page, ...more }, new Numbering(page.sections));

  it('has each question with its answer, picture and a link to its section, in their order', () => {
    const items = render().split('<li').slice(1);
    expect(items).toHaveLength(2);
    expect(items[0]).toContain('<b><a href="#part-1">E1</a></b> Why?');
    expect(items[0]).toContain('<p class="answer" data-from="results">It is 40 % &amp; more.</p>');
    expect(items[0]).toContain('aria-label="c: Gaussian 40 %, flow &lt;1&gt; 10 %"');
    expect(items[1]).toMatch(/^ class="item plain">\s*<p class="question"><b>E0<\/b> How\?<\/p>/);
    expect(items[1]).not.toContain('class="answer"');
  });

  it('draws the picture of one question large, and has the answer of what has no questions', () => {
    const { E1 } = page.conclusions;
    const width = (html: string) => Number(/<svg width="(\d+)"/.exec(html)![1]);
    const one = render({ conclusions: { E1: E1! } });
    expect(width(one)).toBeGreaterThan(1.5 * width(render()));
    const none = render({ conclusions: {}, answer: { text: 'It is 40 % [30, 50].', chart: { caption: 'c', bars } } });
    // No line breaks within an interval.
    expect(none).toContain('<p class="answer" data-from="results">It is 40 % [30,\u00a050].</p>');
    expect(width(none)).toBe(width(one));
  });

  it('has what else a reader wants to know: remarks, the command, how to cite', () => {
    const html = render();
    expect(html).toContain('<dt>When not?</dt><dd data-from="results">Never &lt;b&gt;.</dd>');
    expect(html).toContain('<code>oxbow run a --seeds 2</code>');
    expect(html).toContain(
      'oxbow contributors (2026). oxbow: reinforcement learning with flow policies, version 1.2.3, run ffffffffffff.',
    );
    expect(render({ commands: ['oxbow run a', 'oxbow run b'] })).toContain(
      'The command is <a href="#command">below</a>.',
    );
  });

  it('draws bars to one scale, each in its colour, with whiskers where there is an interval', () => {
    const svg = answerPicture({ caption: 'c', bars, most: 1 });
    const rects = [...svg.matchAll(/<rect x="([\d.]+)"[^>]* width="([\d.]+)"[^>]* fill="([^"]+)"/g)].map(
      ([, ...found]) => found,
    );
    expect(rects.map(([, , fill]) => fill)).toEqual(['red', themeColour('muted')]);
    expect(rects[0]![0]).toBe(rects[1]![0]);
    expect(Number(rects[0]![1]) / Number(rects[1]![1])).toBeCloseTo(4, 1);
    expect(svg.match(/v5M/g)).toHaveLength(1);
    // A long label goes on below itself, and the row is higher.
    const long = answerPicture({
      caption: 'c',
      bars: [{ ...bars[0]!, label: 'an autoregressive spline flow' }, bars[1]!],
    });
    expect([...long.matchAll(/text-anchor="end"[^>]*>([^<]*)</g)].map(([, text]) => text)).toEqual([
      'an autoregressive',
      'spline flow',
      'flow &lt;1&gt;',
    ]);
    const height = (drawn: string) => Number(/ height="(\d+)"/.exec(drawn)![1]);
    expect(height(long)).toBeGreaterThan(height(svg));
    expect(answerPicture({ caption: 'c', bars: [] })).toContain('<svg');
    expect(answerPicture({ caption: 'c', bars: [{ ...bars[0]!, value: 0, low: 0, high: 0 }] })).not.toContain('NaN');
  });
});

describe('bibtex', () => {
  it('is an entry with version, year, command and fingerprint, in signs that TeX takes', () => {
    expect(
      bibtex({ version: '1.2.3', date: '2026-11-26', command: 'oxbow run a --set b_c=50%', fingerprint: 'ab' }),
    ).toBe(
      `@software{oxbow,
  author = {{oxbow contributors}},
  title = {{oxbow: reinforcement learning with flow policies}},
  version = {1.2.3},
  year = {2026},
  note = {oxbow run a --set b\\_c=50\\%; fingerprint ab}
}`,
    );
    expect(bibtex({ version: '1.2.3' })).not.toMatch(/year|note/);
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

  it('are those of the environments and policies of the run, where they were searched for each', () => {
    const base = { seeds: [0], studies: ['s'], policies: ['a', 'c'], environments: ['fine'], steps: 5 };
    const tuned = {
      s: { fine: { a: { rate: 1 }, b: { rate: 4 }, c: {} }, rough: { a: { rate: 2 } } },
      t: { rough: { a: { rate: 3 } } },
      u: { fine: { b: { rate: 5 } } },
    };
    expect(ownSettings({ ...base, tuned } as typeof base)).toEqual({
      config: { ...base, tuned: { s: { fine: { a: { rate: 1 }, c: {} } } } },
      environmentsLeftOut: ['rough'],
      policiesLeftOut: ['b'],
    });
    expect(ownSettings(base)).toEqual({ config: base, environmentsLeftOut: [], policiesLeftOut: [] });
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
