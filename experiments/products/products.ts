import type { TopLevelSpec } from 'vega-lite';
import {
  type Answer,
  defineExperiment,
  type Job,
  type Outcome,
  type Remark,
  type Section,
  type SummaryRow,
  type Table,
} from '../../cli/experiment/experiment.ts';
import { selectRuntime } from '../../cli/experiment/selectRuntime.ts';
import { groupBy, withInterval } from '../../cli/experiment/summarize.ts';
import { policyBars } from '../../cli/report/answers.ts';
import { type Layer, lineColours, type Position } from '../../cli/report/charts.ts';
import { metricTable } from '../../cli/report/table.ts';
import { themeColour } from '../../envs/drawing/palette.ts';
import { selectBackend, selectEngine } from '../../src/index.ts';
import { actingTable, foldSection } from '../shared/report.ts';
import { cloneProduct, cloningSettings, type ProductData } from './cloneProduct.ts';
import {
  choices,
  conditionLabel,
  conditionOf,
  lakesOf,
  type ProductPolicy,
  type ProductsConfig,
  policyCost,
  productLabel,
  productPolicies,
  productsSchema,
  studyCodes,
} from './config.ts';

interface ProductsJob extends Job {
  readonly policy: ProductPolicy;
  readonly condition: string;
}

/** E8: which classes keep 2ᵏ ways open on k lakes walked at once? */
export const products = defineExperiment<ProductsConfig, ProductsJob>({
  name: 'products',
  headline: 'Which policies keep 2ᵏ ways open, where k lakes are walked at once?',
  description: 'Cloning on several lakes walked at once: 2ᵏ ways in 2k numbers.',
  schema: productsSchema,
  choices,
  steps: { products: 'steps' },
  presets: {
    quick: {
      seeds: [0, 1],
      policies: ['gaussian', 'mixture-2', 'mixture-4', 'spline'],
      lakes: [1, 2],
      steps: 1500,
      evaluationEpisodes: 500,
    },
    // The run that decides: seeds that nothing was looked at or chosen by.
    full: { seeds: Array.from({ length: 20 }, (_, i) => 100 + i) },
  },

  runtime: selectRuntime,

  jobs: (config) =>
    config.studies.flatMap((study) =>
      config.environments.flatMap((env) =>
        config.lakes.flatMap((lakes) =>
          config.policies.flatMap((policy) =>
            config.seeds.map((seed) => ({
              id: `${study}/${env}/${conditionOf(lakes)}/${policy}/seed-${seed}`,
              ...{ study, env, condition: conditionOf(lakes), policy, seed },
              weight: seconds(policy, lakes, config),
            })),
          ),
        ),
      ),
    ),

  async runJob({ policy, condition }, config, context) {
    await selectBackend();
    await selectEngine(config.engine);
    return cloneProduct({ policy, lakes: lakesOf(condition) }, config, context);
  },

  conditionLabel,

  tables: (summary) => productTables(summary),

  clocked: (jobs) =>
    actingTable(jobs, { column: 'walked at once', label: ({ condition }) => conditionLabel(condition!) }),

  conclusions(_outcomes, summary) {
    const answer = answerOf(summary.filter(({ metric }) => metric === 'drownRate'));
    return { [studyCodes.products]: { question, prediction, ...(answer && { answer }) } };
  },

  remarks: (summary) => whenNotNeeded(summary.filter(({ metric }) => metric === 'drownRate')),

  report: (outcomes, summary, config) => productSections(outcomes, summary, config),
});

/** The seconds that a job takes on a quiet core. */
function seconds(policy: ProductPolicy, lakes: number, config: ProductsConfig): number {
  const updates = (cloningSettings(config, policy).steps * config.batchSize) / 256;
  return 0.6 + 0.15 * lakes + policyCost(policy) * (0.45 + 0.05 * lakes) * 1e-3 * updates;
}

const question =
  'Which classes of policies keep 2ᵏ ways open, where k lakes are walked at once: is a number of components needed that grows with the ways?';

/** Fixed on 2026-11-27, before any run, and not changed since. */
const prediction =
  'Gaussian ≥ 1 − 0.65ᵏ; mixture of 2ᵏ′ components fails where k > k′ (≥ 20 %); RealNVP, spline, autoregressive spline and flow matching ≤ 5 %·k with the ' +
  'same settings at every k (share of walks that drown in any lake)';

const number = (share: number): string => (100 * share).toFixed(1);

/**
 * What came of it at the largest number of lakes: of the spline flow, the largest mixture, and the Gaussian.
 * @param rows of the share of walks that drown in any lake
 */
