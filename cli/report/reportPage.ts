import type {
  AnyExperiment,
  Conclusion,
  Job,
  Outcome,
  Remark,
  RunConfig,
  Section,
  SummaryRow,
  Table,
} from '../experiment/experiment.ts';
import { groupBy } from '../experiment/summarize.ts';
import { finishedJobs, plural } from '../experiment/text.ts';
import { beginning, commandOf } from '../terminal/commandLine.ts';
import type { Page } from './page.ts';

/** What came of a run, finished or not. */
export interface RunResults {
  readonly jobs: readonly Job[];
  /** The outcomes of the jobs that have finished. */
  readonly outcomes: readonly Outcome[];
  readonly results: readonly SummaryRow[];
  /** What was asked, if the experiment says so. */
  readonly experiments: Readonly<Record<string, Conclusion>> | undefined;
  readonly tables: readonly Table[];
  /** The fingerprint of a complete run. */
  readonly fingerprint: string | undefined;
}

/** What the report of a run shows. */
export async function reportPage(
  experiment: AnyExperiment,
  { run, date }: { readonly run: RunConfig; readonly date: string | undefined },
  { jobs, outcomes, results, experiments, tables, fingerprint }: RunResults,
): Promise<Page> {
  const { config, engine, backend, versions } = run;
  const { seeds, studies, environments } = config;
  const policies = config.policies.map((policy) => experiment.policyLabel(policy));
  const missing = missingJobs(jobs, outcomes, experiment);
  const conclusions = experiments ?? {};
  const command = commandOf(experiment, config);
  const isShort = tables.reduce((sum, { rows }) => sum + rows.length, 0) <= FEW_ROWS;
  const answer = experiment.answer?.(results, config);
  const own = outcomes.length === 0 ? [] : await experiment.report(outcomes, results, config, conclusions);
  const remarks: Remark[] = [
    ...(experiment.remarks?.(results, config) ?? []),
    { question: 'How sure is it?', answer: howSure(seeds.length) },
  ];
  return {
    title: experiment.headline ?? beginning(experiment),
    lead: experiment.description,
    run: [
      `${policyList(policies)}, ${plural(seeds.length, 'seed')}.`,
      ...(date === undefined ? [] : [`Run on ${dateText(date)},`]),
      `oxbow ${versions.oxbow}, engine ${engine}.`,
    ].join(' '),
    ...(missing.length > 0 && {
      warning: {
        text: `Partial: ${finishedJobs(outcomes.length, jobs.length)}, and numbers will change as the others do.`,
        items: missing,
      },
    }),
    conclusions,
    ...(!experiments && answer && { answer }),
    ...(!experiments && isShort && { tables }),
    remarks,
    commands: [command ?? `${beginning(experiment)} --config settings.json`],
    sections: [
      ...(experiments || isShort ? [] : [{ title: 'Results', tables }]),
      ...own.map((section) => withConclusion(section, conclusions)),
    ],
    howToRead: [
      ...(outcomes.length === 0 ? ['No job has finished yet.'] : [howToRead(seeds.length)]),
      ...(command === undefined ? ['The settings that make it again are the part “config” of config.json.'] : []),
    ],
    facts: [
      ['studies', studies.join(', ')],
      ['environments', environments.join(', ')],
      ['policies', policies.join(', ')],
      ['seeds', seeds.join(', ')],
      ['engine', engine],
      ['backend', backend],
      ['oxbow', versions.oxbow],
      ['node', versions.node],
      ...(date === undefined ? [] : [['date', date] as const]),
      ...(fingerprint === undefined ? [] : [['fingerprint', fingerprint] as const]),
    ],
  };
}

/** A section under the question that it answers. */
function withConclusion(section: Section, conclusions: Readonly<Record<string, Conclusion>>): Section {
  const conclusion = section.code === undefined ? undefined : conclusions[section.code];
  if (conclusion === undefined) return section;
  const { question, answer, prediction, endpoint } = conclusion;
  return {
    ...section,
    facts: [
      ['question', question],
      ...(answer === undefined ? [] : [['answer', answer.text] as const]),
      ...(prediction === undefined ? [] : [['expected', prediction] as const]),
      ...(endpoint === undefined ? [] : [['primary endpoint', endpoint] as const]),
      ...(section.facts ?? []),
    ],
  };
}

/** Policies by name where they are few. */
function policyList(policies: readonly string[]): string {
  return policies.length <= 4 ? `Policies: ${policies.join(', ')}` : `${policies.length} policies`;
}

/** `26 November 2026` for `2026-11-26`. */
function dateText(date: string): string {
  return new Date(date).toLocaleDateString('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
}

function howToRead(seeds: number): string {
  if (seeds === 1) {
    return 'One seed was run: each number is that seed’s own, and there is no interval. Run more seeds before you compare policies.';
  }
  return (
    `The run has ${seeds} seeds, the same for all policies; the column “seeds” says how many of them a policy’s numbers are over. A ` +
    'number is the interquartile mean over the seeds (the mean of the middle half), in brackets its 95 % interval by the ' +
    'stratified bootstrap: how far the number would move with other seeds, not with other data. It leaves out a quarter of the seeds at either ' +
    'end, so of shares it is not the share of all cases: figures and files show each seed. Where the intervals of two policies are far apart, ' +
    'the choice of seeds hardly explains the difference' +
    (seeds < 5 ? '; with so few seeds they are only a rough guide.' : '.')
  );
}

/** How far a run's numbers are to be trusted. */
export function howSure(seeds: number): string {
  if (seeds === 1) return 'One seed was run: numbers have no interval, and one seed decides nothing.';
  const guide = seeds < FEW_SEEDS ? ` ${seeds} seeds are a rough guide.` : '';
  return `Numbers are interquartile means over ${seeds} seeds, in brackets their 95 % intervals.${guide}`;
}

/** With fewer seeds intervals are too narrow: by the bootstrap one of three covers 73 % in place of 95 %, one of five 90 %. */
const FEW_SEEDS = 10;

/** Which jobs of a run have not finished, a line for each study, environment and condition: `cloning, Lake-v0: spline (seeds 3, 4)`. */
export function missingJobs(
  jobs: readonly Job[],
  outcomes: readonly Outcome[],
  { conditionLabel, policyLabel }: Pick<AnyExperiment, 'conditionLabel' | 'policyLabel'>,
): string[] {
  const finished = new Set(outcomes.map(({ job }) => job.id));
  const isMissing = ({ id }: Job) => !finished.has(id);
  return [
    ...groupBy(jobs, ({ study, env, condition }) =>
      [study, env, condition && conditionLabel(condition)].filter(Boolean).join(', '),
    ),
  ].flatMap(([where, here]) => {
    if (!here.some(isMissing)) return [];
    if (here.every(isMissing)) return [`${where}: all policies, all seeds`];
    const policies = [...groupBy(here, ({ policy }) => policy)].flatMap(([policy, own]) => {
      const seeds = own.filter(isMissing).map(({ seed }) => seed);
      if (seeds.length === 0) return [];
      if (seeds.length === own.length) return [`${policyLabel(policy)} (all seeds)`];
      return [`${policyLabel(policy)} (seed${seeds.length === 1 ? '' : 's'} ${seeds.join(', ')})`];
    });
    return [`${where}: ${policies.join(', ')}`];
  });
}

/** Rows of tables that the first page of a report has room for. */
export const FEW_ROWS = 12;
