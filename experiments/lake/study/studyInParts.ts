import type { Section } from '../../../cli/experiment/experiment.ts';
import type { LakeJob, LakeStudy, StudyResults } from './lakeStudy.ts';

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
  }: Pick<LakeStudy, 'name' | 'title' | 'question' | 'prediction' | 'answer' | 'endpoint'> &
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
