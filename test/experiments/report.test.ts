import { describe, expect, it } from 'vitest';
import { renderPage } from '../../experiments/harness/report/page.ts';
import {
  intervalChart,
  learningCurves,
  metricTable,
  policyColours,
  renderSvg,
  type SummaryRow,
  textTable,
} from '../../experiments/index.ts';

const policies = ['gaussian', 'mixture', 'spline'];

function row(policy: string, perSeed: (number | null)[], metric = 'return'): SummaryRow {
  const measured = perSeed.filter((value) => value !== null);
  const [low, high] = measured.length < 2 ? [null, null] : [Math.min(...measured), Math.max(...measured)];
  return { study: 's', env: 'e', policy, metric, iqm: measured[0] ?? null, low, high, perSeed };
}

/** Colours by which the marks of an SVG are drawn. */
function colours(svg: string): Set<string> {
  return new Set([...svg.matchAll(/#[0-9A-F]{6}\b/g)].map(([colour]) => colour));
}

describe('tables', () => {
  const rows = [row('gaussian', [1, 2]), row('spline', [3]), row('spline', [null, null], 'balance')];
  const table = metricTable('Lake', rows, [
    { metric: 'return', label: 'return', format: (value) => value.toFixed(1) },
    { metric: 'balance', label: 'balance of modes', format: (value) => `${value} %` },
  ]);

  it('show the interquartile mean and the interval, where there are any', () => {
    expect(table).toEqual({
      title: 'Lake',
      columns: ['policy', 'return', 'balance of modes'],
      rows: [
        ['gaussian', '1.0 [1.0, 2.0]', '–'],
        ['spline', '3.0 [–: one seed]', '–'],
      ],
    });
  });

  it('are aligned as text', () => {
    expect(textTable(table)).toBe(
      [
        'Lake',
        'policy               return  balance of modes',
        '────────  ─────────────────  ────────────────',
        'gaussian     1.0 [1.0, 2.0]                 –',
        'spline    3.0 [–: one seed]                 –',
      ].join('\n'),
    );
  });
});

describe('figures', () => {
  it('keep the colour of a policy when others are left out', async () => {
    const { range } = policyColours(policies);
    const svg = await renderSvg(intervalChart([row('spline', [1, 2])], { x: 'return', policies }));
    expect(colours(svg)).toContain(range[2]);
    expect(colours(svg)).not.toContain(range[0]);
    const curves = learningCurves([{ policy: 'spline', seed: 0, step: 1, value: 2 }], {
      x: 'step',
      y: 'return',
      policies,
    });
    expect(colours(await renderSvg(curves))).toContain(range[2]);
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
    for (const spec of [intervalChart([row('spline', [3])], options), learningCurves(curve, options)]) {
      const svg = await renderSvg(spec);
      expect(svg).not.toContain('NaN');
      expect(svg).toContain('<svg');
    }
  });

  it('survive having nothing to show', async () => {
    expect(await renderSvg(intervalChart([row('spline', [null])], { x: 'return', policies }))).toContain('<svg');
    expect(await renderSvg(learningCurves([], { x: 'step', y: 'return', policies }))).toContain('<svg');
  });
});

describe('renderPage', () => {
  it('loads nothing, escapes text, and keeps the ids of figures apart', async () => {
    const svg = '<svg viewBox="0 0 1 1"><clipPath id="clip"/><g clip-path="url(#clip)"/><use href="#clip"/></svg>';
    const html = await renderPage(
      {
        title: 'A & B',
        lead: '<script>alert(1)</script>',
        warning: 'Partial',
        facts: [['seeds', '"0"']],
        sections: [
          {
            title: 'One',
            figures: [
              { caption: 'a "<b>"', svg },
              { caption: 'c', svg, wide: true },
            ],
          },
        ],
      },
      { key: '</pre>' },
    );
    expect(html).not.toContain('<script');
    expect(html).not.toContain('"key": "</pre>"');
    expect(html).toContain('aria-label="a &quot;&lt;b&gt;&quot;"');
    for (const prefix of ['f1-', 'f2-']) {
      expect(html).toContain(`id="${prefix}clip"`);
      expect(html).toContain(`url(#${prefix}clip)`);
      expect(html).toContain(`href="#${prefix}clip"`);
    }
    expect(html).not.toMatch(/(?:src|href)="(?!data:,"|#)/);
  });
});