function answerOf(rows: readonly SummaryRow[]): Answer | undefined {
  const lakes = Math.max(...rows.map(({ condition }) => lakesOf(condition!)));
  const own = rows.filter(({ condition, iqm }) => iqm !== null && condition === conditionOf(lakes));
  const mixtures = own.filter(({ policy }) => policy.startsWith('mixture-'));
  const named = ['spline', mixtures.at(-1)?.policy, 'gaussian'];
  const told = named.flatMap((policy) => own.filter((row) => row.policy === policy));
  if (told.length < 2) return undefined;
  const [first, ...others] = told.map(
    (row) => `a ${productLabel(row.policy)} in ${withInterval(row, number, '\u00a0%')}`,
  );
  const where = `${conditionLabel(conditionOf(lakes))} at once, ${2 ** lakes} ways`;
  const rest = others.length === 1 ? others[0] : `${others.slice(0, -1).join(', ')} and ${others.at(-1)}`;
  return {
    text: `With ${where}, ${first!.replace(' in ', ' drowns in ')} of its walks, ${rest}.`,
    chart: {
      caption: `walks that drown in any lake, ${conditionLabel(conditionOf(lakes))} at once`,
      most: 1,
      bars: policyBars(own, {
        policies: productPolicies,
        format: (share) => `${number(share)}\u00a0%`,
        label: productLabel,
      }),
    },
  };
}

/**
 * For each number of lakes the smallest mixture that is as good as the spline flow: whose interval is not above the flow's. Nothing of a run that
 * lacks intervals, the flow or mixtures.
 * @param rows of the share of walks that drown in any lake
 */
function whenNotNeeded(rows: readonly SummaryRow[]): Remark[] {
  const measured = rows.filter(({ iqm, low }) => iqm !== null && low !== null);
  const compared = [...groupBy(measured, ({ condition }) => condition!)].flatMap(([condition, own]) => {
    const flow = own.find(({ policy }) => policy === 'spline');
    const mixtures = own.filter(({ policy }) => policy.startsWith('mixture-'));
    if (flow === undefined || mixtures.length === 0) return [];
    return [{ where: `With ${conditionLabel(condition)}`, enough: mixtures.find(({ low }) => low! <= flow.high!) }];
  });
  if (compared.length === 0) return [];
  const sentences = compared.map(({ where, enough }, i) => {
    const asGood = i === 0 ? 'is as good as a spline flow' : 'is';
    if (enough === undefined) return `${where} no mixture that was tried ${asGood}.`;
    const drowned = withInterval(enough, (share) => (100 * share).toFixed(1), '\u00a0%');
    return `${where} a ${productLabel(enough.policy)} ${asGood}: it drowns in ${drowned}.`;
  });
  return [{ question: 'When is a flow not needed?', answer: sentences.join(' ') }];
}

const shares = { format: (value: number) => (100 * value).toFixed(1), unit: '%' } as const;
const nats = (value: number): string => value.toFixed(3);

/** A table for each number of lakes. */
function productTables(rows: readonly SummaryRow[]): Table[] {
  return [...groupBy(rows, ({ condition }) => condition!)].map(([condition, own]) =>
    metricTable(`Walking ${conditionLabel(condition)} at once`, own, [
      { metric: 'drownRate', label: 'drowned in any lake', ...shares },
      { metric: 'homeRate', label: 'home on every lake', ...shares },
      { metric: 'natsAbove', label: 'nats a step above the data’s law', format: nats },
      { metric: 'startNats', label: 'at the start', format: nats },
      { metric: 'ways', label: `ways used, of ${2 ** lakesOf(condition)}`, format: (value) => value.toFixed(1) },
    ]),
  );
}

/** The report of E8. */
function productSections(outcomes: readonly Outcome[], rows: readonly SummaryRow[], config: ProductsConfig): Section[] {
  if (outcomes.length === 0) return [];
  const of = (name: string) => rows.filter(({ metric }) => metric === name);
  return [
    foldSection(
      {
        title: 'E8: Several lakes at once',
        code: studyCodes.products,
        paragraphs: [
          'k independent stride lakes are walked at once: an action is the k velocities, an observation the k positions, and there are 2ᵏ ways home. Each lake has ' +
            'a demonstrator of its own, one of those that E1 clones, on either bank by even chances. A walk ends when it has ended on every lake; who is home stands ' +
            `there. Policies learn from ${config.demonstrations} · k walks of all k lakes by maximum likelihood, and have ${config.parameters} parameters, ±10 %. A class has the same ` +
            'settings at every k.',
          'The primary endpoint is the share of walks that drown in any lake. On independent lakes it is 1 − (1 − p)ᵏ for a policy that drowns in one lake with probability p. ' +
            'Regression is the mean of the data, fitted by squared error, and it acts by that mean: the plainest control.',
          'Nats above the data’s law: −log π of fresh walks of the demonstrators, less that of their own law, a step. The law is exact up to a constant ' +
            'that was measured to 0.0001 (walks that drown are thrown away). Its −log p of an action is that of who knows the walk so far. A policy sees positions, and not the circle that ' +
            'the demonstrator keeps to, so that no class comes to 0; what is missing is the same for all of them. At the start there is no walk so far: ' +
            'there the number is the divergence from the demonstrators to the policy, and its least value is 0.',
        ],
        figures: [
          {
            name: 'products-drowned',
            caption:
              'Share of walks that drown in any lake: interquartile mean and 95 % interval. Dashed: the bounds of the prediction, 1 − 0.65ᵏ from below for the Gaussian, 5 %·k from above for flows.',
            spec: lakesFigure(of('drownRate'), {
              y: 'drowned in any lake',
              format: '%',
              guides: [{ at: (lakes) => 1 - 0.65 ** lakes }, { at: (lakes) => 0.05 * lakes }],
            }),
          },
          {
            name: 'products-nats',
            caption: 'Nats a step above the law of the demonstrators.',
            spec: lakesFigure(of('natsAbove'), { y: 'nats a step' }),
          },
          {
            name: 'products-ways',
            caption: 'Ways that walks home take, of 2ᵏ (dashed).',
            spec: lakesFigure(of('ways'), { y: 'ways', guides: [{ at: (lakes) => 2 ** lakes }] }),
          },
        ],
        tables: [...productTables(rows), seedTable(of('drownRate')), sizeTable(outcomes)],
      },
      ['products-*'],
    ),
  ];
}

