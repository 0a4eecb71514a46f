import type { TopLevelSpec } from 'vega-lite';
import type { Figure, LegendEntry, Section, SummaryRow, Table } from '../../cli/experiment/experiment.ts';
import { groupBy } from '../../cli/experiment/summarize.ts';
import { lineColours, type Position, type Scale } from '../../cli/report/charts.ts';
import { metricTable } from '../../cli/report/table.ts';
import { quantile } from '../../cli/statistics/bootstrap.ts';
import { type HeadingPolicy, policyNames, SOFT_LAKE, type SoftLakeTask, STRIDE } from '../../common/lake.ts';
import { headingCurve, headingExtent } from '../../common/lakeView.ts';
import { policyColours, themeColour } from '../../envs/drawing/palette.ts';
import { type Point, start } from '../../envs/lake/lakeMap.ts';
import { portableMath } from '../../src/index.ts';
import { swatch } from '../shared/report.ts';
import { typicalOutcome } from '../shared/typicalOutcome.ts';
import { bestOnLake, refinementError } from './bestOnLake.ts';
import { COLD, describeTask, type SoftLakeCondition, softLakeCondition, softLakeConditions } from './conditions.ts';
import type { LakeConfig } from './config.ts';
import { conditionLabel, nats, percent, shareColumn } from './labels.ts';
import { placesAcrossAxis, placesAlongAxis, placesAtStart, type SoftLakeData, softLakeJob } from './softLakeJob.ts';
import { softSacSeconds } from './softTrainings.ts';
import { lakeJobs, type StudyPart, type StudyResults } from './study.ts';
import { softPpoSeconds, softPpoSettings } from './tuned.ts';
import { lakeFigure, type PlaneAxes, pathLayer, walksLegend, waterWedge } from './walkFigures.ts';

const DEGREE = Math.PI / 180;
const BY_PPO = [
  'Policies learn by PPO on the soft return. They begin nearly flat, and τ falls to its last value in equal ratios. Each has settings of ' +
    'its own, found on other seeds with as many trials for each, at stride 1.3 and τ = 0.02, the task that is hardest for a Gaussian; E3 trains with the same.',
  `A nat of KL at one state costs τ of soft return, at τ = ${COLD} as much as one more step. So little is hard to see in the noise of PPO’s ` +
    'advantages: where a trained Gaussian lies above the dashed line, its training and not its class is the limit.',
];
const BY_SAC =
  'At stride 1.3 and τ = 0.1 a Gaussian, a mixture of four and the spline flow learn by SAC, too: by the gradient of its critics through ' +
  'the sample, of a mixture through the distributional transform. The critics see the cosine and the sine of the heading, so that their values ' +
  'have no seam. All three have one setting, found with a few trials on one seed, a far smaller search than PPO’s.';

/** The lake in the report. */
function lakeSection({ outcomes, rows }: StudyResults, config: LakeConfig): Section {
  const { cells, points } = config.soft.lake;
  const conditions = softLakeConditions(config.soft);
  const refined = refinementError({ stride: STRIDE, temperature: COLD, cells, points });
  const byTemperature = conditions
    .filter(({ task, learner }) => learner === 'PPO' && task.stride === STRIDE)
    .sort((a, b) => a.task.temperature - b.task.temperature);
  const ends = [...new Set([byTemperature[0], byTemperature.at(-1)])].filter((each) => each !== undefined);
  const learners = new Set(rows.map(({ condition }) => softLakeCondition(condition, config.soft).learner));
  const largestError = Math.max(0, ...outcomes.map(({ result }) => result.metrics.klError ?? 0));
  return {
    title: 'The lake',
    paragraphs: [
      'The walker chooses a heading, a point on a circle; each step has the same length, the stride. The soft return of a walk is its ' +
        'reward and τ times the entropy of its headings, measured against the uniform density. The policy that maximizes it is known: ' +
        `soft value iteration on a grid of ${cells} × ${cells} cells and ${points} headings. At the start a grid twice as fine moves ` +
        `${percent(refined.cells)} of its mass, twice as many headings ${percent(refined.points)} (stride ${STRIDE}, τ = ${COLD}). ` +
        `The KL to it is by quadrature on headings; half as many change it by at most ${largestError.toExponential(0)} nats.`,
      'With short strides the position remembers the side, and a wide Gaussian that points ahead is nearly optimal. One stride that reaches ' +
        'the water makes the choice at once: the soft optimum has two modes, and a Gaussian, wound round the circle here, has to take one.',
      ...(learners.has('PPO') ? BY_PPO : []),
      ...(learners.has('SAC') ? [BY_SAC] : []),
    ],
    figures: [
      ...klFigures(rows, config),
      ...conditions.flatMap((condition) => headings(outcomes, condition, config)),
      ...ends.flatMap((condition) => placesFigures(outcomes, condition, config)),
      ...conditions.filter(({ task }) => task.stride === STRIDE).flatMap((condition) => walks(outcomes, condition)),
    ],
    tables: [predicted(config)],
  };
}

