import type { Answer, Criteria, Endpoint } from '../../../cli/experiment/conclusion.ts';
import type {
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
  /** The claims of the prediction, each judged by the statistics. */
  criteria(results: StudyResults, config: LakeConfig): Criteria;
  /** What came of the question, in a sentence; undefined where the run does not have what it takes. */
  answer?(results: StudyResults, config: LakeConfig): Answer | undefined;
  /** The numbers by which the study is judged first, the parts of one primary endpoint; those that the run cannot have are left out. */
  endpoints?(results: StudyResults, config: LakeConfig): readonly (Endpoint | undefined)[];
  /** Its part of the report, below question, prediction and verdict. */
  section(results: StudyResults, config: LakeConfig): Omit<Section, 'title'>;
}
