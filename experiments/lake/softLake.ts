import { groupBy } from '../../cli/experiment/summarize.ts';
import { metricTable } from '../../cli/report/table.ts';
import { type HeadingPolicy, SOFT_LAKE } from '../../common/lake.ts';
import { gridJobs } from '../shared/study.ts';
import { describeTask, softLakeCondition, softLakeConditions } from './conditions.ts';
import { nats, shareColumn } from './labels.ts';
import { softLakeJob } from './softLakeJob.ts';
import { softSacSeconds } from './softTrainings.ts';
import type { LakeJob, StudyPart } from './study.ts';
import { softPpoSeconds, softPpoSettings } from './tuned.ts';

/** E2 on the lake, with headings for actions: how near policies come to the soft optimum at each temperature and stride. */
export const softLake: StudyPart = {
  environments: [SOFT_LAKE],

  jobs: (config) =>
    softLakeConditions(config.soft).flatMap((condition) =>
      gridJobs<LakeJob>(config, {
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

  section: (_, { soft: { lake } }) => ({
    title: 'The lake',
    paragraphs: [
      'The walker chooses a heading; each step has the same length, the stride. The soft return of a walk is its reward and τ times the entropy of its ' +
        `headings against the uniform density. Its optimum is known by soft value iteration on ${lake.cells} × ${lake.cells} cells and ${lake.points} ` +
        'headings. A nat of KL at one state costs τ of soft return.',
    ],
  }),
};
