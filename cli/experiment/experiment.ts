import type { TopLevelSpec } from 'vega-lite';
import { z } from 'zod';
import { ENGINE_NAMES, type EngineName } from '../../src/engine/runtime/engineNames.ts';
import { checkArgument } from '../../src/options/parse.ts';
import type { Rng } from '../../src/random.ts';

/** The settings that every experiment has. */
export interface CommonConfig {
  /** One run of each policy for each seed. */
  readonly seeds: readonly number[];
  readonly studies: readonly string[];
  readonly policies: readonly string[];
  readonly environments: readonly string[];
}

/** Some of the settings, at any depth; lists whole. */
export type Preset<C> = {
  readonly [K in keyof C]?: C[K] extends readonly unknown[] ? C[K] : C[K] extends object ? Preset<C[K]> : C[K];
};

/** What the common settings of one experiment may name. */
export interface Choices {
  readonly studies: readonly string[];
  readonly policies: readonly string[];
  readonly environments: readonly string[];
  /** Those of the studies, policies and environments that a run has only if it names them. */
  readonly byName?: readonly string[];
}

/** An independent piece of work, done in one worker process: one policy trained on one environment with one seed, say. */
export interface Job {
  /** Unique; the job's folder below `jobs/`: names of letters, digits, `.`, `_` and `-`, joined by `/`. */
  readonly id: string;
  readonly study: string;
  readonly env: string;
  readonly policy: string;
  /** The key of what sets it apart from others of its study, environment and policy: `tau-0.15`, say. */
  readonly condition?: string;
  readonly seed: number;
  /** Cost relative to the other jobs: the longest start first, and the time left is estimated from it. */
  readonly weight: number;
}

/** A row of `metrics.csv`. `null` says that there was nothing to measure. */
export type MetricsRow = Record<string, number | string | boolean | null>;

/** What a job leaves behind, as plain JSON. */
export interface JobResult {
  /**
   * The numbers that are summarized over seeds, by name; `null` says that there was nothing to measure. A name with a slash,
   * `outcome/left`, is a share: a job that does not name it counts as 0.
   */
  readonly metrics: Record<string, number | null>;
  /** Anything else that the report needs. */
  readonly data?: unknown;
}

/** What a job gets from the harness. */
export interface JobContext {
  /** The stream of the job's seed; jobs with one seed get equal streams, so that comparisons are paired. */
  readonly rng: Rng;
  /** The job's own folder, for artefacts: a policy saved there as `policy.json` is found by `loadPolicies`. */
  readonly directory: string;
  /** A folder for what is to be seen while the job goes on and is no result of it: logs. The job makes it if it needs one. */
  readonly logs: string;
  /** Stands for all settings of the run that results depend on: a checkpoint that bears another one is of another run. */
  readonly settings: string;
  /**
   * Says how far the job is, and records a row of metrics.
   *
   * @param fraction of the work that is done, 0 to 1.
   * @param state how it goes, in a few words, which the progress shows
   * @throws if a number in the row is not finite.
   */
  report(fraction: number, row?: MetricsRow, state?: string): void;
  /** Prints a line about the job. */
  say(line: string): void;
}

/** A finished job: what it was, what came of it, its rows of metrics and its folder. */
export interface Outcome<J extends Job = Job> {
  readonly job: J;
  readonly result: JobResult;
  readonly rows: readonly MetricsRow[];
  readonly directory: string;
  /** The fingerprint of its result and of every file of its folder, parameters included: equal for equal work. */
  readonly fingerprint: string;
}

/**
 * One entry of `summary.json`: a metric of a policy over the seeds, with its interquartile mean and 95 % interval. One seed has
 * no interval: `low` and `high` are null then.
 */
export interface SummaryRow {
  readonly study: string;
  readonly env: string;
  /** The condition of jobs that have one. */
  readonly condition?: string;
  readonly policy: string;
  readonly metric: string;
  readonly iqm: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** In the order of the seeds; `null` where a seed's job is missing or had nothing to measure. */
  readonly perSeed: readonly (number | null)[];
}

/** A table of text, for the terminal and for the report. */
export interface Table {
  readonly title: string;
  /** By which texts of the report name it: `{name}` is read as `Table 3`. */
  readonly name?: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Whether cells hold sentences, which may break anywhere. */
  readonly prose?: boolean;
}

