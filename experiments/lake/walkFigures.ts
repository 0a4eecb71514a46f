import type { TopLevelSpec } from 'vega-lite';
import type { Figure, Job, LegendEntry, Outcome, Panel, SummaryRow, Table } from '../../cli/experiment/experiment.ts';
import { groupBy } from '../../cli/experiment/summarize.ts';
import { intervalChart, type Layer, type MarkStyle, type Position } from '../../cli/report/charts.ts';
import { metricTable } from '../../cli/report/table.ts';
import type { Walk } from '../../common/lake.ts';
import { policyNames } from '../../common/lake.ts';
import { policyColours, themeColour } from '../../envs/drawing/palette.ts';
import { type Bank, border, home, lake, start } from '../../envs/lake/lakeMap.ts';
import { swatch, typicalOutcome } from '../shared/report.ts';
import { seedsFigure } from '../shared/study.ts';
import { conditionLabel, percent, shareColumn } from './labels.ts';

/** Walks drawn of a policy: more would hide each other. */
const DRAWN_WALKS = 40;

/** What {@link walksFigures} draws and how. */
interface WalksFiguresOptions {
  /** Begins the figures' names. */
  readonly name: string;
  /** The outcomes of one environment and condition; their data are {@link LakeData}. */
  readonly outcomes: readonly Outcome[];
  readonly rows: readonly SummaryRow[];
  /** The metric by which the seed that is drawn is the median one. */
  readonly metric: {
    readonly name: string;
    readonly label: string;
    readonly what: string;
    readonly better: 'higher' | 'lower';
  };
}

/** Walks on the map, drowned and mode balance of trained policies. */
export function walksFigures({ name, outcomes, rows, metric }: WalksFiguresOptions): Figure[] {
  const which = `Each policy is shown with the seed that has its median ${metric.what} (of an even number, the worse of the two in the middle)`;
  const of = (wanted: string) => rows.filter((row) => row.metric === wanted);
  const drawn = Math.min(DRAWN_WALKS, ...outcomes.map(({ result }) => (result.data as DrawnData).walks.length));
  return [
    {
      name: `${name}-walks`,
      caption: `${drawn} sampled walks of each policy. Positions in lengths; the lake has radius 0.7. ${which}.`,
      legend: walksLegend,
      panels: walkPanels(outcomes, { ...metric, metric: metric.name }),
    },
    seedsFigure(`${name}-drowned`, 'Drowned, share of walks with sampled actions', of('drownRate'), {
      x: 'drowned',
      format: '%',
      policies: policyNames,
    }),
    {
      name: `${name}-balance`,
      caption: 'Mode balance: the share of the less used bank among walks that get home; 50 % is even.',
      spec: intervalChart(of('modeBalance'), {
        x: 'less used bank',
        format: '%',
        domain: [0, 0.5],
        policies: policyNames,
      }),
    },
  ];
}

/** What jobs keep whose walks are drawn: those, and the bank that was blocked. */
interface DrawnData {
  readonly walks: readonly Walk[];
  readonly worst?: Bank;
}

/** A map for each policy, with walks of the seed that has the median of a metric. */
export function walkPanels(
  outcomes: readonly Outcome[],
  {
    metric,
    better,
    label,
    policies = policyNames,
    titleOf = ({ policy }) => policy,
  }: {
    readonly metric: string;
    readonly better: 'higher' | 'lower';
    /** Says what the metric is a share of: `drowned`. Without it a panel does not tell its value. */
    readonly label?: string;
    /** The full list, which fixes the colours. */
    readonly policies?: readonly string[];
    /** What sets panels apart. */
    readonly titleOf?: (job: Job) => string;
  },
): Panel[] {
  const { domain, range } = policyColours(policies);
  const inOrder = domain.flatMap((policy) => outcomes.filter(({ job }) => job.policy === policy));
  return [...groupBy(inOrder, ({ job }) => titleOf(job))].map(([title, own]) => {
    const { job, result } = typicalOutcome(own, { metric, better });
    const told = label === undefined ? '' : `: ${percent(result.metrics[metric] ?? 0)} ${label}`;
    const note = `seed ${job.seed}${told}`;
    const data = result.data as DrawnData;
    const walks = data.walks.slice(0, DRAWN_WALKS);
    const colour = range[domain.indexOf(job.policy)]!;
    const where = data.worst === undefined ? '' : ` The ${data.worst} bank is blocked.`;
    const alt = `${title}, ${note}.${where} ${describeWalks(walks)}.`;
    return { title, note, colour, alt, spec: lakeFigure(walks, colour, data.worst) };
  });
}

function describeWalks(walks: readonly Walk[]): string {
  const count = (outcome: Walk['outcome'], bank?: Walk['bank']) =>
    walks.filter((walk) => walk.outcome === outcome && (bank === undefined || walk.bank === bank)).length;
  return (
    `Of ${walks.length} walks ${count('home', 'upper')} get home by the upper bank, ${count('home', 'lower')} by the lower, ` +
    `${count('drowned')} drown, ${count('timeout')} run out of time`
  );
}

const DROWNED = themeColour('ink');
const OUT_OF_TIME = themeColour('faint');