/** The typical seed of each policy under a condition. */
function typical(outcomes: StudyResults['outcomes'], { key }: SoftLakeCondition) {
  const { domain, range } = policyColours(policyNames);
  return domain.flatMap((policy, i) => {
    const own = outcomes.filter(({ job }) => job.policy === policy && job.condition === key);
    if (own.length === 0) return [];
    const { job, result } = typicalOutcome(own, { metric: 'kl', better: 'lower' });
    const note = `seed ${job.seed}: KL ${(result.metrics.kl ?? 0).toFixed(2)}`;
    return [{ title: policy, note, colour: range[i]!, data: result.data as SoftLakeData }];
  });
}

function headings(outcomes: StudyResults['outcomes'], condition: SoftLakeCondition, config: LakeConfig): Figure[] {
  const { optimal } = bestOnLake(condition.task, config.soft.lake);
  const density = Array.from(optimal.logDensity, portableMath.exp);
  const shown = typical(outcomes, condition);
  const extent = headingExtent(density, ...shown.map(({ data }) => data.density));
  const panels = shown.map(({ data, ...panel }) => ({
    ...panel,
    alt: `Headings of ${panel.title} at the start, ${panel.note}.`,
    spec: headingFigure(data.density, { optimal: density, colour: panel.colour, extent }),
  }));
  if (panels.length === 0) return [];
  return [
    {
      name: `soft-lake-${condition.key}`,
      caption:
        `Headings at the start, ${conditionLabel(condition.key)}, over the soft optimum; home is to the right. Distances from the middle are roots of ` +
        'densities, so that equal areas hold equal mass. Each policy is shown with the seed of the median KL.',
      legend: headingLegend,
      panels,
    },
  ];
}

function walks(outcomes: StudyResults['outcomes'], condition: SoftLakeCondition): Figure[] {
  const panels = typical(outcomes, condition).map(({ data, ...panel }) => {
    const upper = data.walks.filter(({ outcome, bank }) => outcome === 'home' && bank === 'upper').length;
    const home = data.walks.filter(({ outcome }) => outcome === 'home').length;
    return {
      ...panel,
      alt: `${panel.title}, ${panel.note}: of ${data.walks.length} walks ${home} get home, ${upper} of them by the upper bank.`,
      spec: lakeFigure(data.walks, panel.colour),
    };
  });
  if (panels.length === 0) return [];
  const caption = `Sampled walks of the seeds of {soft-lake-${condition.key}}, ${conditionLabel(condition.key)}.`;
  return [{ name: `soft-lake-walks-${condition.key}`, caption, legend: walksLegend, panels }];
}

