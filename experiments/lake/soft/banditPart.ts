import { bounded } from '../../harness/conclusion.ts';
import type { SummaryRow } from '../../harness/experiment.ts';
import { groupBy } from '../../harness/groupBy.ts';
import { metricTable } from '../../harness/report/table.ts';
import type { LakeConfig } from '../config.ts';
import { lakeJobs } from '../lakeJobs.ts';
import { percent } from '../percent.ts';
import type { StudyPart } from '../studyInParts.ts';
import { annealed, banditJob } from './banditJob.ts';
import type { BanditTask } from './banditOptimum.ts';
import { BANDIT, type BanditPolicy, banditCost, banditPolicies } from './banditPolicies.ts';
import { bestGaussian } from './bestGaussian.ts';

const TEMPERATURES = [0.02, 0.05, 0.12, 0.15, 0.3, 0.5];
/** With the penalty a Gaussian and one flow tell what there is to tell. */
const OF_PENALTY = ['gaussian', 'spline'];

/** A condition of the bandit's jobs. */
interface BanditCondition {
  readonly condition: string;
  readonly folder: string;
  readonly task: BanditTask;
}

const CONDITIONS: readonly BanditCondition[] = [0, 1].flatMap((penalty) =>
  TEMPERATURES.map((temperature) => ({
    condition: `τ = ${temperature}${penalty === 0 ? '' : ', penalty'}`,
    folder: `tau-${temperature}${penalty === 0 ? '' : '-penalty'}`,
    task: { temperature, penalty },
  })),
);

const taskOf = (condition: string | undefined): BanditTask =>
  CONDITIONS.find((each) => each.condition === condition)!.task;

/** E2 in the bandit: how near policies come to its soft optimum. */
export const banditPart: StudyPart = {
  environments: [BANDIT],

  jobs: (config) =>
    [0, 1].flatMap((penalty) =>
      lakeJobs(config, {
        study: 'soft',
        environments: [BANDIT],
        policies: penalty === 0 ? banditPolicies : OF_PENALTY,
        conditions: CONDITIONS.filter(({ task }) => task.penalty === penalty),
        weight: ({ policy }) => weightOf(policy as BanditPolicy, config),
      }),
    ),

  runJob: async ({ policy, condition }, config, context) => {
    const task = taskOf(condition);
    const training = {
      policy: policy as BanditPolicy,
      task,
      temperature: annealed(task.temperature),
      startsOnBank: true,
    };
    return banditJob(training, config.soft.bandit, context);
  },

  tables: (rows) =>
    [...groupBy(rows, ({ condition }) => condition!)].map(([condition, own]) =>
      metricTable(`The soft bandit, ${condition}`, own, [
        { metric: 'kl', label: 'KL to the soft optimum, nats', format: nats },
        { metric: 'water', label: 'in the water', format: (value) => (100 * value).toFixed(1), unit: '%' },
        { metric: 'rightShare', label: 'right bank', format: (value) => (100 * value).toFixed(1), unit: '%' },
      ]),
    ),

  criteria: ({ rows }) => rows.filter(({ policy }) => policy === 'gaussian').flatMap((row) => gaussianCriterion(row)),

  section: () => ({ title: 'The bandit' }),
};

const nats = (value: number): string => value.toFixed(3);

/** How far from the best Gaussian's figures a trained one may be. */
const NEAR = 0.02;

function gaussianCriterion(row: SummaryRow) {
  const best = bestGaussian(taskOf(row.condition));
  if (row.metric !== 'kl' && row.metric !== 'water') return [];
  const format = row.metric === 'kl' ? nats : percent;
  return [
    bounded(row, {
      label: `gaussian, ${row.condition}, ${row.metric}`,
      atLeast: best[row.metric] - NEAR,
      atMost: best[row.metric] + NEAR,
      format,
    }),
  ];
}

/** Seconds of a job. */
export function weightOf(policy: BanditPolicy, { soft: { bandit } }: LakeConfig): number {
  return 0.1 + (banditCost[policy] * bandit.steps * (bandit.batchSize + 128)) / 2e7;
}