/** A drawing: a Vega-Lite specification, or finished SVG. Colours of {@link themeColour} follow the reader's theme. */
export type Drawing = { readonly spec: TopLevelSpec } | { readonly svg: string };

/** One of several drawings that are one figure: one a policy, say. */
export type Panel = Drawing & {
  readonly title: string;
  /** A CSS colour that stands for the title elsewhere. */
  readonly colour?: string;
  /** A few words below the title. */
  readonly note?: string;
  /** What is to be seen, for those who cannot; the title unless given. */
  readonly alt?: string;
};

/** An entry of a figure's legend, with a small SVG as it is drawn. */
export interface LegendEntry {
  readonly label: string;
  readonly swatch: string;
}

/** A figure of the report: one drawing, or panels that wrap to the width of the page. */
export type Figure = {
  /** Names what is drawn and its units. */
  readonly caption: string;
  /**
   * The name by which `oxbow figure` draws it into a file, and by which texts of the report name it, `{name}` being read as `Figure 3`;
   * unique in the report: letters, digits, `.`, `_`, `-`.
   */
  readonly name?: string;
  readonly legend?: readonly LegendEntry[];
} & (
  | (Drawing & {
      /** As wide as the page. */
      readonly wide?: boolean;
      /** What is to be seen, for those who cannot; the caption unless given. */
      readonly alt?: string;
    })
  | { readonly panels: readonly Panel[] }
);

/** A part of the report: facts, then paragraphs of plain text, figures, tables, and parts of its own. */
export interface Section {
  readonly title: string;
  /** The code of the question that it answers, as {@link Experiment.conclusions} has it: question, answer and prediction then head it. */
  readonly code?: string;
  /** Whether it is folded away until a reader opens it; the line that stays says what is in it. */
  readonly folded?: boolean;
  /** Names with what they stand for, one line or several. */
  readonly facts?: readonly (readonly [name: string, value: string | readonly string[]])[];
  readonly paragraphs?: readonly string[];
  readonly figures?: readonly Figure[];
  readonly tables?: readonly Table[];
  readonly sections?: readonly Section[];
}

/** A question of a reader, and the answer to it: both a sentence or two. */
export interface Remark {
  readonly question: string;
  readonly answer: string;
}

/** One of the numbers that an answer stands on, with its 95 % interval; null where one seed has none. */
export interface AnswerBar {
  /** What it is of: `Gaussian`. */
  readonly label: string;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  /** The value as it is read: `39.0 %`. */
  readonly text: string;
  /** Its interval as it is read, behind the value: `[38.2, 39.8]`. */
  readonly interval?: string;
  /** A CSS colour that stands for it elsewhere. */
  readonly colour?: string;
}

/** The few numbers that an answer stands on: bars in the terminal, a small picture on the report's first page. */
export interface AnswerChart {
  /** What is drawn, and its unit: `walks that drown, stride lake`. */
  readonly caption: string;
  /** Where the axis ends, such as 1 for a share; the largest number unless given. The axis begins at 0. */
  readonly most?: number;
  readonly bars: readonly AnswerBar[];
}

/** What came of a question, computed from the rows of the summary. */
export interface Answer {
  /** A sentence or two, with their numbers: `A Gaussian drowns in 39.0 % [38.2, 39.8] of its walks, a spline flow in 2.0 % [1.7, 2.3].` */
  readonly text: string;
  readonly chart?: AnswerChart;
}

/** A question of an experiment, with what was expected and what came out. */
export interface Conclusion {
  readonly question: string;
  /** Absent where the run lacks the policies or environments that it is about. */
  readonly answer?: Answer;
  /** What was expected before anything was measured, as it was written down then. */
  readonly prediction?: string;
  /** The number by which the question is judged first, and whether it was chosen before the run. */
  readonly endpoint?: string;
}

/** What an experiment runs on, as its run says it. */
export interface Runtime {
  readonly engine: string;
  readonly backend: string;
  /** Printed at the start: which engine and backend run, and why others do not. */
  readonly lines: readonly string[];
}

/**
 * An experiment: which jobs there are, how one is done, and how the results are shown. The harness does the rest: options,
 * seeds in parallel, the run directory, statistics, the report's page.
 */
