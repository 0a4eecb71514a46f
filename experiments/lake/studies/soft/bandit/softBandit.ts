import { metricTable } from '../../../../../cli/report/table.ts';
import { banditJob, banditSeconds } from '../../../bandit/banditJob.ts';
import { BANDIT, type BanditPolicy } from '../../../bandit/banditPolicies.ts';
import { annealed } from '../../../bandit/softenOnBandit.ts';
import { nats, shareColumn } from '../../../shared/formats.ts';
import { lakeJobs } from '../../../study/lakeJobs.ts';
import type { StudyPart } from '../../../study/studyInParts.ts';
import { banditConditions, taskOf } from './banditConditions.ts';
import { banditSection } from './banditSection.ts';

/** E2 in the bandit: how near policies come to its soft optimum. */
export const softBandit: StudyPart = {
  environments: [BANDIT],

  jobs: (config) =>
    banditConditions
      .filter(({ key }) => config.soft.bandit.conditions.includes(key))
      .flatMap((condition) =>
        lakeJobs(config, {
          study: 'soft',
          environments: [BANDIT],
          policies: condition.policies,
          conditions: [condition.key],
          weight: ({ policy }) => banditSeconds(policy as BanditPolicy, config.soft.bandit),
        }),
      ),

  async runJob({ policy, condition }, config, context) {
    const task = taskOf(condition);
    return banditJob(
      {
        policy: policy as BanditPolicy,
        task,
        temperature: annealed(task.temperature),
        noise: 'antithetic',
        triesBank: true,
      },
      config.soft.bandit,
      context,
    );
  },

  tables: (rows) =>
    [0, 1]
      .map((penalty) => rows.filter(({ condition }) => taskOf(condition).penalty === penalty))
      .filter((own) => own.length > 0)
      .map((own) =>
        metricTable(
          `The soft bandit${taskOf(own[0]!.condition).penalty === 0 ? '' : ', with a penalty of 1 in the water'}`,
          own.map((row) => ({ ...row, policy: `τ = ${taskOf(row.condition).temperature}, ${row.policy}` })),
          [
            { metric: 'kl', label: 'KL to the soft optimum, nats', format: nats },
            { metric: 'water', label: 'in the water', ...shareColumn },
            { metric: 'rightShare', label: 'right bank', ...shareColumn },
          ],
        ),
      ),

  section: (results) => banditSection(results),
};
