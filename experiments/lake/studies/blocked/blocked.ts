import { policyColours } from '../../../../envs/drawing/palette.ts';
import { learningCurves } from '../../../harness/report/learningCurves.ts';
import { metricTable } from '../../../harness/report/table.ts';
import { typicalOutcome } from '../../../harness/report/typicalOutcome.ts';
import { type HeadingPolicy, headingPolicies } from '../../headings/headingPolicies.ts';
import { softLakeSeconds } from '../../headings/softLakeSeconds.ts';
import { policyNames } from '../../shared/lakePolicies.ts';
import { percent } from '../../shared/percent.ts';
import { lakeFigure, walksLegend } from '../../walks/lakeFigure.ts';
import { lakeJobs } from '../lakeJobs.ts';
import type { LakeStudy } from '../lakeStudy.ts';
import { BLOCKED_ENV, type BlockedData, block, TASK, TRIES } from './blockBank.ts';
import { blockedCriteria } from './blockedCriteria.ts';
import { successChart } from './successChart.ts';

const share = { format: (value: number) => (100 * value).toFixed(1), unit: '%' };

/** E3: one bank is blocked, and no observation tells. */
export const blocked: LakeStudy = {
  name: 'blocked',
  title: 'A bank is blocked after training',
  question: 'Which policies still get home where the bank that they would use is blocked, unknown to them?',
  prediction:
    'A policy that keeps both banks gets home within k fresh tries with probability 1 − 2⁻ᵏ, whichever bank is blocked; a committed ' +
    'Gaussian never does on its worst bank. So it is against an opponent who blocks the bank used more: the one gets home every other ' +
    'time, the other never.',

  jobs: (config) =>
    lakeJobs(config, {
      study: 'blocked',
      environments: [BLOCKED_ENV],
      policies: headingPolicies,
      weight: ({ policy }) =>
        softLakeSeconds(config, policy as HeadingPolicy) + config.blocked.fineTuning.steps / 25_000,
    }),

  runJob: ({ policy }, config, context) => block({ policy: policy as HeadingPolicy }, config, context),

  tables: (rows) =>
    rows.length === 0
      ? []
      : [
          metricTable('A blocked bank: home', rows, [
            { metric: 'homeRate', label: 'none blocked', ...share },
            { metric: 'modeBalance', label: 'less used bank', ...share },
            { metric: 'hidden', label: 'either, at random', ...share },
            { metric: 'opponentHome', label: 'the one used more', ...share },
          ]),
          metricTable('The worse bank blocked: success', rows, [
            ...TRIES.map((k) => ({ metric: `success${k}`, label: k === 1 ? '1 try' : `${k} tries`, ...share })),
            { metric: 'adapted', label: 'adapted by PPO', ...share },
            {
              metric: 'stepsToAdapt',
              label: 'steps to that, of seeds that did',
              format: (value: number) => value.toFixed(0),
            },
          ]),
        ],

  criteria: ({ rows }) => blockedCriteria(rows),

  section: ({ outcomes, rows }, { blocked: { fineTuning } }) => {
    const { domain, range } = policyColours(policyNames);
    const panels = domain.flatMap((policy, i) => {
      const own = outcomes.filter(({ job }) => job.policy === policy);
      if (own.length === 0) return [];
      const { job, result } = typicalOutcome(own, { metric: 'success1', better: 'higher' });
      const { worst, walks } = result.data as BlockedData;
      const note = `seed ${job.seed}: ${percent(result.metrics.success1 ?? 0)} home`;
      const home = walks.filter(({ outcome }) => outcome === 'home').length;
      const alt = `${policy}, ${note}. The ${worst} bank is blocked; ${home} of ${walks.length} walks get home.`;
      return [{ title: policy, note, colour: range[i]!, alt, spec: lakeFigure(walks, range[i]!, worst) }];
    });
    return {
      paragraphs: [
        'Each policy over headings first learns by PPO on the soft return of the open stride lake, as in E2 and with E2’s settings, for which each ' +
          `policy had the same number of trials. τ falls to ${TASK.temperature}, which was taken on seeds 1000 and 1001 after trials at 0.02, ` +
          'E2’s lower one, in which the spline had nearly lost a bank. Then one bank is flooded from the shore to the border, which no ' +
          'observation tells. Success within k tries is estimated without bias from many walks, on the bank whose loss hurts ' +
          'the policy more. Where a side is hidden, either bank is blocked with probability ½. An opponent blocks the bank that the policy has ' +
          'used more, by a moving average of its walks. At last PPO goes on training where the worse bank is blocked, until nine of ten ' +
          'walks get home.',
        'Nothing in training holds the two banks even. Where the less used one has a share q of the walks, about 1 − (1 − q)ᵏ of success is left ' +
          'within k tries, less than the 1 − 2⁻ᵏ of two even modes. That q, from other walks on the open lake, is what success in one try is held ' +
          'against. Against an opponent it is about q that is left, too: that is E4 on the lake.',
      ],
      figures: [
        {
          name: 'blocked-success',
          caption:
            'Success within k fresh tries where the worse bank is blocked. Interquartile mean over the seeds, 95 % interval. Dashed: ' +
            '1 − 2⁻ᵏ, two even modes.',
          spec: successChart(rows, TRIES),
        },
        {
          name: 'blocked-walks',
          caption:
            'Walks where the worse bank, the thick blue line, is blocked, before PPO goes on. Positions in lengths. Each policy with the ' +
            'seed of its median success (of an even number, the worse of the two in the middle).',
          legend: walksLegend,
          panels,
        },
        {
          name: 'blocked-adaptation',
          caption:
            `PPO on the blocked lake: share of the episodes of a rollout that get home, over ${fineTuning.steps} steps. Interquartile mean ` +
            'over the seeds, in a band of its 95 % interval.',
          spec: learningCurves(
            outcomes.flatMap(({ job: { policy, seed }, rows: ofJob }) =>
              ofJob
                .filter((row) => typeof row.homeRate === 'number')
                .map((row) => ({ policy, seed, step: row.step as number, value: row.homeRate as number })),
            ),
            { x: 'environment steps', y: 'home', policies: policyNames },
          ),
        },
      ],
    };
  },
};
