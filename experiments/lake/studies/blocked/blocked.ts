import { type HeadingPolicy, headingPolicies, SOFT_LAKE } from '../../../../agents/lake.ts';
import type { Answer, SummaryRow } from '../../../../cli/experiment/experiment.ts';
import { metricTable } from '../../../../cli/report/table.ts';
import { answerBars } from '../../shared/answerBars.ts';
import { classEndpoint } from '../../shared/classEndpoint.ts';
import { classRows, contrast } from '../../shared/classRows.ts';
import { bound, percent, percentWithInterval, shareColumn } from '../../shared/formats.ts';
import { policyLabel } from '../../shared/policyLabel.ts';
import { lakeJobs } from '../../study/lakeJobs.ts';
import type { LakeStudy } from '../../study/lakeStudy.ts';
import { softPpoSeconds, softPpoSettings } from '../../tuned.ts';
import { blockBank, TRIES } from './blockBank.ts';
import { blockedSection } from './blockedSection.ts';

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
      environments: [SOFT_LAKE],
      policies: headingPolicies,
      weight: ({ policy }) =>
        softPpoSeconds(softPpoSettings(config.tuned, policy as HeadingPolicy), config.soft.lake.steps) +
        config.blocked.fineTuning.steps / 25_000,
    }),

  runJob: ({ policy }, config, context) => blockBank({ policy: policy as HeadingPolicy }, config, context),

  tables: (rows) =>
    rows.length === 0
      ? []
      : [
          metricTable('A blocked bank: home', rows, [
            { metric: 'homeRate', label: 'none blocked', ...shareColumn },
            { metric: 'modeBalance', label: 'less used bank', ...shareColumn },
            { metric: 'hidden', label: 'either, at random', ...shareColumn },
            { metric: 'opponentHome', label: 'the one used more', ...shareColumn },
          ]),
          metricTable('The worse bank blocked: success', rows, [
            ...TRIES.map((k) => ({ metric: `success${k}`, label: k === 1 ? '1 try' : `${k} tries`, ...shareColumn })),
            { metric: 'adapted', label: 'adapted by PPO', ...shareColumn },
            {
              metric: 'stepsToAdapt',
              label: 'steps to that, of seeds that did',
              format: (value: number) => value.toFixed(0),
            },
          ]),
        ],

  answer: ({ rows }) => eightTries(rows),

  endpoint: ({ rows }) =>
    classEndpoint(
      {
        measure: 'success within eight tries, the worse bank blocked',
        chosen: 'post hoc',
        ...shareColumn,
        failure: `success is under ${bound(SURE)}`,
      },
      classRows(rows, { metric: 'success8' }),
      () => ({ when: (success) => success < SURE }),
    ),

  section: blockedSection,
};

/** A policy with two modes gets home so often within eight tries, … */
const SURE = 0.9;

/** Who gets home within eight tries, and in how many seeds. */
function eightTries(rows: readonly SummaryRow[]): Answer | undefined {
  const success = classRows(rows, { metric: 'success8' });
  const pair = contrast(success);
  if (pair === undefined) return undefined;
  const told = [pair.gaussian, pair.other].map((row) => {
    const values = row.perSeed.filter((value) => value !== null);
    const sure = values.filter((value) => value >= SURE).length;
    return `a ${policyLabel(row.policy)} gets home in ${percentWithInterval(row)} (${sure} of ${values.length} seeds reach ${bound(SURE)})`;
  });
  return {
    text: `With its worse bank blocked and eight tries, ${told.join(', ')}.`,
    chart: {
      caption: 'success within eight tries, the worse bank blocked',
      most: 1,
      bars: answerBars(success, percent),
    },
  };
}
