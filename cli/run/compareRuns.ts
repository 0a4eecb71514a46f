import { basename, resolve } from 'node:path';
import { Rng } from '../../src/random.ts';
import { InputError } from '../experiment/errors.ts';
import type { AnyExperiment, Figure, Job, Outcome, SummaryRow, Table } from '../experiment/experiment.ts';
import { groupBy, summarize } from '../experiment/summarize.ts';
import { type Page, renderPage } from '../report/page.ts';
import { FEW_ROWS, howSure, missingJobs } from '../report/reportPage.ts';
import { flatSettings } from '../report/settings.ts';
import { metricTable } from '../report/table.ts';
import { improvementInterval, probabilityOfImprovement } from '../statistics/comparison.ts';
import { formatP, holm, pairedPermutationTest } from '../statistics/pValues.ts';
import { beginning, commandOf } from '../terminal/commandLine.ts';
import { curvePoints, curvesFigure, metricFigure } from '../train/trainSections.ts';
import { experimentOf, type KnownExperiments } from './loadExperiment.ts';
import { RunDirectory, storedOutcomes } from './runDirectory.ts';

/** A run with what came of its jobs. */
interface OpenRun {
  /** The directory's own name, or its path as it was given where names are the same. */
  readonly name: string;
  readonly experiment: AnyExperiment;
  readonly directory: RunDirectory;
  readonly jobs: readonly Job[];
  readonly outcomes: readonly Outcome[];
  readonly summary: readonly SummaryRow[];
}

type Measured = Pick<Job, 'study' | 'condition' | 'policy'>;

/** What one run measured of one study, condition and policy, under a name that no other has. */
interface Subject extends Measured {
  readonly label: string;
  readonly run: OpenRun;
}

/** What came of all runs in one environment. */
interface Part {
  readonly env: string;
  readonly tables: readonly Table[];
  readonly figures: readonly Figure[];
}

export interface Comparison {
  readonly tables: readonly Table[];
  /** The report as one HTML file. */
  html(): Promise<string>;
}

/**
 * Compares what several runs measured, environment by environment: interquartile means with intervals, learning curves, and
 * how each differs from the first.
 * @throws InputError if a directory holds no run, is damaged, or is named twice
 */
export async function compareRuns(paths: readonly string[], known: KnownExperiments): Promise<Comparison> {
  const folders = paths.map((path) => resolve(path));
  const twice = paths.find((_, i) => folders.indexOf(folders[i]!) < i);
  if (twice !== undefined) throw new InputError(`report: got ${twice} twice, expected different runs`);
  const ends = folders.map((folder) => basename(folder));
  const names = new Set(ends).size === ends.length ? ends : paths;
  const runs = await Promise.all(paths.map((path, i) => open(path, names[i]!, known)));
  const all = subjects(runs);
  const environments = [...new Set(runs.flatMap(({ jobs }) => jobs.map(({ env }) => env)))];
  const parts = environments.map((env) => compare(env, all));
  return {
    tables: parts.flatMap(({ tables }) => tables),
    html() {
      const { common, different } = parted(runs);
      return renderPage(page(runs, parts, different), common);
    },
  };
}

async function open(path: string, name: string, known: KnownExperiments): Promise<OpenRun> {
  const directory = RunDirectory.open(path);
  const { experiment } = await experimentOf(directory, known);
  const { jobs, outcomes } = storedOutcomes(experiment, directory);
  return { name, experiment, directory, jobs, outcomes, summary: summarize(jobs, outcomes, directory.run.seeds) };
}