/** What is known beforehand. */
function predicted({ soft }: LakeConfig): Table {
  const tasks = new Map(softLakeConditions(soft).map(({ task }) => [describeTask(task), task]));
  return {
    title: 'Computed: the best Gaussian at the start',
    columns: ['task', 'best μ', 'best σ', 'its KL, nats'],
    rows: [...tasks].map(([name, task]) => {
      const { mean, scale, kl } = bestOnLake(task, soft.lake).best;
      return [name, `${(mean / DEGREE).toFixed(0)}°`, `${(scale / DEGREE).toFixed(0)}°`, kl.toFixed(3)];
    }),
  };
}

/** E2 on the lake, with headings for actions: how near policies come to the soft optimum at each temperature and stride. */
export const softLake: StudyPart = {
  environments: [SOFT_LAKE],

  jobs: (config) =>
    softLakeConditions(config.soft).flatMap((condition) =>
      lakeJobs(config, {
        study: 'soft',
        environments: [SOFT_LAKE],
        policies: condition.policies,
        conditions: [condition.key],
        weight: ({ policy }) =>
          condition.learner === 'SAC'
            ? softSacSeconds(config.soft.sac.steps)
            : softPpoSeconds(softPpoSettings(config.tuned, policy as HeadingPolicy), config.soft.lake.steps),
      }),
    ),

  runJob: ({ policy, condition }, config, context) =>
    softLakeJob({ policy: policy as HeadingPolicy, ...softLakeCondition(condition, config.soft) }, config, context),

  tables: (rows, config) =>
    [...groupBy(rows, ({ condition }) => condition!)].map(([condition, own]) => {
      const { learner, task } = softLakeCondition(condition, config.soft);
      const title = `The soft lake${learner === 'SAC' ? ' by SAC' : ''}, ${describeTask(task)}`;
      return metricTable(title, own, [
        { metric: 'kl', label: 'KL at the start, nats', format: nats },
        { metric: 'klVisited', label: 'KL where it walks, nats', format: nats },
        { metric: 'modeEntropy', label: 'entropy of the bank, nats', format: nats },
        { metric: 'water', label: 'first step drowns', ...shareColumn },
        { metric: 'drownRate', label: 'drowned', ...shareColumn },
        { metric: 'homeRate', label: 'home', ...shareColumn },
      ]);
    }),

  section: lakeSection,
};

/** Points of the best Gaussian's curve from one temperature of the run to the next. */
const BETWEEN = 3;

const READING =
  'A dot is the interquartile mean over the seeds, a bar its 95 % interval. Dashed: the best Gaussian, computed from the soft optimum.';

/** KL at the start by PPO, against the stride and against the temperature, where a run has at least two of them. */
export function klFigures(rows: readonly SummaryRow[], { soft }: LakeConfig): Figure[] {
  const measured = rows
    .map((row) => ({ row, ...softLakeCondition(row.condition, soft) }))
    .filter(({ row, learner }) => row.metric === 'kl' && learner === 'PPO')
    .map(({ row, task }) => ({ row, ...task }));
  const figure = (
    axis: TaskAxis,
    isAmong: (task: SoftLakeTask) => boolean,
    curve: (values: readonly number[]) => SoftLakeTask[],
    caption: string,
  ): Figure[] => {
    const own = measured.filter(isAmong);
    const values = [...new Set(own.map((task) => task[axis.field]))].sort((a, b) => a - b);
    if (values.length < 2) return [];
    const best = curve(values).map((task) => ({ ...task, kl: bestOnLake(task, soft.lake).best.kl }));
    return [{ name: `soft-lake-${axis.field}`, caption, spec: klAgainst(axis, own, best) }];
  };
  return [
    ...figure(
      { field: 'stride', title: 'stride, lengths', scale: { zero: false } },
      ({ temperature }) => temperature === COLD,
      (strides) => strides.map((stride) => ({ stride, temperature: COLD })),
      `KL(π ‖ π*) at the start against the stride, by PPO, τ = ${COLD}. ${READING}`,
    ),
    ...figure(
      { field: 'temperature', title: 'temperature τ', scale: { type: 'log' } },
      ({ stride }) => stride === STRIDE,
      (temperatures) => between(temperatures).map((temperature) => ({ stride: STRIDE, temperature })),
      `KL(π ‖ π*) at the start against the temperature, by PPO, stride ${STRIDE}. ${READING}`,
    ),
  ];
}

