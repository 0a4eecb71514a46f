import { join } from 'node:path';
import { z } from 'zod';
import { readCheckedJson } from '../../cli/experiment/checkedJson.ts';
import type { Answer, Job, Section, SummaryRow, Table } from '../../cli/experiment/experiment.ts';
import { groupBy, withInterval } from '../../cli/experiment/summarize.ts';
import { policyBars } from '../../cli/report/answers.ts';
import { metricTable } from '../../cli/report/table.ts';
import { meanInterval, quantile } from '../../cli/statistics/bootstrap.ts';
import { defineStudy, gridJobs, seedsFigure } from '../shared/study.ts';
import { cloneProduct, cloningSettings, type ProductTimes, TIMES } from './cloneProduct.ts';
import {
  choices,
  componentsOf,
  conditionLabel,
  conditionOf,
  isRun,
  lakesOf,
  type ProductPolicy,
  type ProductStudy,
  type ProductsConfig,
  productLabel,
  productPolicies,
  productsSchema,
  studyCodes,
  updateTime,
} from './config.ts';

interface ProductsJob extends Job {
  readonly study: ProductStudy;
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
  steps: { products: 'steps', 'products-large': 'steps' },
  presets: {
    quick: {
      seeds: [0, 1],
      policies: ['gaussian', 'mixture-2', 'mixture-4', 'spline'],
      lakes: [1, 2],
      steps: 1500,
      evaluationEpisodes: 500,
    },
    // The run that decides: seeds that nothing was looked at or chosen by.
    full: { seeds: Array.from({ length: 20 }, (_, i) => 2200 + i), studies: ['products', 'products-large'] },
  },

  jobs: (config) =>
    config.studies.flatMap((study) =>
      gridJobs<ProductsJob>(config, {
        study,
        conditions: config.lakes.map(conditionOf),
        weight: (job) => seconds(job, config),
      }).filter(({ policy, condition }) => isRun(study, policy, lakesOf(condition))),
    ),

  runJob: ({ study, policy, condition }, config, context) =>
    cloneProduct({ study, policy, lakes: lakesOf(condition) }, config, context),

  conditionLabel,
  policyLabel: productLabel,

  clocked: timesTables,

  tables: (summary, config) => productTables(summary, config),

  conclusions: (_, summary, { studies }) =>
    Object.fromEntries(
      studies.map((study) => {
        const answer = answerOf(summary.filter((row) => row.study === study && row.metric === 'drownRate'));
        return [studyCodes[study], { ...questions[study], endpoint, ...(answer && { answer }) }];
      }),
    ),

  report: (outcomes, summary, config) =>
    config.studies
      .filter((study) => outcomes.some(({ job }) => job.study === study))
      .map((study) => productSection(study, summary, config)),
});

/** The seconds that a job takes on a quiet core. */
function seconds({ study, policy, condition }: Omit<ProductsJob, 'id' | 'weight'>, config: ProductsConfig): number {
  const lakes = lakesOf(condition);
  const updates = (cloningSettings(config, policy, lakes).steps * config.batchSize) / 256;
  return 1 + 0.4 * lakes + 1e-3 * updates * updateTime(policy, lakes, config.parameters[study]);
}

/** Fixed on 2026-12-02, before the search for settings and before the run, after the pilots in docs/lake.md. */
const endpoint =
  'mean over seeds of the walks that drown in any of six lakes, spline flow against the best mixture (chosen before the run)';
const questions: Readonly<Record<ProductStudy, { readonly question: string; readonly prediction: string }>> = {
  products: {
    question:
      'Which classes of policies keep 2ᵏ ways open, where k lakes are walked at once: is a number of components needed that grows with the ways?',
    prediction:
      'Up to four lakes the best mixture is at most 3 points behind the spline flow, from five on the spline is ahead of every mixture. With six the spline ' +
      'drowns in at most 15 % of its walks, the best mixture in at least 50 %, flow matching in 30 to 40 %. All bounds are in docs/lake.md.',
  },
  'products-large': {
    question: 'And with four times as many parameters?',
    prediction: 'With eight lakes the spline flow is at least 20 points ahead of the best mixture.',
  },
};

const number = (share: number): string => (100 * share).toFixed(1);

/** A row of shares with their mean in the place of the interquartile mean, which hides seeds that fail. */
function byMean(row: SummaryRow): SummaryRow {
  const { mean, ...interval } = meanInterval(row.perSeed.filter((value) => value !== null));
  return { ...row, iqm: mean, ...interval };
}

/** The lakes of the primary endpoint. */
const DECIDING = 6;

/**
 * What came of it at the primary endpoint, or at the largest number of lakes: of the spline flow, the best mixture, the autoregressive mixture and
 * the Gaussian.
 * @param rows of the share of walks that drown in any lake
 */
