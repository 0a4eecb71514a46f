import { join } from 'node:path';
import { writeWholeFile } from '../../src/files.ts';
import { fingerprint } from '../../src/fingerprint.ts';
import { writeCompactJson, writeJson } from '../experiment/checkedJson.ts';
import type { AnyExperiment, Conclusion, Job, Outcome, Table } from '../experiment/experiment.ts';
import { summarize } from '../experiment/summarize.ts';
import { finishedJobs } from '../experiment/text.ts';
import { mapValues } from '../experiment/tuned.ts';
import { renderPage } from '../report/page.ts';
import { type RunResults, reportPage } from '../report/reportPage.ts';
import { ownSettings } from '../report/settings.ts';
import { textTable } from '../report/table.ts';
import { answersText } from '../terminal/answersText.ts';
import { commandLine } from '../terminal/commandLine.ts';
import { terminalWidth } from '../terminal/wrapText.ts';
import type { RunDirectory } from './runDirectory.ts';

/**
 * Writes metrics, summary and report of the finished jobs, prints what came of them, and returns the report's path. Printed are the answers to
 * the questions, or the tables, where there are none.
 * @param options.tables whether the tables are printed in any case
 */
export async function writeResults(
  experiment: AnyExperiment,
  directory: RunDirectory,
  jobs: readonly Job[],
  outcomes: readonly Outcome[],
  { tables: alwaysTables = false } = {},
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
  const isAnswered = Object.values(experiments ?? {}).some(({ answer }) => answer !== undefined);
  const withTables = !isAnswered || alwaysTables;
  const shown = { tables: [...(withTables ? tables : []), ...(clocked ?? [])], conclusions: experiments ?? {} };
  if (outcomes.length > 0) say(shown, { jobs: jobs.length, finished: outcomes.length });
  if (whole !== undefined) process.stdout.write(`Fingerprint: ${whole}\n`);
  for (const name of Object.keys(files)) {
    const argv = experiment.usedBy?.(name, config);
    if (argv === undefined) continue;
    process.stdout.write(`To use ${name}: ${commandLine(...argv, '--config', `${directory.path}/${name}`)}\n`);
  }
  if (!withTables && tables.length > 0) {
    process.stdout.write(`Tables: ${commandLine('report', directory.path, '--tables')}\n`);
  }
  return writeReport(experiment, directory, { jobs, outcomes, results, experiments, tables, fingerprint: whole });
}

/** A conclusion as the summary has it. */
function written({ question, answer, prediction }: Conclusion): object {
  return { question, ...(answer && { answer: answer.text }), ...(prediction !== undefined && { prediction }) };
}

/** Prints answers, and tables behind them. */
function say(
  { tables, conclusions }: { tables: readonly Table[]; conclusions: Readonly<Record<string, Conclusion>> },
  { jobs, finished }: Record<'jobs' | 'finished', number>,
): void {
  const { stdout } = process;
  const width = terminalWidth();
  const bold = stdout.isTTY === true && !process.env.NO_COLOR;
  const texts = [
    ...(Object.keys(conclusions).length === 0 ? [] : [answersText(conclusions, { width, bold })]),
    ...tables.map((table) => textTable(table, width)),
  ];
  if (texts.length === 0) return;
  if (finished < jobs) texts.unshift(`Partial: ${finishedJobs(finished, jobs)}, and numbers will change.`);
  stdout.write(`\n${texts.join('\n\n')}\n\n`);
}

/** Writes `report.html` of a run and returns its path. */
async function writeReport(experiment: AnyExperiment, directory: RunDirectory, results: RunResults): Promise<string> {
  const page = await reportPage(experiment, directory, results);
  const path = join(directory.path, 'report.html');
  writeWholeFile(path, await renderPage(page, ownSettings(directory.run.config)));
  return path;
}

/**
 * What `make` gives of the results of a run that is read. Checksums do not say that its jobs left what the experiment expects of them.
 * @throws an Error that names where the results lie, if `make` throws one that is none of the system's and not meant for the user
 */
export async function fromResults<T>(directory: string, make: () => T | Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'InputError' || 'code' in error) throw error;
    error.message = `${join(directory, 'jobs')}: no report can be made of the results there: ${error.message}`;
    throw error;
  }
}
