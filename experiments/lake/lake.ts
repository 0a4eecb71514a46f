import type { Outcome, Remark, Section, SummaryRow } from '../../cli/experiment/experiment.ts';
import { withInterval } from '../../cli/experiment/summarize.ts';
import { defineStudy } from '../shared/study.ts';
import { annealing } from './annealing.ts';
import { arrival } from './arrival.ts';
import { blocked } from './blocked.ts';
import { cloning } from './cloning.ts';
import { everySoftLakeTask, FINE, GAUSSIAN, STRIDE, studyCodes } from './conditions.ts';
import { choices, type LakeConfig, lakeSchema } from './config.ts';
import { fixedScale } from './fixedScale.ts';
import { conditionLabel } from './labels.ts';
import { opponent } from './opponent.ts';
import { otherWays } from './otherWays.ts';
import { ppo } from './ppo.ts';
import { regret } from './regret.ts';
import { soft } from './soft.ts';
import type { LakeJob, LakeStudy, StudyResults } from './study.ts';

/** In the order of their codes, which is that of jobs and summaries. */
const studies: readonly LakeStudy[] = [
  ppo, // E0: does one with several modes get home more often, where everything is observed?
  cloning, // E1: does a Gaussian that learns from walkers on both banks walk into the water?
  soft, // E2: how near does each come to a soft optimum that has two modes?
  blocked, // E3: which still get home where the bank that they would use is blocked?
  opponent, // E4: what is a policy worth where the blocked bank is the worse one for it?
  fixedScale, // E5: is it the Gaussian that walks into the water, or the size of its noise?
  annealing, // E6: is a bank lost, if the temperature is low from the start?
  otherWays, // E7: which other ways than a flow let a policy use both banks?
  arrival, // E0 anew, on seeds that nothing was chosen by
  regret, // E2 anew
];

/** Gaussian policies beside those with several modes on the walk around the lake: E0 to E7. */
export const lake = defineStudy<LakeConfig, LakeJob>({
  name: 'lake',
  headline: 'When do you need a flow policy?',
  description: 'Gaussian, mixture and flow policies on the walk around the lake.',
  schema: lakeSchema,
  choices,
  steps: { cloning: 'cloning.steps', ppo: 'ppo.steps' },
  presets: {
    // Less is asked, and nothing is trained less: each number is one of the usual run, too.
    quick: {
      studies: ['cloning', 'soft', 'blocked'],
      environments: ['LakeStride-v0', 'SoftBandit-v0'],
      policies: ['gaussian', 'mixture', 'spline'],
      cloning: { conditions: [] },
      soft: { bandit: { conditions: ['tau-0.05', 'tau-0.15', 'tau-0.5'] }, lake: { tasks: [] } },
    },
    full: {
      seeds: Array.from({ length: 20 }, (_, seed) => seed),
      evaluationEpisodes: 1000,
      soft: { lake: { steps: 120_000, tasks: [...everySoftLakeTask] }, sac: { steps: 14_000 } },
      fixedScale: { lake: { scales: [0.1, 0.3, 0.7, 1] } },
      otherWays: { cloning: { steps: 2500 } },
    },
  },

  jobs: (config) => asked(config).flatMap((study) => study.jobs(config)),

  runJob: (job, config, context) => studies.find(({ name }) => name === job.study)!.runJob(job, config, context),

  conditionLabel,

  tables: (summary, config) =>
    asked(config).flatMap((study) =>
      study.tables(
        summary.filter((row) => row.study === study.name),
        config,
      ),
    ),

  conclusions: (outcomes, summary, config) =>
    Object.fromEntries(
      byImportance(asked(config)).map((study) => {
        const { name, question, prediction, endpoint } = study;
        const results = resultsOf(study, outcomes, summary);
        const answer = study.answer?.(results, config);
        return [studyCodes[name], { question, prediction, ...(endpoint && { endpoint }), ...(answer && { answer }) }];
      }),
    ),

  remarks: (summary) => whenNotNeeded(summary),

  report: (outcomes, summary, config) =>
    byImportance(asked(config)).flatMap((study): Section[] => {
      const results = resultsOf(study, outcomes, summary);
      if (results.outcomes.length === 0) return [];
      const section = study.section(results, config);
      const code = studyCodes[study.name];
      const tables = [...(section.tables ?? []), ...study.tables(results.rows, config)];
      return [{ title: `${code}: ${study.title}`, code, ...section, tables }];
    }),
});

/** The studies of a run. */
function asked(config: LakeConfig): LakeStudy[] {
  return studies.filter(({ name }) => config.studies.includes(name));
}

/** Studies as terminal and report have them: first the one that says most. */
function byImportance(some: readonly LakeStudy[]): LakeStudy[] {
  return [...some.filter(({ name }) => name === 'cloning'), ...some.filter(({ name }) => name !== 'cloning')];
}

function resultsOf({ name }: LakeStudy, outcomes: readonly Outcome[], summary: readonly SummaryRow[]): StudyResults {
  return {
    outcomes: (outcomes as readonly Outcome<LakeJob>[]).filter(({ job }) => job.study === name),
    rows: summary.filter(({ study }) => study === name),
  };
}

/** When a Gaussian is enough, or a mixture: by E1's controls. Nothing of a run that has none of them. */
function whenNotNeeded(rows: readonly SummaryRow[]): Remark[] {
  const drowned = (env: string, policy: string, condition?: string) => {
    const row = rows.find(
      (candidate) =>
        candidate.study === 'cloning' &&
        candidate.metric === 'drownRate' &&
        candidate.env === env &&
        candidate.policy === policy &&
        candidate.condition === condition,
    );
    if (row === undefined || row.iqm === null) return undefined;
    return withInterval(row, (share) => (100 * share).toFixed(1), '\u00a0%');
  };
  const agreed = drowned(STRIDE, GAUSSIAN, 'share-100');
  const told = drowned(FINE, GAUSSIAN, 'right-angles');
  const mixture = drowned(STRIDE, 'mixture-2');
  const sentences = [
    ...(agreed === undefined
      ? []
      : [`Where all demonstrators use one bank, a Gaussian drowns in ${agreed} of its walks.`]),
    ...(told === undefined ? [] : [`Where the position tells which bank is meant, in ${told}.`]),
    ...(mixture === undefined ? [] : [`With two banks a mixture of 2 does as a flow does: ${mixture}.`]),
  ];
  return sentences.length === 0 ? [] : [{ question: 'When is a flow not needed?', answer: sentences.join(' ') }];
}