/** The temperatures, in ascending order, and some between each two, in equal ratios. */
function between(temperatures: readonly number[]): number[] {
  return temperatures.flatMap((low, i) => {
    const high = temperatures[i + 1];
    if (high === undefined) return [low];
    const ratio = portableMath.log(high / low) / BETWEEN;
    return Array.from({ length: BETWEEN }, (_, j) => low * portableMath.exp(j * ratio));
  });
}

/** What tasks differ in: the field of a point that holds it, and how its axis is drawn. */
interface TaskAxis {
  readonly field: 'stride' | 'temperature';
  readonly title: string;
  readonly scale: Scale;
}

/** KL at the start against what tasks differ in: trained policies with their intervals, and the best Gaussian, dashed. */
function klAgainst(
  axis: TaskAxis,
  measured: readonly (SoftLakeTask & { readonly row: SummaryRow })[],
  best: readonly (SoftLakeTask & { readonly kl: number })[],
): TopLevelSpec {
  const values = measured
    .filter(({ row }) => row.iqm !== null)
    .map(({ row: { policy, iqm, low, high }, ...task }) => ({
      policy,
      [axis.field]: task[axis.field],
      kl: iqm,
      low: low ?? iqm,
      high: high ?? iqm,
    }));
  const colour = lineColours(policyNames, new Set(values.map(({ policy }) => policy)));
  const x: Position = {
    field: axis.field,
    type: 'quantitative',
    title: axis.title,
    scale: { ...axis.scale, nice: false, padding: 14 },
    axis: { values: measured.map((task) => task[axis.field]), format: '~g', grid: false },
  };
  const kl: Position = { type: 'quantitative', title: 'KL at the start, nats', scale: { zero: true } };
  return {
    width: 250,
    height: 220,
    layer: [
      {
        data: { values: best },
        mark: { type: 'line', strokeDash: [5, 4], strokeWidth: 1.5, color: themeColour('ink') },
        encoding: { x, y: { ...kl, field: 'kl' } },
      },
      {
        data: { values },
        mark: { type: 'rule', strokeWidth: 1.6 },
        encoding: { x, y: { ...kl, field: 'low' }, y2: { field: 'high' }, color: colour },
      },
      {
        data: { values },
        mark: { type: 'line', point: { filled: true, size: 45 }, strokeWidth: 1.6 },
        encoding: { x, y: { ...kl, field: 'kl' }, color: colour },
      },
    ],
  };
}

const headingLegend: readonly LegendEntry[] = [
  { label: 'soft optimum', swatch: swatch(`<path d="M0 1h24v8H0z" fill="${themeColour('faint')}" stroke="none"/>`) },
  { label: 'policy, in its colour', swatch: swatch('<path d="M0 5h24" stroke="currentColor"/>') },
  {
    label: 'headings into the water',
    swatch: swatch(`<path d="M0 1h24v8H0z" fill="${themeColour('water')}" stroke="none"/>`),
  },
];

/** Densities over headings at the start as curves about it. Home lies to the right. @param extent half the side of what is shown */
function headingFigure(
  density: readonly number[],
  {
    optimal,
    colour,
    extent,
  }: { readonly optimal: readonly number[]; readonly colour: string; readonly extent: number },
): TopLevelSpec {
  const scale = { domain: [-extent, extent], nice: false };
  const axis = { title: null, labels: false, ticks: false, grid: false };
  const axes: PlaneAxes = {
    x: { field: 'x', type: 'quantitative', scale, axis },
    y: { field: 'y', type: 'quantitative', scale, axis },
  };
  return {
    width: 150,
    height: 150,
    padding: 2,
    layer: [
      waterWedge(axes, extent),
      pathLayer(axes, headingCurve(optimal), { filled: true, fill: themeColour('faint'), opacity: 0.55 }),
      pathLayer(axes, headingCurve(density), { stroke: colour, strokeWidth: 1.6 }),
    ],
  };
}