/** Labels say what not all have in common, and the run's name where that does not tell which is meant. */
function subjects(runs: readonly OpenRun[]): Subject[] {
  const all = runs.flatMap((run) => [...groupBy(run.jobs, key).values()].map(([job]) => ({ ...job!, run })));
  const parts = [
    ({ study }: (typeof all)[number]) => study,
    ({ condition, run }: (typeof all)[number]) => condition && run.experiment.conditionLabel(condition),
    ({ policy, run }: (typeof all)[number]) => run.experiment.policyLabel(policy),
  ].filter((part) => new Set(all.map(part)).size > 1);
  const short = all.map((subject) => parts.flatMap((part) => part(subject) ?? []));
  const isUnique = new Set(short.map((words) => words.join(' '))).size === all.length;
  return all.map((subject, i) => ({
    ...subject,
    label: [...(isUnique ? [] : [subject.run.name]), ...short[i]!].join(' '),
  }));
}

function key({ study, condition, policy }: Measured): string {
  return JSON.stringify([study, condition, policy]);
}

function compare(env: string, all: readonly Subject[]): Part {
  const isOf = (subject: Subject) => (item: Measured & { readonly env: string }) =>
    item.env === env && key(item) === key(subject);
  const here = all.filter((subject) => subject.run.jobs.some(isOf(subject)));
  const rows = here.flatMap((subject) =>
    subject.run.summary.filter(isOf(subject)).map((row) => ({ ...row, policy: subject.label })),
  );
  const outcomes = here.flatMap((subject) =>
    subject.run.outcomes
      .filter(({ job }) => isOf(subject)(job))
      .map((outcome) => ({ ...outcome, job: { ...outcome.job, policy: subject.label } })),
  );
  const metrics = [...groupBy(rows, ({ metric }) => metric)];
  const policies = here.map(({ label }) => label);
  const columns = metrics.map(([metric]) => ({ metric, label: metric, format: significant }));
  const nameOf = (what: string) => `${env}-${what}`.replaceAll(/[^\w.-]/g, '-');
  const options = { what: `${env}: return of an episode`, steps: 'steps' };
  const curves = curvesFigure(outcomes, policies, nameOf('curves'), options);
  // A metric that is the same everywhere, as the steps of an episode often are, needs no drawing.
  const varying = metrics.filter(([, own]) => new Set(own.flatMap(({ perSeed }) => perSeed)).size > 1);
  const charts = varying.map(([x, own]) => metricFigure(env, own, { x, name: nameOf(x), policies }));
  return {
    env,
    tables: [metricTable(env, rows, columns), ...differences(env, here, rows, metrics[0]?.[0])],
    figures: [...(curvePoints(outcomes).length > 0 ? [curves] : []), ...charts],
  };
}

/** How each differs from the first, where they have two seeds or more in common. */
function differences(
  env: string,
  [first, ...others]: readonly Subject[],
  rows: readonly SummaryRow[],
  metric: string | undefined,
): Table[] {
  if (first === undefined || metric === undefined) return [];
  const bySeed = ({ label, run }: Subject) => {
    const row = rows.find((candidate) => candidate.policy === label && candidate.metric === metric);
    const values = run.directory.run.seeds.map((seed, i) => [seed, row?.perSeed[i] ?? null] as const);
    return new Map(values.filter((entry): entry is [number, number] => entry[1] !== null));
  };
  const base = bySeed(first);
  const compared = others
    .map((subject) => ({ label: subject.label, values: bySeed(subject) }))
    .map(({ label, values }) => ({ label, values, seeds: [...base.keys()].filter((seed) => values.has(seed)) }))
    .filter(({ seeds }) => seeds.length > 1);
  if (compared.length === 0) return [];
  const pValues = holm(
    compared.map(({ values, seeds }) =>
      pairedPermutationTest(
        seeds.map((seed) => values.get(seed)!),
        seeds.map((seed) => base.get(seed)!),
        new Rng('comparison'),
      ),
    ),
  );
  return [
    {
      title: `${env}: ${metric} against ${first.label}`,
      columns: ['policy', 'common seeds', 'chance of a higher one', 'p, paired'],
      rows: compared.map(({ label, values, seeds }, i) => [
        label,
        String(seeds.length),
        improvement([...values.values()], [...base.values()]),
        formatP(pValues[i]!),
      ]),
    },
  ];
}

