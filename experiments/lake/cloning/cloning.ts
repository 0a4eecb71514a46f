import type { LakeId } from '../../../envs/index.ts';
import { bounded } from '../../harness/conclusion.ts';
import { groupBy } from '../../harness/groupBy.ts';
import { describeBest } from '../../harness/report/describeBest.ts';
import { cloningSettings } from '../config.ts';
import { lakeJobs } from '../lakeJobs.ts';
import { type PolicyName, policyCost, policyNames } from '../lakePolicies.ts';
import type { LakeStudy } from '../lakeStudy.ts';
import { percent } from '../percent.ts';
import { walksFigures } from '../walksFigures.ts';
import { walkTables } from '../walkTables.ts';
import { clone } from './clone.ts';

const GRAIN: Record<string, string> = {
  'Lake-v0': 'fine lake, strides of 0.15',
  'LakeStride-v0': 'stride lake, strides of 1.3',
};

const METRIC = { name: 'drownRate', label: 'drowned', what: 'share of walks that drown', better: 'lower' } as const;

/** E1: cloning of demonstrators who use both banks. */
export const cloning: LakeStudy = {
  name: 'cloning',
  title: 'Cloning demonstrators who use both banks',
  question: 'Does a Gaussian that learns from walkers on both banks walk into the water?',
  prediction: 'Yes: it fits their average. Policies with several modes do not.',

  jobs: (config) =>
    lakeJobs(config, {
      study: 'cloning',
      environments: Object.keys(GRAIN),
      policies: policyNames,
      weight: ({ env, policy }) =>
        (policyCost[policy as PolicyName] *
          cloningSettings(config, env as LakeId, policy as PolicyName).steps *
          config.cloning.batchSize) /
        2e5,
    }),

  runJob: ({ env, policy }, config, context) =>
    clone({ env: env as LakeId, policy: policy as PolicyName }, config, context),

  tables: (rows) => walkTables('Cloning', rows),

  criteria: ({ rows }) =>
    rows
      .filter(({ metric, env }) => metric === METRIC.name && env === 'LakeStride-v0')
      .map((row) =>
        bounded(row, {
          label: `${row.policy}, drowned`,
          ...(row.policy.startsWith('gaussian') ? { atLeast: 0.2 } : { atMost: 0.05 }),
          format: percent,
        }),
      ),

  section: ({ outcomes, rows }, { cloning: { steps } }) => ({
    paragraphs: [
      'Scripted walks, half of them round each bank, are cloned by maximum likelihood. At the start the two halves disagree. A ' +
        'Gaussian has one mode and fits their average, which points at the water; a policy with several modes can keep both ways.',
      ...(steps === undefined ? [] : [`All policies have ${steps} updates here, whatever their settings say.`]),
    ],
    sections: [...groupBy(outcomes, ({ job }) => job.env)].map(([env, own]) => {
      const here = rows.filter((row) => row.env === env);
      const best = describeBest(
        here.filter(({ metric }) => metric === METRIC.name),
        { better: METRIC.better, label: 'Fewest drowned', format: percent },
      );
      return {
        title: `The ${GRAIN[env]}`,
        ...(best !== undefined && { paragraphs: [best] }),
        figures: walksFigures({
          name: `cloning-${env}`,
          outcomes: own,
          rows: here,
          metric: METRIC,
          curve: { field: 'validationLoss', x: 'updates', y: 'held-out −log π, nats' },
        }),
      };
    }),
  }),
};