function answerOf(rows: readonly SummaryRow[]): Answer | undefined {
  const all = rows.map(({ condition }) => lakesOf(condition!));
  const lakes = all.includes(DECIDING) ? DECIDING : Math.max(...all);
  const own = rows.filter(({ condition }) => condition === conditionOf(lakes)).map(byMean);
  const measured = own.filter(({ iqm }) => iqm !== null);
  const best = measured
    .filter(({ policy }) => componentsOf(policy as ProductPolicy) !== undefined)
    .sort((a, b) => a.iqm! - b.iqm!)[0];
  const named = ['spline', best?.policy, 'autoregressive-mixture', 'gaussian'];
  const told = named.flatMap((policy) => measured.filter((row) => row.policy === policy));
  if (told.length < 2) return undefined;
  const [first, ...others] = told.map((row) => {
    const article = /^[aeiou]/i.test(productLabel(row.policy)) ? 'an' : 'a';
    return `${article} ${productLabel(row.policy)} in ${withInterval(row, number, '\u00a0%')}`;
  });
  const where = `${conditionLabel(conditionOf(lakes))} at once, ${2 ** lakes} ways`;
  const rest = others.length === 1 ? others[0] : `${others.slice(0, -1).join(', ')} and ${others.at(-1)}`;
  return {
    text: `With ${where}, ${first!.replace(' in ', ' drowns in ')} of its walks, ${rest}.`,
    chart: {
      caption: `walks that drown in any lake, ${conditionLabel(conditionOf(lakes))} at once, means`,
      most: 1,
      bars: policyBars(measured, {
        policies: productPolicies,
        format: (share) => `${number(share)}\u00a0%`,
        label: productLabel,
      }),
    },
  };
}

const shares = { format: (value: number) => (100 * value).toFixed(1), unit: '%' } as const;
const nats = (value: number): string => value.toFixed(3);

/** A table for each size and number of lakes. */
function productTables(rows: readonly SummaryRow[], { parameters }: ProductsConfig): Table[] {
  const shown = rows.map((row) => (row.metric === 'drownRate' || row.metric === 'homeRate' ? byMean(row) : row));
  return [...groupBy(shown, ({ study, condition }) => `${study}/${condition}`).values()].map((own) => {
    const { study, condition } = own[0]!;
    const size = parameters[study as ProductStudy];
    return metricTable(
      `Walking ${conditionLabel(condition!)} at once, ${size} parameters`,
      own,
      [
        { metric: 'drownRate', label: 'drowned in any lake, mean', ...shares },
        { metric: 'homeRate', label: 'home on every lake, mean', ...shares },
        { metric: 'natsAbove', label: 'nats a step above the data’s law', format: nats },
        { metric: 'startNats', label: 'at the start', format: nats },
        { metric: 'ways', label: `ways used, of ${2 ** lakesOf(condition!)}`, format: (value) => value.toFixed(1) },
      ],
      productLabel,
    );
  });
}

const timesSchema = z.strictObject({ training: z.number(), acting: z.number() }) satisfies z.ZodType<ProductTimes>;

/** Medians of processor times over the seeds. */
function timesTables(jobs: readonly { readonly job: ProductsJob; readonly logs: string }[]): Table[] {
  const rows = [
    ...groupBy(jobs, ({ job: { study, condition, policy } }) => `${study}/${condition}/${policy}`).values(),
  ].flatMap((group) => {
    const times = group.flatMap(({ logs }) => {
      const found = readCheckedJson(join(logs, TIMES), timesSchema, 'delete it: it holds times alone');
      return found === undefined ? [] : [found];
    });
    if (times.length === 0) return [];
    const median = (of: keyof ProductTimes) =>
      quantile(
        Float64Array.from(times, (each) => each[of]),
        0.5,
      );
    const { study, condition, policy } = group[0]!.job;
    return [
      [
        study,
        conditionLabel(condition),
        productLabel(policy),
        median('training').toFixed(1),
        median('acting').toFixed(3),
      ],
    ];
  });
  if (rows.length === 0) return [];
  const columns = ['study', 'lakes', 'policy', 'seconds of training', 'milliseconds of an action'];
  return [{ title: 'Processor times on this machine', columns, rows }];
}

/** The report of a size of policies. */
function productSection(study: ProductStudy, summary: readonly SummaryRow[], config: ProductsConfig): Section {
  const rows = summary.filter((row) => row.study === study);
  const drowned = groupBy(
    rows.filter(({ metric }) => metric === 'drownRate'),
    ({ condition }) => condition!,
  );
  const size = config.parameters[study];
  return {
    title: `${studyCodes[study]}: Several lakes at once, ${size} parameters`,
    code: studyCodes[study],
    paragraphs: [
      'k independent stride lakes are walked at once: an action is the k velocities, an observation the k positions, and there are 2ᵏ ways home. Each lake has ' +
        'a demonstrator of its own, on either bank by even chances. A walk ends when it has ended on every lake; who is home stands there. Policies learn from ' +
        `${config.demonstrations} · k walks of all k lakes by maximum likelihood, and have ${size} parameters, ±10 %. Settings were searched by ` +
        'the share of walks that drown, with as many trials for every class, at 18,000 parameters and k = 1, 3 and 6, for 1 and 2, 3 and 4, and more lakes.',
      'A mixture for each number is a product of mixtures given the observation; a mixture for each lake knows besides which numbers are one lake’s: the control ' +
        'that knows the answer. Regression, the mean of the data, is the plainest control, regression in two steps the minimal iterative policy (arXiv:2512.01809). ' +
        'Nats above the data’s law are −log π of fresh walks of the demonstrators, less that of their law for who knows the walk so far, a step; at the start the ' +
        'number is the divergence from the demonstrators to the policy. Bins, flow matching and regression have no such density.',
    ],
    figures: [...drowned].map(([condition, own]) =>
      seedsFigure(
        `${study}-drowned-${condition}`,
        `Share of walks that drown in any lake, ${conditionLabel(condition)}`,
        own,
        { x: 'drowned in any lake', format: '%', domain: [0, 1], policies: productPolicies },
      ),
    ),
    tables: productTables(rows, config),
  };
}