export interface Experiment<C extends CommonConfig = CommonConfig, J extends Job = Job> {
  readonly name: string;
  /** How a command that runs it begins, `oxbow train Pendulum-v1 --agent ppo` say; `oxbow run <name>` unless given. */
  readonly command?: string;
  /** Heads its report: what it asks, in a few words. The command that runs it unless given. */
  readonly headline?: string;
  /** One line. */
  readonly description: string;
  /** All settings with their defaults; see {@link commonShape}. Unknown ones are errors. */
  readonly schema: z.ZodType<C> & { readonly shape: Record<string, z.ZodType> };
  /** Named sets of settings: `quick` is `--quick`, the smallest run that still shows the point; `full` is `--full`, one to publish. */
  readonly presets: { readonly quick: Preset<C>; readonly full?: Preset<C> };
  readonly choices: Choices;
  /** The field that `--steps` sets, by study: `{ cloning: 'cloning.steps' }`. */
  readonly steps: Readonly<Record<string, string>>;
  runtime(config: C): Promise<Runtime>;
  /** All jobs that there may be. */
  jobs(config: C): J[];
  /**
   * Those of the jobs that are to be done, where that depends on what came of others; all of them unless it is there. It is asked anew
   * whenever those that it named have finished, until it names no more. What it has named it names again.
   * @param outcomes those of the finished jobs
   */
  due?(outcomes: readonly Outcome<J>[], config: C): J[];
  /** Whether a job that was stopped goes on from what its folder holds, which is then kept; else it is done again from its beginning. */
  readonly resumable?: boolean;
  /** Does one job, in a worker process. An error thrown here fails this job alone. */
  runJob(job: J, config: C, context: JobContext): Promise<JobResult>;
  /** How the key of a condition reads in tables and on pages, `τ = 0.15` for `tau-0.15`; as it is, unless given. */
  conditionLabel?(condition: string): string;
  /** How the key of a policy reads in tables and on pages, `IQL with a spline flow` for `iql-spline`; as it is, unless given. */
  policyLabel?(policy: string): string;
  /**
   * Tables of what the clock says, such as speeds: they are printed with the others, and are in no file, since no two runs have them
   * alike.
   * @param jobs those that have finished, with the folders of their logs
   */
  clocked?(jobs: readonly { readonly job: J; readonly logs: string }[], config: C): Table[];
  /** The tables that end a run, unless its questions have answers, and that head its report, unless {@link conclusions} do. */
  tables(summary: readonly SummaryRow[], config: C): Table[];
  /**
   * The rest of the report.
   * @param outcomes those of the finished jobs
   * @param conclusions what {@link Experiment.conclusions} says of them; empty if it is not there
   */
  report(
    outcomes: readonly Outcome<J>[],
    summary: readonly SummaryRow[],
    config: C,
    conclusions: Readonly<Record<string, Conclusion>>,
  ): readonly Section[] | Promise<readonly Section[]>;
  /**
   * What was asked, by the code of each question, with what came of it: the part `experiments` of `summary.json`, and the first page of
   * the report, in this order.
   */
  conclusions?(
    outcomes: readonly Outcome<J>[],
    summary: readonly SummaryRow[],
    config: C,
  ): Readonly<Record<string, Conclusion>>;
  /** What came of it, of an experiment without {@link conclusions}: heads the first page of the report, above its tables. */
  answer?(summary: readonly SummaryRow[], config: C): Answer | undefined;
  /**
   * More that a reader of the report's first page wants to know: a question, and its answer with its numbers.
   * Those that the run cannot answer are left out.
   */
  remarks?(summary: readonly SummaryRow[], config: C): readonly Remark[];
  /** More files of a complete run, by name, as JSON. */
  files?(summary: readonly SummaryRow[], config: C): Readonly<Record<string, unknown>>;
  /** The arguments of the command that takes one of these files as its `--config`, without that option; undefined if none does. */
  usedBy?(file: string, config: C): readonly string[] | undefined;
}

/** How many seeds a run may have. */
export const MOST_SEEDS = 10_000;

/**
 * The fields of {@link CommonConfig} for an experiment's `z.strictObject`: by default all choices but those `byName`, and `seeds` seeds
 * from `first` on.
 * @param codes by study, a code that may stand for its name
 */