/** How walks are drawn: those that get home in the policy's colour, the others apart from any. */
export const walksLegend: readonly LegendEntry[] = [
  { label: 'home, in the policy’s colour', swatch: swatch('<path d="M0 5c8-8 16 8 24 0" stroke="currentColor"/>') },
  {
    label: 'drowned',
    swatch: swatch(`<path d="M0 5h14M15 1l8 8m0-8l-8 8" stroke="${DROWNED}" stroke-width="2"/>`),
  },
  { label: 'out of time', swatch: swatch(`<path d="M0 5h24" stroke="${OUT_OF_TIME}" stroke-dasharray="2 2"/>`) },
];

/** The lake from above with walks on it, and a blocked bank. Axes are positions, one unit = one length. */
function lakeFigure(walks: readonly Walk[], colour: string, blocked?: Bank): TopLevelSpec {
  const domain = [-border, border];
  const axis = { values: [-2, -1, 0, 1, 2], grid: false, title: null, labelFontSize: 13, labelPadding: 2, tickSize: 3 };
  const x: Position = { field: 'x', type: 'quantitative', scale: { domain, nice: false }, axis };
  const y: Position = { field: 'y', type: 'quantitative', scale: { domain, nice: false }, axis };
  const disc = (center: { x: number; y: number; radius: number }) =>
    Array.from({ length: 65 }, (_, i) => ({
      order: i,
      x: center.x + center.radius * Math.cos((i * Math.PI) / 32),
      y: center.y + center.radius * Math.sin((i * Math.PI) / 32),
    }));
  const outline = (values: object[], style: MarkStyle): Layer => ({
    data: { values },
    mark: { type: 'line', strokeWidth: 1, ...style },
    encoding: { x, y, order: { field: 'order', type: 'quantitative' } },
  });
  const flood = (bank: Bank) => {
    const side = bank === 'upper' ? 1 : -1;
    const ends = [lake.radius, border].map((distance, order) => ({ x: 0, y: side * distance, order }));
    return outline(ends, { stroke: themeColour('water'), strokeWidth: 5 });
  };
  const label = (text: string, at: { x: number; y: number }, style: MarkStyle): Layer => ({
    data: { values: [{ text, x: at.x, y: at.y }] },
    mark: { type: 'text', fontSize: 13, color: themeColour('ink'), ...style },
    encoding: { x, y, text: { field: 'text' } },
  });
  const ended = (outcome: Walk['outcome']) => walks.filter((walk) => walk.outcome === outcome);
  const paths = (some: readonly Walk[], style: MarkStyle): Layer => ({
    data: { values: some.flatMap((walk, i) => pathOf(walk).map((point) => ({ ...point, walk: i }))) },
    mark: { type: 'line', strokeWidth: 0.9, strokeJoin: 'round', ...style },
    encoding: { x, y, detail: { field: 'walk' }, order: { field: 'order', type: 'quantitative' } },
  });
  return {
    width: 150,
    height: 150,
    padding: 2,
    layer: [
      outline(disc(lake), { filled: true, fill: themeColour('water') }),
      ...(blocked === undefined ? [] : [flood(blocked)]),
      outline(disc(home), { stroke: themeColour('ink'), strokeDash: [3, 2] }),
      paths(ended('timeout'), { stroke: OUT_OF_TIME, opacity: 0.6, strokeDash: [2, 2] }),
      paths(ended('home'), { stroke: colour, opacity: 0.65 }),
      paths(ended('drowned'), { stroke: DROWNED, opacity: 0.45 }),
      {
        data: { values: ended('drowned').map((walk) => pathOf(walk).at(-1)) },
        mark: { type: 'point', shape: 'cross', angle: 45, filled: true, size: 24, opacity: 0.85, color: DROWNED },
        encoding: { x, y },
      },
      {
        data: { values: [{ x: start.x, y: start.y }] },
        mark: { type: 'point', filled: true, color: themeColour('ink'), size: 34, opacity: 1 },
        encoding: { x, y },
      },
      label('start', start, { dy: 14 }),
      label('home', home, { dy: 29 }),
      label('lake', { x: 0, y: 0 }, { fontStyle: 'italic' }),
    ],
  };
}

function pathOf({ positions }: Walk) {
  return Array.from({ length: positions.length / 2 }, (_, i) => ({
    order: i,
    x: positions[2 * i],
    y: positions[2 * i + 1],
  }));
}

/** A table of how walks ended for each environment and condition. */
export function walkTables(title: string, rows: readonly SummaryRow[]): Table[] {
  const columns = [
    { metric: 'drownRate', label: 'drowned', ...shareColumn },
    { metric: 'homeRate', label: 'home', ...shareColumn },
    { metric: 'return', label: 'return', format: (value: number) => value.toFixed(3) },
    { metric: 'modeBalance', label: 'less used bank', ...shareColumn },
  ];
  return [
    ...groupBy(rows, ({ env, condition }) =>
      [title, env, ...(condition === undefined ? [] : [conditionLabel(condition)])].join(', '),
    ),
  ].map(([heading, own]) => metricTable(heading, own, columns));
}
