import { fingerprint } from '../../src/fingerprint.ts';
import type { Conclusion } from './conclusion.ts';
import type { Job, Outcome } from './experiment.ts';
import type { AnyExperiment } from './registry.ts';
import { verdictTable } from './report/conclusionTables.ts';
import { textTable } from './report/table.ts';
import { writeReport } from './report/writeReport.ts';
import type { RunDirectory } from './runDirectory.ts';
import { summarize } from './summarize.ts';
import { mapValues } from './tuning/mapValues.ts';
import { writeCompactJson, writeJson } from './writeJson.ts';

/** Writes metrics, summary and report of the finished jobs, prints the tables, and returns the report's path. */
export async function writeResults(
  experiment: AnyExperiment,
  directory: RunDirectory,
  jobs: readonly Job[],
  outcomes: readonly Outcome[],
  stdout: NodeJS.WriteStream,
): Promise<string> {
  const { config, seeds, engine, backend } = directory.run;
  directory.writeMetrics(outcomes);
  const results = summarize(jobs, outcomes, seeds);
  const partial = outcomes.length < jobs.length ? { partial: true, finished: outcomes.length, jobs: jobs.length } : {};
  const parts = outcomes.map((outcome) => [outcome.job.id, outcome.fingerprint]);
  const experiments = experiment.conclusions?.(outcomes, results, config);
  const whole = outcomes.length < jobs.length ? undefined : fingerprint({ results, jobs: Object.fromEntries(parts) });
  writeJson(`${directory.path}/summary.json`, {
    experiment: experiment.name,
    engine,
    backend,
    seeds,
    ...partial,
    ...(whole && { fingerprint: whole }),
    ...(experiments && { experiments: mapValues(experiments, written) }),
    results,
  });
  const files = outcomes.length < jobs.length ? {} : (experiment.files?.(results, config) ?? {});
  for (const [name, content] of Object.entries(files)) writeCompactJson(`${directory.path}/${name}`, content);
  const tables = experiment.tables(results, config).filter(({ rows }) => rows.length > 0);
  const clocked = experiment.clocked?.(
    outcomes.map(({ job }) => ({ job, logs: directory.logPath(job) })),
    config,
  );
  const printed = [...tables, ...(experiments ? [verdictTable(experiments)] : []), ...(clocked ?? [])];
  for (const table of printed) stdout.write(`\n${textTable(table)}\n`);
  if (printed.length > 0) stdout.write('\n');
  if (whole !== undefined) stdout.write(`Fingerprint: ${whole}\n`);
  return writeReport(experiment, directory, { jobs, outcomes, results, experiments, tables, fingerprint: whole });
}

/** A conclusion as the summary has it. */
function written({ question, answer, endpoints, prediction, measured, verdict }: Conclusion): object {
  return {
    question,
    ...(answer && { answer: answer.text }),
    ...(endpoints && { endpoints }),
    prediction,
    measured: measured.join('; ') || 'nothing yet',
    verdict,
  };
}