export function commonShape<S extends string, P extends string, E extends string>(
  choices: {
    readonly studies: readonly S[];
    readonly policies: readonly P[];
    readonly environments: readonly E[];
    readonly byName?: readonly (S | P | E)[];
  },
  {
    seeds,
    first = 0,
    codes = {},
  }: { readonly seeds: number; readonly first?: number; readonly codes?: Readonly<Record<string, string>> },
) {
  const usual = <T extends S | P | E>(names: readonly T[]) => names.filter((name) => !choices.byName?.includes(name));
  return {
    seeds: z
      .array(z.int().nonnegative())
      .min(1)
      .max(MOST_SEEDS)
      .refine(unique, 'each at most once')
      .default(Array.from({ length: seeds }, (_, i) => first + i))
      .describe('seeds; one run of each policy for each'),
    studies: someOf(choices.studies, codes, usual(choices.studies)).describe(
      Object.keys(codes).length === 0 ? 'questions to ask' : 'questions to ask, by name or code',
    ),
    policies: someOf(choices.policies, {}, usual(choices.policies)).describe('policy classes to compare'),
    environments: someOf(choices.environments, {}, usual(choices.environments)).describe('environments to run on'),
  };
}

/**
 * The field `engine` for an experiment's `z.strictObject`: which engine runs its compiled functions. The environment variable
 * `OXBOW_ENGINE` and `--engine` set it. With 'auto', 'native' and 'wasm' a run has the same results on every machine.
 */
export function engineSetting(usual: EngineName) {
  return z.enum(ENGINE_NAMES).default(usual).describe('engine that compiled functions run on; also by OXBOW_ENGINE');
}

function someOf<T extends string>(
  names: readonly T[],
  codes: Readonly<Record<string, string>> = {},
  usual: readonly T[] = names,
) {
  const named = new Map(Object.entries(codes).map(([name, code]) => [code, name]));
  const list = z.array(z.enum(names).meta({ codes })).min(1).refine(unique, 'each at most once');
  return z
    .preprocess((value) => (Array.isArray(value) ? value.map((entry) => named.get(entry) ?? entry) : value), list)
    .default([...usual]);
}

function unique(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length;
}

/** What `config.json` records. */
export interface RunConfig {
  readonly experiment: string;
  readonly config: CommonConfig;
  readonly seeds: readonly number[];
  readonly engine: string;
  readonly backend: string;
  readonly versions: { readonly oxbow: string; readonly node: string };
  /** The key of the settings that it was begun with, where it has grown by policies whose settings were not among them. */
  readonly settings?: string | undefined;
}

/**
 * The experiments that a command knows, each loaded when it is first needed. Worker processes import the same module again:
 * it must export the registry under the name `registry`.
 */
export interface Registry {
  /** `import.meta.url` of the module that exports the registry. */
  readonly url: string;
  readonly experiments: Record<string, () => Promise<AnyExperiment>>;
}

/** An experiment whose settings and jobs are its own business, with all its labels; see {@link defineExperiment}. */
export type AnyExperiment = Experiment & Required<Pick<Experiment, 'conditionLabel' | 'policyLabel'>>;

/** Keys as they are. */
export const plainLabels = {
  conditionLabel: (condition: string): string => condition,
  policyLabel: (policy: string): string => policy,
};

/** Checks an experiment against its own types and gives it the type that a {@link Registry} holds. @throws if it lacks a part */
export function defineExperiment<C extends CommonConfig, J extends Job>(experiment: Experiment<C, J>): AnyExperiment {
  checkArgument('defineExperiment', 'experiment', experiment, Object);
  const { name, description, schema, presets, choices, steps } = experiment;
  const where = `defineExperiment${typeof name === 'string' ? `('${name}')` : ''}`;
  for (const [field, text] of Object.entries({ name, description })) checkArgument(where, field, text, String);
  for (const [field, part] of Object.entries({ schema, choices, steps, presets })) {
    checkArgument(where, field, part, Object);
  }
  checkArgument(where, 'presets.quick', presets.quick, Object);
  for (const method of ['runtime', 'jobs', 'runJob', 'tables', 'report'] as const) {
    checkArgument(where, method, experiment[method], Function);
  }
  return { ...plainLabels, ...(experiment as unknown as Experiment) };
}
