import type { Answer, Job, Section, SummaryRow, Table } from '../../cli/experiment/experiment.ts';
import { groupBy, withInterval } from '../../cli/experiment/summarize.ts';
import { policyBars } from '../../cli/report/answers.ts';
import { metricTable } from '../../cli/report/table.ts';
import { defineStudy, gridJobs, seedsFigure } from '../shared/study.ts';
import { cloneProduct, cloningSettings } from './cloneProduct.ts';
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
export const products = defineStudy<ProductsConfig, ProductsJob>({
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

  jobs: (config) =>
    gridJobs<ProductsJob>(config, {
      study: 'products',
      conditions: config.lakes.map(conditionOf),
      weight: ({ policy, condition }) => seconds(policy, lakesOf(condition), config),
    }),

  runJob: ({ policy, condition }, config, context) =>
    cloneProduct({ policy, lakes: lakesOf(condition) }, config, context),

  conditionLabel,

  tables: (summary) => productTables(summary),

  conclusions(_outcomes, summary) {
    const answer = answerOf(summary.filter(({ metric }) => metric === 'drownRate'));
    return {
      [studyCodes.products]: {
        question,
        prediction,
        endpoint: 'walks that drown in any lake',
        ...(answer && { answer }),
      },
    };
  },

  report: (outcomes, summary, config) => (outcomes.length === 0 ? [] : [productSection(summary, config)]),
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
function productSection(rows: readonly SummaryRow[], config: ProductsConfig): Section {
  const drowned = groupBy(
    rows.filter(({ metric }) => metric === 'drownRate'),
    ({ condition }) => condition!,
  );
  return {
    title: 'E8: Several lakes at once',
    code: studyCodes.products,
    paragraphs: [
      'k independent stride lakes are walked at once: an action is the k velocities, an observation the k positions, and there are 2ᵏ ways home. Each lake has ' +
        'a demonstrator of its own, on either bank by even chances. A walk ends when it has ended on every lake; who is home stands there. Policies learn from ' +
        `${config.demonstrations} · k walks of all k lakes by maximum likelihood, and have ${config.parameters} parameters, ±10 %. A class has the same settings at every k, ` +
        'searched at k = 1 and 3 with at most 16 components. In a pilot larger mixtures whose components begin far apart did much better at k = 4 ' +
        '(docs/lake.md), so these mixtures are a weak control.',
      'Regression, the mean of the data, is the plainest control. Nats above the data’s law ' +
        'are −log π of fresh walks of the demonstrators, less that of their law for who knows the walk so far, a step; at the start the number is the divergence ' +
        'from the demonstrators to the policy.',
    ],
    figures: [...drowned].map(([condition, own]) =>
      seedsFigure(
        `products-drowned-${condition}`,
        `Share of walks that drown in any lake, ${conditionLabel(condition)}`,
        own,
        { x: 'drowned in any lake', format: '%', domain: [0, 1], policies: productPolicies },
      ),
    ),
    tables: productTables(rows),
  };
}
