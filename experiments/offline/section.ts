import type { Figure, Outcome, Section, SummaryRow, Table } from '../../cli/experiment/experiment.ts';
import { groupBy } from '../../cli/experiment/summarize.ts';
import { intervalChart } from '../../cli/report/charts.ts';
import { metricTable } from '../../cli/report/table.ts';
import { plainEnv } from '../shared/report.ts';
import { conditionLabel, methodLabel, methodsOf, type OfflineExperimentConfig, recipeOf } from './config.ts';
import type { OfflineData } from './learnFromData.ts';

const shares = { format: (value: number) => (100 * value).toFixed(1), unit: '%' } as const;

/** The rows of one dataset, and what it is called. */
interface DatasetRows {
  readonly title: string;
  readonly name: string;
  readonly study: string;
  readonly rows: readonly SummaryRow[];
}

function byDataset(rows: readonly SummaryRow[]): DatasetRows[] {
  const groups = groupBy(rows, ({ study, env, condition }) => JSON.stringify([study, env, condition]));
  return [...groups.values()].map((own) => {
    const { study, env, condition } = own[0]!;
    const what = study === 'cloning' ? 'Cloning' : 'Offline';
    return {
      title: `${what}: ${conditionLabel(condition!)}, ${plainEnv(env)}`,
      name: `offline-${study}-${condition}-${plainEnv(env)}`,
      study,
      rows: own,
    };
  });
}

const loss = (value: number): string => value.toFixed(3);
const LOSSES = [
  { metric: 'heldOutLoss', label: '−log π, nats a step', format: loss },
  { metric: 'heldOutMatching', label: 'matching loss, squared error', format: loss },
];

/** A table for each dataset; of cloning another, of losses. */
export function offlineTables(rows: readonly SummaryRow[]): Table[] {
  return byDataset(rows).flatMap(({ title, rows: own }) => {
    const isMeasured = (name: string) => own.some(({ metric, iqm }) => metric === name && iqm !== null);
    const columns = [
      { metric: 'sampled', label: 'score, sampled', ...shares },
      { metric: 'greedy', label: 'score, greedy', ...shares },
      { metric: 'return', label: 'return, the better way', format: (value: number) => value.toFixed(2) },
      ...(isMeasured('drowned')
        ? [
            { metric: 'drowned', label: 'drowned', ...shares },
            { metric: 'modes', label: 'banks kept, of 2', format: (value: number) => value.toFixed(2) },
          ]
        : []),
    ];
    const losses = LOSSES.filter(({ metric }) => isMeasured(metric));
    return [
      metricTable(title, own, columns, methodLabel),
      ...(losses.length === 0
        ? []
        : [metricTable(`${title}: loss on episodes that were held out`, own, losses, methodLabel)]),
    ];
  });
}

/** A method beside a figure that says what is cloned, where a long name leaves no room: `IQL, spline flow`. */
const shortLabel = (name: string): string =>
  methodLabel(name)
    .replace(/^cloned /, '')
    .replace(/^regression to the mean$/, 'regression')
    .replace(/ (with|by) (an? )?/, ', ');

/** The report of E10. */
export function offlineSections(
  outcomes: readonly Outcome[],
  rows: readonly SummaryRow[],
  config: OfflineExperimentConfig,
): Section[] {
  if (outcomes.length === 0) return [];
  const datasets = byDataset(rows);
  return [
    {
      title: 'E10: Learning from data',
      code: 'E10',
      paragraphs: [
        'Every method learns from the same data, which a recipe makes to the bit (oxbow dataset make), so that intervals are over trainings, and the data are one draw. ' +
          `Policies have ${config.parameters.toLocaleString('en')} parameters, ±10 %. TD3+BC alone sees observations normalized by the data, as in its paper. ` +
          'Cloning keeps the weights with the least loss on a tenth of the episodes, from which it does not learn: −log π(a | o) of a density, in nats a step, the squared ' +
          'error of velocities of flow matching; the two do not compare.',
        'A normalized score is the mean return as a share of the way from random actions, 0, to the expert, 100 %. ' +
          `${config.evaluationEpisodes} episodes of each policy are played by samples, and as many by greedy actions; the score is the higher of the two, seed by seed, where a ` +
          'policy has both. Banks kept are e to the entropy of the banks that walks home take, of samples where a method has some: 1 where all go by one, 2 where both have half.',
      ],
      figures: datasets.flatMap(({ title, name, study, rows: own }): Figure[] => {
        const scores = own.filter(({ metric, iqm }) => metric === 'score' && iqm !== null);
        if (scores.length === 0) return [];
        return [
          {
            name: `${name}-score`,
            caption: `${title}: normalized score, sampled or greedy. Interquartile mean, 95 % interval, and a tick for each seed.`,
            spec: intervalChart(scores, {
              x: 'normalized score',
              format: '%',
              policies: methodsOf(study),
              label: shortLabel,
              colourOf: (method) => method.replace(/^iql-/, ''),
            }),
          },
        ];
      }),
      tables: [referenceTable(outcomes), ...offlineTables(rows), divergedTable(outcomes)].filter(
        (table) => table.rows.length > 0,
      ),
    },
  ];
}

/** What scores are measured by, and which data were learned from. */
function referenceTable(outcomes: readonly Outcome[]): Table {
  const groups = groupBy(outcomes, ({ job: { env, condition } }) => JSON.stringify([env, condition]));
  return {
    title: 'The data, and the returns that count as 0 and as 100 %',
    columns: ['environment', 'data', 'recipe', 'random', 'expert', 'hash'],
    rows: [...groups.values()].flatMap((own) => {
      const { env, condition } = own[0]!.job;
      const recipe = recipeOf(env, condition!);
      if (recipe === undefined) return [];
      const { random, expert } = recipe.task.reference;
      const { dataset } = own[0]!.result.data as OfflineData;
      return [
        [
          plainEnv(env),
          conditionLabel(condition!),
          recipe.name,
          random.toFixed(2),
          expert.toFixed(2),
          dataset.slice(0, 16),
        ],
      ];
    }),
  };
}

/** Trainings that were given up. */
function divergedTable(outcomes: readonly Outcome[]): Table {
  const diverged = outcomes.filter(({ result }) => (result.data as OfflineData).diverged !== undefined);
  return {
    title: 'Trainings that diverged: they have no score',
    columns: ['environment', 'data', 'method', 'seed', 'why'],
    prose: true,
    rows: diverged.map(({ job: { env, condition, policy, seed }, result }) => [
      plainEnv(env),
      conditionLabel(condition!),
      methodLabel(policy),
      String(seed),
      (result.data as OfflineData).diverged!,
    ]),
  };
}
