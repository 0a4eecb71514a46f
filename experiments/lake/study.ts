import type {
  Answer,
  Job,
  JobContext,
  JobResult,
  Outcome,
  Section,
  SummaryRow,
  Table,
} from '../../cli/experiment/experiment.ts';
import { metricTable } from '../../cli/report/table.ts';
import type { StudyName } from './conditions.ts';
import type { LakeConfig } from './config.ts';

export interface LakeJob extends Job {
  readonly study: StudyName;
}

/** What came of a study. */
export interface StudyResults {
  /** The outcomes of its finished jobs. */
  readonly outcomes: readonly Outcome<LakeJob>[];
  /** The rows of the summary that are its own. */
  readonly rows: readonly SummaryRow[];
}

/** One question about the lake: the jobs that answer it, and how the answer is judged and shown. */
export interface LakeStudy {
  readonly name: StudyName;
  /** Heads its section of the report. */
  readonly title: string;
  /** One sentence. */
  readonly question: string;
  /** What was expected before anything was measured, one sentence or two. */
  readonly prediction: string;
  /** The number by which the question is judged first, and whether it was chosen before the run. */
  readonly endpoint?: string;
  /** Its jobs, of the policies, environments and seeds of the config. */
  jobs(config: LakeConfig): LakeJob[];
  runJob(job: LakeJob, config: LakeConfig, context: JobContext): Promise<JobResult>;
  /** The tables of its figures, for the terminal and the head of the report. */
  tables(rows: readonly SummaryRow[], config: LakeConfig): Table[];
  /** What came of the question, in a sentence; undefined where the run does not have what it takes. */
  answer?(results: StudyResults, config: LakeConfig): Answer | undefined;
  /** Its part of the report, below question, answer and prediction. */
  section(results: StudyResults, config: LakeConfig): Omit<Section, 'title'>;
}

/** A part of a study, on environments of its own: its jobs, and how what came of them is shown. */
export interface StudyPart extends Pick<LakeStudy, 'jobs' | 'runJob' | 'tables'> {
  /** Those of its jobs, which no other part of the study has. */
  readonly environments: readonly string[];
  /** Its part of the study's section. */
  section(results: StudyResults, config: Parameters<LakeStudy['section']>[1]): Section;
}

/** A study put together of parts; those of which no job has finished have no section. */
export function studyInParts(
  parts: readonly StudyPart[],
  {
    paragraphs,
    ...study
  }: Pick<LakeStudy, 'name' | 'title' | 'question' | 'prediction' | 'endpoint' | 'answer'> &
    Pick<Section, 'paragraphs'>,
): LakeStudy {
  const has = (part: StudyPart, env: string) => part.environments.includes(env);
  const resultsOf = (part: StudyPart, { outcomes, rows }: StudyResults): StudyResults => ({
    outcomes: outcomes.filter(({ job }) => has(part, job.env)),
    rows: rows.filter(({ env }) => has(part, env)),
  });
  return {
    ...study,
    jobs: (config) => parts.flatMap((part) => part.jobs(config)),
    runJob: (job: LakeJob, config, context) => parts.find((part) => has(part, job.env))!.runJob(job, config, context),
    tables: (rows, config) =>
      parts.flatMap((part) =>
        part.tables(
          rows.filter(({ env }) => has(part, env)),
          config,
        ),
      ),
    section: (results, config) => ({
      ...(paragraphs !== undefined && { paragraphs }),
      sections: parts
        .map((part) => ({ part, own: resultsOf(part, results) }))
        .filter(({ own }) => own.outcomes.length > 0)
        .map(({ part, own }) => part.section(own, config)),
    }),
  };
}

/** A table of metrics; none where nothing was measured. */
export function tableOf(...[title, rows, columns]: Parameters<typeof metricTable>): Table[] {
  return rows.length === 0 ? [] : [metricTable(title, rows, columns)];
}
