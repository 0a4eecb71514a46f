import { bounded } from '../../../harness/conclusion.ts';
import { groupBy } from '../../../harness/groupBy.ts';
import { metricTable } from '../../../harness/report/table.ts';
import type { HeadingPolicy } from '../../headings/headingPolicies.ts';
import { softLakeSeconds } from '../../headings/softLakeSeconds.ts';
import { bestOnLake } from '../../headings/truth/bestOnLake.ts';
import { nats } from '../../shared/formats.ts';
import { lakeJobs } from '../lakeJobs.ts';
import type { StudyPart } from '../studyInParts.ts';
import { describeTask, STRIDE, softLakeCondition, softLakeConditions } from './lakeConditions.ts';
import { lakeSection } from './lakeSection.ts';
import { sacSeconds } from './sacSeconds.ts';
import { softLakeJob } from './softLakeJob.ts';

/** How far above the best Gaussian a trained one may be, nats. */
const NEAR = 0.1;

const share = { format: (value: number) => (100 * value).toFixed(1), unit: '%' };

/** E2 on the lake, with headings for actions: how near policies come to the soft optimum at each temperature and stride. */
export const lakePart: StudyPart = {
  environments: ['LakeStride-v0'],

  jobs: (config) =>
    softLakeConditions(config.soft).flatMap((condition) =>
      lakeJobs(config, {
        study: 'soft',
        environments: ['LakeStride-v0'],
        policies: condition.policies,
        conditions: [condition],
        weight: ({ policy }) =>
          condition.learner === 'SAC' ? sacSeconds(config.soft.sac) : softLakeSeconds(config, policy as HeadingPolicy),
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
        { metric: 'water', label: 'first step drowns', ...share },
        { metric: 'drownRate', label: 'drowned', ...share },
        { metric: 'homeRate', label: 'home', ...share },
      ]);
    }),

  criteria: ({ rows }, config) =>
    rows.flatMap((row) => {
      const { task } = softLakeCondition(row.condition, config.soft);
      const label = `${row.policy}, ${row.condition}`;
      if (row.policy === 'gaussian' && row.metric === 'kl') {
        const { kl } = bestOnLake(task, config.soft.lake).best;
        return [
          bounded(row, { label: `${label}, KL`, atLeast: Math.max(0, kl - NEAR), atMost: kl + NEAR, format: nats }),
        ];
      }
      if (row.metric !== 'modeEntropy' || task.stride !== STRIDE) return [];
      const bounds =
        row.policy === 'gaussian' ? { atMost: 0.1 } : row.policy === 'spline' ? { atLeast: 0.6 } : undefined;
      return bounds === undefined
        ? []
        : [bounded(row, { label: `${label}, entropy of the bank`, ...bounds, format: nats })];
    }),

  section: lakeSection,
};
