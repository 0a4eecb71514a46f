import { groupBy } from '../../cli/experiment/collections.ts';
import type { Outcome, Section, SummaryRow, Table } from '../../cli/experiment/experiment.ts';
import { metricTable } from '../../cli/report/table.ts';
import { foldSection } from '../shared/foldSection.ts';
import type { ProductData } from './cloneProduct.ts';
import { conditionLabel, lakesOf } from './conditions.ts';
import { type ProductsConfig, studyCodes } from './config.ts';
import { lakesFigure } from './lakesFigure.ts';

const shares = { format: (value: number) => (100 * value).toFixed(1), unit: '%' } as const;
const nats = (value: number): string => value.toFixed(3);

/** A table for each number of lakes. */
export function productTables(rows: readonly SummaryRow[]): Table[] {
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
export function productSections(
  outcomes: readonly Outcome[],
  rows: readonly SummaryRow[],
  config: ProductsConfig,
): Section[] {
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
