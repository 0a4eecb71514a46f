import { type DensityPolicyName, densityPolicyNames, policyCost, SOFT_LAKE } from '../../common/lake.ts';
import { gridJobs } from '../shared/study.ts';
import { describeArrivals } from './arrivals.ts';
import { arrivalSettings } from './regretJob.ts';
import type { LakeJob, LakeStudy } from './study.ts';
import { walksFigures, walkTables } from './walkFigures.ts';
import { ppoJob } from './walkJobs.ts';

/** E0 anew: PPO on the stride lake, by an endpoint that was chosen before the run, on seeds that nothing was chosen by. */
export const arrival: LakeStudy = {
  name: 'arrival',
  title: 'PPO on the stride lake',
  question:
    'Does a policy with several modes get home more often than a Gaussian by PPO, where one step decides and everything is observed?',
  /** Fixed on 2026-11-27, before any run, and not changed since. */
  prediction:
    'Every class 20 of 20 (seeds with ≥ 90 % home); lesser bank ≤ 2 %; returns within ±0.08 of the Gaussian’s, the spline’s not below it',
  endpoint: 'return of the seeds of which 90 % of the walks get home, stride lake (chosen before the run)',

  jobs: (config) =>
    gridJobs<LakeJob>(config, {
      study: 'arrival',
      environments: [SOFT_LAKE],
      policies: densityPolicyNames,
      weight: ({ policy }) =>
        (policyCost[policy as DensityPolicyName] * config.anew.ppoSteps * arrivalSettings(policy).epochs) / 2e5,
    }),

  runJob({ policy }, { ppo, anew, evaluationEpisodes }, context) {
    const settings = arrivalSettings(policy);
    const training = { env: SOFT_LAKE, policy: policy as DensityPolicyName, settings } as const;
    return ppoJob(training, { ppo: { ...ppo, steps: anew.ppoSteps }, evaluationEpisodes }, context);
  },

  tables: (rows) => walkTables('PPO', rows),

  answer: ({ rows }) => describeArrivals(rows, 'On the stride lake, '),

  section: ({ outcomes, rows }) => ({
    paragraphs: [
      'On the fine lake whether a seed finds home is a matter of its exploration, not of its class. On the stride lake a few steps lead home, and all ' +
        'classes have settings of their own, found with as many trials for each on other seeds. A seed arrives where at least 90 % of its walks get home.',
    ],
    figures: walksFigures({
      name: 'arrival',
      outcomes,
      rows,
      metric: { name: 'homeRate', label: 'home', what: 'share of walks that get home', better: 'higher' },
    }),
  }),
};
