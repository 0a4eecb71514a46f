import { policyNames } from '../../../../agents/lake.ts';
import type { Section } from '../../../../cli/experiment/experiment.ts';
import { learningCurves, typicalOutcome } from '../../../../cli/report/charts.ts';
import { policyColours } from '../../../../envs/drawing/palette.ts';
import type { LakeConfig } from '../../config.ts';
import { percent } from '../../shared/formats.ts';
import type { StudyResults } from '../../study/lakeStudy.ts';
import { lakeFigure, walksLegend } from '../../walks/lakeFigure.ts';
import { type BlockedData, TASK, TRIES } from './blockBank.ts';
import { successChart } from './successChart.ts';

/** The study in the report. */
export function blockedSection(
  { outcomes, rows }: StudyResults,
  { blocked: { fineTuning } }: LakeConfig,
): Omit<Section, 'title'> {
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
}
