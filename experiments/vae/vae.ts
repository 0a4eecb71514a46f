import {
  defineExperiment,
  type Figure,
  type Job,
  type Outcome,
  type Panel,
  type Section,
  type SummaryRow,
  type Table,
} from '../../cli/experiment/experiment.ts';
import { selectRuntime } from '../../cli/experiment/selectRuntime.ts';
import { policyBars } from '../../cli/report/answers.ts';
import { intervalChart, learningCurves, typicalOutcome } from '../../cli/report/charts.ts';
import { describeBest, metricTable } from '../../cli/report/table.ts';
import { Bootstrap, interquartileMean } from '../../cli/statistics/bootstrap.ts';
import { formatP, pairedPermutationTest } from '../../cli/statistics/pValues.ts';
import { policyColours } from '../../envs/drawing/palette.ts';
import { Rng, selectBackend, selectEngine } from '../../src/index.ts';
import { choices, type VaeConfig, vaeSchema } from './config.ts';
import { findDigits } from './digits.ts';
import type { PosteriorName } from './model.ts';
import { digitBytes, digitSheet } from './pictures.ts';
import { type Pictures, SHOWN, trainVae } from './train.ts';

interface VaeJob extends Job {
  readonly policy: PosteriorName;
}

/** Relative cost of a job of each posterior. */
const COST: Record<PosteriorName, number> = { gaussian: 1, realnvp: 1.2, iaf: 1.2 };

/** Whether a flow as the posterior of a variational autoencoder comes nearer the likelihood than a Gaussian. */
export const vae = defineExperiment<VaeConfig, VaeJob>({
  name: 'vae',
  headline: 'Does a flow pay as the posterior of a variational autoencoder?',
  description:
    'Variational autoencoders of digits: a Gaussian posterior against flows, by the ELBO on held-out digits.',
  schema: vaeSchema,
  choices,
  steps: { vae: 'steps' },
  presets: { quick: { seeds: [0, 1], policies: ['gaussian', 'iaf'], steps: 300, heldOut: 200, samples: 16 } },

  runtime(config) {
    findDigits();
    return selectRuntime(config);
  },

  jobs: ({ policies, seeds }) =>
    policies.flatMap((policy) =>
      seeds.map((seed) => ({
        id: `${policy}/seed-${seed}`,
        study: 'vae',
        env: 'digits',
        policy,
        seed,
        weight: COST[policy],
      })),
    ),

  async runJob({ policy }, config, context) {
    await selectBackend();
    await selectEngine(config.engine);
    return trainVae(policy, config, context);
  },

  tables: (summary) => [
    metricTable('Held-out digits, nats', summary, [
      { metric: 'elbo', label: 'ELBO', format: nats },
      { metric: 'importanceWeighted', label: 'importance-weighted bound', format: nats },
      { metric: 'gap', label: 'between them', format: nats },
      { metric: 'reconstruction', label: 'log p(x | z)', format: nats },
      { metric: 'kl', label: 'KL to the prior', format: nats },
    ]),
    againstGaussian(summary),
  ],

  answer(summary) {
    const of = (metric: string) => summary.filter((row) => row.metric === metric);
    const text = highestElbo(of('elbo'));
    if (text === undefined) return undefined;
    const bars = policyBars(of('gap'), { policies: choices.policies, format: nats });
    return { text, chart: { caption: 'nats between the two bounds: mostly what the posterior lacks', bars } };
  },

  report: (outcomes, summary, config) => [bounds(outcomes, summary, config), pictures(outcomes)],
});

const nats = (value: number): string => value.toFixed(2);