/** KL(π ‖ π*) along the axis from the start on and across it there, of a condition. */
function placesFigures(outcomes: StudyResults['outcomes'], condition: SoftLakeCondition, config: LakeConfig): Figure[] {
  const lines = policyNames.flatMap((policy) => {
    const own = outcomes.filter(({ job }) => job.policy === policy && job.condition === condition.key);
    return own.length === 0 ? [] : [{ policy, kls: medianKls(own.map(({ result }) => result.data as SoftLakeData)) }];
  });
  if (lines.length === 0) return [];
  const figure = (which: 'along' | 'across', some: readonly Point[], first: number, at: (place: Point) => number) => ({
    name: `soft-lake-${which}-${condition.key}`,
    caption:
      `KL(π ‖ π*) ${which} the axis through the start and home, ${conditionLabel(condition.key)}: the median over the seeds at each place. ` +
      `Dashed: the best Gaussian of each place, computed. All walks begin at the start (0), so that policies have not learned what to do close to it; lines are cut at ${MOST_KL} nats.`,
    spec: placesFigure(
      which === 'along' ? 'towards the lake, lengths' : 'beside the start, lengths',
      lines.flatMap(({ policy, kls }) => some.map((place, i) => ({ policy, at: at(place), kl: kls[first + i]! }))),
      some.map((place) => ({ at: at(place), kl: bestAt(place, condition, config) })),
    ),
  });
  return [
    figure('along', placesAlongAxis, 0, ({ x }) => x - start.x),
    figure('across', placesAcrossAxis, placesAlongAxis.length, ({ y }) => y - start.y),
  ];
}

/** KL of the best Gaussian, nats. The lake is its own mirror image: what is below the axis is as above it. */
function bestAt({ x, y }: Point, { task }: SoftLakeCondition, config: LakeConfig): number {
  return bestOnLake(task, config.soft.lake, { x, y: Math.abs(y) }).best.kl;
}

/** KL at a place of a line about the start. */
interface PlaceKl {
  /** Where on the line, lengths. */
  readonly at: number;
  /** Nats. */
  readonly kl: number;
}

/** Lines are cut above this, nats. */
const MOST_KL = 4;

/** KL along a line about the start: trained policies in their colours, and the best Gaussian at each place, dashed. */
function placesFigure(
  title: string,
  measured: readonly (PlaceKl & { readonly policy: string })[],
  best: readonly PlaceKl[],
): TopLevelSpec {
  const x: Position = {
    field: 'at',
    type: 'quantitative',
    title,
    scale: { nice: false, zero: false },
    axis: { grid: false },
  };
  const y: Position = {
    field: 'kl',
    type: 'quantitative',
    title: 'KL, nats',
    scale: { domain: [0, MOST_KL], nice: false },
  };
  return {
    width: 'container',
    height: 200,
    layer: [
      {
        data: { values: best },
        mark: { type: 'line', strokeDash: [5, 4], strokeWidth: 1.5, color: themeColour('ink'), clip: true },
        encoding: { x, y },
      },
      {
        data: { values: measured },
        mark: { type: 'line', strokeWidth: 1.6, clip: true },
        encoding: { x, y, color: lineColours(policyNames, new Set(measured.map(({ policy }) => policy))) },
      },
    ],
  };
}

/** The median over seeds of the KL at each of {@link placesAtStart}, nats. */
function medianKls(seeds: readonly Pick<SoftLakeData, 'kls'>[]): number[] {
  return placesAtStart.map((_, i) =>
    quantile(
      Float64Array.from(seeds, ({ kls }) => kls[i]!),
      0.5,
    ),
  );
}
