import type { SummaryRow } from '../../../harness/experiment.ts';
import { metricTable } from '../../../harness/report/table.ts';
import { banditJob, banditSeconds } from '../../bandit/banditJob.ts';
import { BANDIT, type BanditPolicy, banditPolicies } from '../../bandit/banditPolicies.ts';
import { annealed } from '../../bandit/softenOnBandit.ts';
import { conditionLabel } from '../../shared/conditionLabel.ts';
import { nats, percent, shareColumn } from '../../shared/formats.ts';
import { everyOf } from '../../study/everyOf.ts';
import { lakeJobs } from '../../study/lakeJobs.ts';
import type { LakeStudy } from '../../study/lakeStudy.ts';
import { annealingConditions, COLLAPSED, conditionOf, type TemperatureKind } from './annealingConditions.ts';
import { annealingSection } from './annealingSection.ts';

/** At and below this temperature a collapse was predicted. */
const COLD = 0.05;
/** Policies that may have two modes. */
const TWO_MODES = ['mixture-2', 'mixture', 'spline'] as const;

/** E6: E2's bandit with its schedule of temperatures and without. */
export const annealing: LakeStudy = {
  name: 'annealing',
  title: 'The bandit without annealing',
  question: 'Do policies that may keep both banks lose one, if the temperature is low from the start?',
  prediction:
    'Yes: at τ ≤ 0.05 and constant temperature flows and mixtures collapse onto one bank. With a temperature that falls to ' +
    'the same τ they keep both.',

  jobs: (config) =>
    lakeJobs(config, {
      study: 'annealing',
      environments: [BANDIT],
      policies: banditPolicies,
      conditions: annealingConditions.map(({ key }) => key),
      weight: ({ policy }) => banditSeconds(policy as BanditPolicy, config.soft.bandit),
    }),

  async runJob(job, config, context) {
    const { temperature, kind } = conditionOf(job);
    const { metrics, data } = banditJob(
      {
        policy: job.policy as BanditPolicy,
        task: { temperature, penalty: 0 },
        temperature: kind === 'annealed' ? annealed(temperature) : () => temperature,
        noise: 'antithetic',
        triesBank: false,
      },
      config.soft.bandit,
      context,
    );
    // A quadrature finds a little more than 1 for the whole mass.
    const lesserShare = Math.max(0, Math.min(metrics.rightShare!, 1 - metrics.rightShare!));
    return { metrics: { ...metrics, lesserShare }, data };
  },

  tables: (rows) =>
    rows.length === 0
      ? []
      : [
          metricTable(
            'The bandit, annealed and at constant temperature',
            rows.map((row) => ({ ...row, policy: `${conditionLabel(row.condition!)}, ${row.policy}` })),
            [
              { metric: 'kl', label: 'KL to the soft optimum, nats', format: nats },
              { metric: 'lesserShare', label: 'lesser bank', ...shareColumn },
            ],
          ),
        ],

  criteria: ({ rows }) => {
    const lesser = (policy: string, kind: TemperatureKind, fits: (row: SummaryRow) => boolean = () => true) =>
      rows.filter(
        (row) => row.policy === policy && row.metric === 'lesserShare' && conditionOf(row).kind === kind && fits(row),
      );
    return TWO_MODES.flatMap((policy) => [
      everyOf(
        `${policy} at constant τ ≤ ${COLD}: lesser bank at most ${percent(COLLAPSED)}`,
        lesser(policy, 'constant', (row) => conditionOf(row).temperature <= COLD),
        () => ({ atMost: COLLAPSED, format: percent }),
      ),
      everyOf(`${policy}, annealed: lesser bank at least 35 %`, lesser(policy, 'annealed'), () => ({
        atLeast: 0.35,
        format: percent,
      })),
    ]);
  },

  section: annealingSection,
};