/** How much higher each bound of a flow is than that of the Gaussian of the same seed. */
function againstGaussian(summary: readonly SummaryRow[]): Table {
  const bootstrap = new Bootstrap({ rng: new Rng('against the Gaussian') });
  const of = (policy: string, metric: string) =>
    summary.find((row) => row.policy === policy && row.metric === metric)?.perSeed ?? [];
  const cells = (policy: string, metric: string): [difference: string, p: string] => {
    const pairs = of(policy, metric).flatMap((value, i) => {
      const other = of('gaussian', metric)[i];
      return value === null || other == null ? [] : [{ value, other }];
    });
    if (pairs.length === 0) return ['–', '–'];
    const differences = pairs.map(({ value, other }) => value - other);
    const mean = signed(interquartileMean(differences));
    const { low, high } = bootstrap.interval([differences]);
    if (low === null) return [`${mean} [–: one seed]`, '–'];
    const p = pairedPermutationTest(
      pairs.map(({ value }) => value),
      pairs.map(({ other }) => other),
      new Rng('permutations'),
    );
    return [`${mean} [${signed(low)},\u00a0${signed(high)}]`, formatP(p)];
  };
  const policies = [...new Set(summary.map(({ policy }) => policy))].filter((policy) => policy !== 'gaussian');
  return {
    title: 'Above the Gaussian, paired by seed, nats, with p of the paired permutation test',
    columns: ['posterior', 'ELBO', 'p', 'importance-weighted bound', 'p'],
    rows: policies.map((policy) => [policy, ...cells(policy, 'elbo'), ...cells(policy, 'importanceWeighted')]),
  };
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;

/** @param rows of the ELBO */
function highestElbo(rows: readonly SummaryRow[]): string | undefined {
  return describeBest(rows, { better: 'higher', label: 'Highest ELBO', format: nats });
}

function bounds(outcomes: readonly Outcome<VaeJob>[], summary: readonly SummaryRow[], config: VaeConfig): Section {
  const rows = summary.filter(({ metric }) => metric === 'elbo');
  const best = highestElbo(rows);
  const parameters = [...new Map(outcomes.map(({ job, result }) => [job.policy, parametersOf(result.data)]))];
  const points = outcomes.flatMap(({ job, rows: ofJob }) =>
    ofJob.flatMap(({ step, heldOut }) =>
      typeof heldOut === 'number' && (step as number) > config.steps / 5
        ? [{ policy: job.policy, seed: job.seed, step: step as number, value: heldOut }]
        : [],
    ),
  );
  return {
    title: 'The bounds',
    paragraphs: [
      'The ELBO is the log-likelihood of a digit less the KL from the posterior to the true one, so that it rises with a better model and with a better posterior. ' +
        `The importance-weighted bound, of ${config.samples} draws a digit, is nearer the likelihood of the model itself: what lies between the two is mostly the posterior’s.`,
      `The decoder, the optimizer and its settings are the same for all; the encoder of a smaller posterior is wider, so that all have the same number of parameters: ${parameters
        .map(([policy, count]) => `${policy} ${count.toLocaleString('en')}`)
        .join(', ')}.`,
      ...(best === undefined ? [] : [best]),
      `Over ${config.seeds.length} pairs of seeds the permutation test gives no p below ${(2 ** (1 - config.seeds.length)).toFixed(3)}.`,
    ],
    figures: [
      {
        name: 'elbo',
        caption: 'ELBO on held-out digits, nats: interquartile mean, 95 % interval, a tick a seed.',
        spec: intervalChart(rows, { x: 'ELBO, nats', policies: choices.policies }),
      },
      {
        name: 'importance-weighted',
        caption: 'The importance-weighted bound, nats.',
        spec: intervalChart(
          summary.filter(({ metric }) => metric === 'importanceWeighted'),
          { x: 'importance-weighted bound, nats', policies: choices.policies },
        ),
      },
      {
        name: 'training',
        caption:
          'ELBO on held-out digits after the first fifth of the training: interquartile mean over the seeds, in a band of its 95 % interval.',
        spec: learningCurves(points, { x: 'updates', y: 'ELBO, nats', policies: choices.policies }),
      },
    ],
  };
}

/** What the models draw, and what they make of digits that they have not seen. */
function pictures(outcomes: readonly Outcome<VaeJob>[]): Section {
  const { domain, range } = policyColours(choices.policies);
  const shown = choices.policies.flatMap((policy) => {
    const own = outcomes.filter(({ job }) => job.policy === policy);
    if (own.length === 0) return [];
    const { job, result } = typicalOutcome(own, { metric: 'elbo', better: 'higher' });
    const { pictures: drawn } = result.data as { pictures: Pictures };
    return [{ policy, colour: range[domain.indexOf(policy)]!, seed: job.seed, drawn }];
  });
  const panels = (columns: number, digits: (drawn: Pictures) => Uint8Array, alt: string): Panel[] =>
    shown.map(({ policy, colour, seed, drawn }) => ({
      title: policy,
      colour,
      note: `seed ${seed}`,
      alt: `${policy}: ${alt}`,
      svg: digitSheet(digits(drawn), columns),
    }));
  const beside = ({ digits, reconstructions }: Pictures): Uint8Array =>
    Uint8Array.from([...digitBytes(digits), ...digitBytes(reconstructions)]);
  const figures: Figure[] = [
    {
      name: 'samples',
      caption: 'Draws from the prior through the decoder: the probabilities of white pixels.',
      panels: panels(8, ({ samples }) => digitBytes(samples), 'digits drawn by the model'),
    },
    {
      name: 'reconstructions',
      caption: 'Held-out digits in black and white, two rows, and what the model makes of them, two rows.',
      panels: panels(SHOWN.digits / 2, beside, 'held-out digits and their reconstructions'),
    },
  ];
  return { title: 'Pictures', paragraphs: ['Of each posterior the seed with the median ELBO.'], figures };
}

function parametersOf(data: unknown): number {
  return (data as { parameters: number }).parameters;
}
