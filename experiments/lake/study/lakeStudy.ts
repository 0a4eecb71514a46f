import type {
  Answer,
  Job,
  JobContext,
  JobResult,
  Outcome,
  Section,
  SummaryRow,
  Table,
} from '../../../cli/experiment/experiment.ts';
import type { LakeConfig } from '../config.ts';
import type { StudyName } from './studyCodes.ts';

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
  /** Its jobs, of the policies, environments and seeds of the config. */
  jobs(config: LakeConfig): LakeJob[];
  runJob(job: LakeJob, config: LakeConfig, context: JobContext): Promise<JobResult>;
  /** The tables of its figures, for the terminal and the head of the report. */
  tables(rows: readonly SummaryRow[], config: LakeConfig): Table[];
  /** What came of the question, in a sentence; undefined where the run does not have what it takes. */
  answer?(results: StudyResults, config: LakeConfig): Answer | undefined;
  /** The number by which the question is decided, for each policy; undefined where the run does not have it. */
  endpoint?(results: StudyResults, config: LakeConfig): Table | undefined;
  /** Its part of the report, below question, answer and prediction. */
  section(results: StudyResults, config: LakeConfig): Omit<Section, 'title'>;
}
