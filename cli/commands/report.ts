import { writeWholeFile } from '../../src/files.ts';
import { expectedOneOf } from '../../src/options/describe.ts';
import { checkWritable, writeNamed } from '../experiment/checkedJson.ts';
import { InputError } from '../experiment/errors.ts';
import type { Figure, Section } from '../experiment/experiment.ts';
import { summarize } from '../experiment/summarize.ts';
import { printable } from '../experiment/text.ts';
import { drawFigure } from '../report/figure.ts';
import { textTable } from '../report/table.ts';
import { compareRuns } from '../run/compareRuns.ts';
import { EXIT } from '../run/environment.ts';
import { experimentOf, type KnownExperiments } from '../run/loadExperiment.ts';
import { RunDirectory, storedOutcomes } from '../run/runDirectory.ts';
import { fromResults, writeResults } from '../run/writeResults.ts';
import { terminalWidth } from '../terminal/wrapText.ts';
import type { CommandContext } from './options.ts';
import { allowCode } from './run.ts';

interface ReportFlags {
  out?: string;
  tables?: boolean;
  load: string[];
}

/** `oxbow report <dirs…>`: writes what is derived from the jobs of a run again, or compares several. */
export async function report(
  { registry }: CommandContext,
  [path, ...others]: [string, ...string[]],
  { out, tables = false, load }: ReportFlags,
): Promise<number> {
  const known = { registry, allowed: await allowCode({ load }) };
  if (others.length > 0) await compare([path, ...others], out ?? 'comparison.html', known);
  else if (out !== undefined) throw new InputError('--out: the report of one run is written in its directory');
  else await rewrite(path, tables, known);
  return EXIT.ok;
}

async function rewrite(path: string, tables: boolean, known: KnownExperiments): Promise<void> {
  const directory = await RunDirectory.hold(path);
  try {
    const { experiment } = await experimentOf(directory, known);
    const { jobs, outcomes } = storedOutcomes(experiment, directory);
    const report = await fromResults(path, () => writeResults(experiment, directory, jobs, outcomes, { tables }));
    process.stdout.write(`Report: ${printable(report)}\n`);
  } finally {
    directory.release();
  }
}

async function compare(paths: readonly string[], out: string, known: KnownExperiments): Promise<void> {
  checkWritable('--out', 'file', out);
  const { tables, html } = await compareRuns(paths, known);
  for (const table of tables) process.stdout.write(`${textTable(table, terminalWidth())}\n\n`);
  const page = await html();
  writeNamed('--out', out, () => writeWholeFile(out, page));
  process.stdout.write(`Report: ${printable(out)}\n`);
}

/** `oxbow figure <dir> <name> <path>`: one figure of a run's report as SVG files. */
export async function figure(
  { registry }: CommandContext,
  path: string,
  name: string,
  to: string,
  { load }: { load: string[] },
): Promise<number> {
  const fileOf = (theme: 'light' | 'dark') => `${to}-${theme}.svg`;
  checkWritable('figure', 'file', fileOf('light'));
  const directory = RunDirectory.open(path);
  const { experiment, config } = await experimentOf(directory, { registry, allowed: await allowCode({ load }) });
  const { jobs, outcomes } = storedOutcomes(experiment, directory);
  const summary = summarize(jobs, outcomes, config.seeds);
  const sections = await fromResults(path, () =>
    experiment.report(outcomes, summary, config, experiment.conclusions?.(outcomes, summary, config) ?? {}),
  );
  const figures = allFigures(sections);
  const found = figures.find((candidate) => candidate.name === name);
  if (found === undefined) {
    const names = figures.flatMap((candidate) => candidate.name ?? []);
    throw new InputError(`figure: got ${name}, ${expectedOneOf(name, names)}`);
  }
  for (const theme of ['light', 'dark'] as const) {
    const file = fileOf(theme);
    const svg = await drawFigure(found, theme);
    writeNamed('figure', file, () => writeWholeFile(file, svg));
    process.stdout.write(`${file}\n`);
  }
  return EXIT.ok;
}

function allFigures(sections: readonly Section[]): Figure[] {
  return sections.flatMap(({ figures = [], sections = [] }) => [...figures, ...allFigures(sections)]);
}