/** What an interquartile mean of the middle half does not show. */
function seedTable(rows: readonly SummaryRow[]): Table {
  const counts = [...new Set(rows.map(({ condition }) => condition!))];
  return {
    title: 'The mean, and the best and the worst seed: drowned in any lake',
    columns: ['policy', ...counts.map(conditionLabel)],
    rows: [...groupBy(rows, ({ policy }) => policy)].map(([policy, own]) => [
      policy,
      ...counts.map((count) => {
        const values =
          own.find(({ condition }) => condition === count)?.perSeed.filter((value) => value !== null) ?? [];
        if (values.length === 0) return '–';
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const [middle, least, most] = [mean, Math.min(...values), Math.max(...values)].map(shares.format);
        return `${middle}\u00a0% (${least} to ${most})`;
      }),
    ]),
  };
}

/** Parameters, which are to be equal. */
function sizeTable(outcomes: readonly Outcome[]): Table {
  const counts = [...new Set(outcomes.map(({ job }) => job.condition!))];
  return {
    title: 'Parameters',
    columns: ['policy', ...counts.map(conditionLabel)],
    rows: [...groupBy(outcomes, ({ job }) => job.policy)].map(([policy, own]) => [
      policy,
      ...counts.map((count) => {
        const one = own.find(({ job }) => job.condition === count);
        return one === undefined ? '–' : String((one.result.data as ProductData).parameters);
      }),
    ]),
  };
}

/** Policies stand side by side at each number of lakes. */
const APART = 0.06;

/** A curve that is drawn beside what was measured: a bound, say. */
interface Guide {
  readonly at: (lakes: number) => number;
}

/** A metric against how many lakes are walked at once: a line a policy through its interquartile means, with 95 % intervals. */
function lakesFigure(
  rows: readonly SummaryRow[],
  {
    y: title,
    format,
    guides = [],
  }: { readonly y: string; readonly format?: string; readonly guides?: readonly Guide[] },
): TopLevelSpec {
  const measured = rows.filter(({ iqm }) => iqm !== null);
  const shown = productPolicies.filter((name) => measured.some(({ policy }) => policy === name));
  const counts = [...new Set(measured.map(({ condition }) => lakesOf(condition!)))].sort((a, b) => a - b);
  const points = measured.map(({ condition, policy, iqm, low, high }) => {
    const place = shown.indexOf(policy as ProductPolicy) - (shown.length - 1) / 2;
    return { policy, lakes: lakesOf(condition!) + APART * place, iqm, low, high };
  });
  const x: Position = {
    field: 'lakes',
    type: 'quantitative',
    title: 'lakes walked at once',
    scale: { domain: [Math.min(...counts) - 0.4, Math.max(...counts) + 0.4], nice: false },
    axis: { values: counts, format: 'd', grid: false },
  };
  const y = (field: string): Position => ({
    field,
    type: 'quantitative',
    title,
    scale: { domainMin: 0 },
    axis: { tickCount: 5, ...(format !== undefined && { format }) },
  });
  const color = lineColours(productPolicies, new Set(shown));
  return {
    width: 300,
    height: 220,
    layer: [
      ...guides.map(
        ({ at }): Layer => ({
          data: { values: counts.map((lakes) => ({ lakes, bound: at(lakes) })) },
          mark: { type: 'line', stroke: themeColour('muted'), strokeDash: [5, 4], strokeWidth: 1.5 },
          encoding: { x, y: y('bound') },
        }),
      ),
      {
        data: { values: points },
        mark: { type: 'line', strokeWidth: 1.5, opacity: 0.6 },
        encoding: { x, y: y('iqm'), color },
      },
      {
        data: { values: points.filter(({ low }) => low !== null) },
        mark: { type: 'rule', strokeWidth: 4, opacity: 0.6 },
        encoding: { x, y: y('low'), y2: { field: 'high' }, color },
      },
      {
        data: { values: points },
        mark: { type: 'point', filled: true, size: 50, opacity: 1, stroke: themeColour('paper'), strokeWidth: 1 },
        encoding: { x, y: y('iqm'), color },
      },
    ],
  };
}
