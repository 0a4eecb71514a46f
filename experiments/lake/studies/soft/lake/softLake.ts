import { type HeadingPolicy, SOFT_LAKE } from '../../../../../agents/lake.ts';
import { groupBy } from '../../../../../cli/experiment/collections.ts';
import { metricTable } from '../../../../../cli/report/table.ts';
import { softSacSeconds } from '../../../headings/softSacTraining.ts';
import { nats, shareColumn } from '../../../shared/formats.ts';
import { lakeJobs } from '../../../study/lakeJobs.ts';
import type { StudyPart } from '../../../study/studyInParts.ts';
import { softPpoSeconds, softPpoSettings } from '../../../tuned.ts';
import { describeTask, softLakeCondition, softLakeConditions } from './lakeConditions.ts';
import { lakeSection } from './lakeSection.ts';
import { softLakeJob } from './softLakeJob.ts';

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
