import { join } from 'node:path';
import { writeWholeFile } from '../../../src/files.ts';
import type { Conclusion } from '../conclusion.ts';
import type { Job, Outcome, Section, SummaryRow, Table } from '../experiment.ts';
import { finishedJobs } from '../finishedJobs.ts';
import type { AnyExperiment } from '../registry.ts';
import type { RunDirectory } from '../runDirectory.ts';
import { conclusionTable } from './conclusionTables.ts';
import { missingJobs } from './missingJobs.ts';
import { renderPage } from './page.ts';

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

/** Writes `report.html` of a run and returns its path. */
export async function writeReport(
  experiment: AnyExperiment,
  directory: RunDirectory,
  { jobs, outcomes, results, experiments, tables, fingerprint }: RunResults,
): Promise<string> {
  const { config, engine, backend, versions } = directory.run;
  const missing = missingJobs(jobs, outcomes, experiment.conditionLabel);
  const head: Section = {
    title: 'Results',
    paragraphs: outcomes.length === 0 ? ['No job has finished yet.'] : [howToRead(config.seeds.length)],
    tables: experiments ? [conclusionTable(experiments)] : tables,
  };
  const html = await renderPage(
    {
      title: experiment.title ?? `oxbow run ${experiment.name}`,
      lead: experiment.description,
      ...(missing.length > 0 && {
        warning: {
          text: `Partial: ${finishedJobs(outcomes.length, jobs.length)}, and numbers will change as the others do. Missing:`,
          items: missing,
        },
      }),
      facts: [
        ['studies', config.studies.join(', ')],
        ['environments', config.environments.join(', ')],
        ['policies', config.policies.join(', ')],
        ['seeds', config.seeds.join(', ')],
        ['engine', engine],
        ['backend', backend],
        ['oxbow', versions.oxbow],
        ['node', versions.node],
        ...(fingerprint === undefined ? [] : [['fingerprint', fingerprint] as const]),
      ],
      sections: [
        head,
        ...(outcomes.length === 0 ? [] : await experiment.report(outcomes, results, config, experiments ?? {})),
      ],
    },
    config,
  );
  const path = join(directory.path, 'report.html');
  writeWholeFile(path, html);
  return path;
}

function howToRead(seeds: number): string {
  if (seeds === 1) {
    return 'One seed was run: each number is that seed’s own, and there is no interval. Run more seeds before you compare policies.';
  }
  return (
    `The run has ${seeds} seeds, the same for all policies; the column “seeds” says how many of them a policy’s numbers are over. A ` +
    'number is the interquartile mean over the seeds (the mean of the middle half), in brackets its 95 % interval by the ' +
    'stratified bootstrap: how far the number would move with other seeds. Where the intervals of two policies are far apart, ' +
    'the choice of seeds hardly explains the difference' +
    (seeds < 5 ? '; with so few seeds they are only a rough guide.' : '.')
  );
}