/** The probability of improvement with its interval. */
function improvement(x: readonly number[], y: readonly number[]): string {
  const share = probabilityOfImprovement(x, y).toFixed(2);
  const { low, high } = improvementInterval(x, y, { rng: new Rng('comparison') });
  return low === null ? share : `${share} [${low.toFixed(2)},\u00a0${high.toFixed(2)}]`;
}

function page(runs: readonly OpenRun[], parts: readonly Part[], different: Table): Page {
  const missing = runs.flatMap(({ name, jobs, outcomes, experiment }) =>
    missingJobs(jobs, outcomes, experiment).map((line) => `${name}: ${line}`),
  );
  const tables = parts.flatMap((part) => part.tables);
  const isShort = tables.reduce((sum, { rows }) => sum + rows.length, 0) <= FEW_ROWS;
  const seeds = Math.min(...runs.map(({ directory }) => directory.run.seeds.length));
  const facts = runs.map(({ name, directory: { run, date } }) => [name, described(run, date)] as const);
  const settings = 'The settings that not all of the runs have alike; those that they share are at the end.';
  return {
    title: `${runs.length} runs compared: ${runs.map(({ name }) => name).join(', ')}`,
    lead: [...new Set(runs.map(({ experiment }) => experiment.headline ?? experiment.description))].join(' '),
    run: facts.map(([name, what]) => `${name}: ${what}.`).join(' '),
    ...(missing.length > 0 && {
      warning: { text: 'Partial: not all jobs have finished, and numbers will change as they do.', items: missing },
    }),
    conclusions: {},
    ...(isShort && { tables }),
    remarks: [{ question: 'How sure is it?', answer: howSure(seeds) }],
    commands: runs.map(
      ({ experiment, directory: { run } }) =>
        commandOf(experiment, run.config) ?? `${beginning(experiment)} --config …`,
    ),
    sections: [
      ...parts.map(({ env, tables, figures }) => ({ title: env, figures, ...(!isShort && { tables }) })),
      ...(different.rows.length > 0 ? [{ title: 'What differs', paragraphs: [settings], tables: [different] }] : []),
    ],
    howToRead: [HOW_TO_READ],
    facts,
  };
}

function described({ experiment, seeds, engine, versions }: RunDirectory['run'], date: string | undefined): string {
  const day = date === undefined ? '' : `, ${date}`;
  return `${experiment}, seeds ${seeds.join(', ')}${day}, engine ${engine}, oxbow ${versions.oxbow}`;
}

/** The settings that all runs have alike, by path, and a table of the others. */
function parted(runs: readonly OpenRun[]): { common: Record<string, string>; different: Table } {
  const all = runs.map(({ directory }) => new Map(flatSettings(directory.run.config)));
  const paths = [...new Set(all.flatMap((settings) => [...settings.keys()]))];
  const isCommon = (path: string) => all.every((settings) => settings.get(path) === all[0]!.get(path));
  return {
    common: Object.fromEntries(paths.filter(isCommon).map((path) => [path, all[0]!.get(path)!])),
    different: {
      title: 'Settings by run',
      columns: ['setting', ...runs.map(({ name }) => name)],
      rows: paths
        .filter((path) => !isCommon(path))
        .map((path) => [path, ...all.map((settings) => settings.get(path) ?? '–')]),
    },
  };
}

const HOW_TO_READ =
  'A number is the interquartile mean over the seeds (the mean of the middle half), in brackets its 95 % interval by the bootstrap. ' +
  'The chance of a higher one is that of a run drawn at random beside a run of the first, one half where they are alike, with its 95 % interval; p is of the ' +
  'paired permutation test over the seeds that both have, with Holm’s correction.';

/** Four digits, without an exponent where that is short. */
function significant(value: number): string {
  return Math.abs(value) >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(4)));
}
