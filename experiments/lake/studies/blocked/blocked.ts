import { type HeadingPolicy, headingPolicies, SOFT_LAKE } from '../../../../agents/lake.ts';
import {
  type Answer,
  bounded,
  byConstruction,
  type Criteria,
  type Criterion,
  noted,
} from '../../../../cli/experiment/conclusion.ts';
import type { SummaryRow } from '../../../../cli/experiment/experiment.ts';
import { metricTable } from '../../../../cli/report/table.ts';
import { equivalentRows } from '../../../shared/equivalentRows.ts';
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

  criteria: ({ rows }) => blockedCriteria(rows),

  answer: ({ rows }) => eightTries(rows),

  endpoints: ({ rows }) => [
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
  ],

  section: blockedSection,
};

const TWO_MODES = ['mixture-2', 'mixture', 'spline'] as const;

/** Who commits gets home at most so often where the bank is blocked. */
const NEVER = 0.1;
/** A policy with two modes gets home so often within eight tries, … */
const SURE = 0.9;
/** … and so often against an opponent: its lesser bank is then as even as E2 and E6 ask for. */
const EVEN = 0.35;
/** The largest difference that does not matter between success and what the walks of the open lake let expect. */
const SAME_SHARE = 0.05;

const points = (value: number) => `${value < 0 ? '−' : '+'}${percent(Math.abs(value))}`;

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

const LATER = 'added after seeds 0 to 2 had been seen';
const IDENTITY = 'without an observation of the barrier, what is left is the share that the open bank had';

/** The claims about a blocked bank, and about an opponent on the lake. */
export function blockedCriteria(rows: readonly SummaryRow[]): Criteria {
  const of = (policy: string, metric: string) => rows.find((row) => row.policy === policy && row.metric === metric);
  const commits = (metric: string, what: string) =>
    bounded(of('gaussian', metric), { label: `gaussian, ${what}`, atMost: NEVER, format: percent });
  const keepsBoth = (metric: string, what: string, atLeast: number) =>
    TWO_MODES.map((policy) => bounded(of(policy, metric), { label: `${policy}, ${what}`, atLeast, format: percent }));
  const later = (claim: Criterion | undefined) => noted(claim, LATER);
  return [
    later(commits('success1', 'worst bank, 1 try')),
    commits('success8', 'worst bank, 8 tries'),
    ...TWO_MODES.map((policy) =>
      byConstruction(
        equivalentRows(of(policy, 'success1'), of(policy, 'lesserHome'), {
          label: `${policy}, worst bank, 1 try − home by the bank used less`,
          bound: SAME_SHARE,
          format: points,
        }),
        IDENTITY,
      ),
    ),
    ...keepsBoth('success8', 'worst bank, 8 tries', SURE).map((claim, i) =>
      TWO_MODES[i] === 'spline' ? claim : later(claim),
    ),
    later(commits('opponentHome', 'opponent, home')),
    ...keepsBoth('opponentHome', 'opponent, home', EVEN).map(later),
  ];
}
