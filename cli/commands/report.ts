import { join } from 'node:path';
import { Command } from 'commander';
import { writeWholeFile } from '../../src/files.ts';
import { expectedOneOf } from '../../src/options/describe.ts';
import { checkWritable } from '../experiment/checkedJson.ts';
import { checkConfig } from '../experiment/config.ts';
import { InputError } from '../experiment/errors.ts';
import type { Figure, Registry, Section } from '../experiment/experiment.ts';
import { printable } from '../experiment/text.ts';
import { type KnownExperiments, loadExperiment } from '../run/loadExperiment.ts';
import { terminalWidth } from '../terminal/wrapText.ts';
import { allowCode, openedRun, withLoadOption } from './run.ts';

/** `oxbow report <dirs…>`: writes what is derived from the jobs of a run again, or compares several. */
export function reportCommand(registry: Registry): Command {
  return withLoadOption(new Command('report'))
    .description('write the tables, summary and report of a run again, or compare several runs')
    .argument('<dirs...>', 'a run directory, or several to compare')
    .option('--out <file>', 'where the comparison of several runs goes (default: comparison.html)')
    .option('--tables', 'print the tables of a run that has answers, too')
    .action(async ([path, ...others]: [string, ...string[]], { out, tables = false, load }: ReportFlags) => {
      const known = { registry, allowed: await allowCode({ load }) };
      if (others.length > 0) return compare([path, ...others], out ?? 'comparison.html', known);
      if (out !== undefined) throw new InputError('--out: the report of one run is written in its directory');
      await rewrite(path, tables, known);
    });
}

interface ReportFlags {
  out?: string;
  tables?: boolean;
  load: string[];
}

async function rewrite(path: string, tables: boolean, { registry, allowed }: KnownExperiments): Promise<void> {
  const [{ fromResults, writeResults }, { RunDirectory, storedOutcomes }] = await Promise.all([
    import('../run/writeResults.ts'),
    import('../run/runDirectory.ts'),
  ]);
  const directory = await RunDirectory.hold(path, {
    wait: (line) => process.stderr.write(`${line}\n`),
    lost: () => {},
  });
  try {
    const { experiment: name, config } = directory.run;
    const experiment = await loadExperiment(registry, name, config, allowed);
    checkConfig(experiment, config, join(path, 'config.json'));
    const { jobs, outcomes } = storedOutcomes(experiment, directory);
    const report = await fromResults(path, () =>
      writeResults(experiment, directory, jobs, outcomes, { stdout: process.stdout, tables }),
    );
    process.stdout.write(`Report: ${printable(report)}\n`);
  } finally {
    directory.release();
  }
}

async function compare(paths: readonly string[], out: string, known: KnownExperiments): Promise<void> {
  const [{ compareRuns }, { textTable }] = await Promise.all([
    import('../run/compareRuns.ts'),
    import('../report/table.ts'),
  ]);
  checkWritable('--out', 'file', out);
  const { tables, html } = await compareRuns(paths, known);
  for (const table of tables) process.stdout.write(`${textTable(table, terminalWidth())}\n\n`);
  writeNamed('--out', out, await html());
  process.stdout.write(`Report: ${printable(out)}\n`);
}

/** `oxbow figure <dir> <name> <path>`: one figure of a run's report as SVG files. */
export function figureCommand(registry: Registry): Command {
  return withLoadOption(new Command('figure'))
    .description('draw one figure of a report as SVG, for light and for dark backgrounds')
    .argument('<dir>', 'a run directory')
    .argument('<name>', 'the name of the figure, as in cloning-Lake-v0-walks; an unknown name lists all')
    .argument('<path>', 'writes <path>-light.svg and <path>-dark.svg')
    .action(async (path: string, name: string, to: string, { load }: { load: string[] }) => {
      const [{ fromResults }, { drawFigure }, { storedOutcomes }, { summarize }] = await Promise.all([
        import('../run/writeResults.ts'),
        import('../report/figure.ts'),
        import('../run/runDirectory.ts'),
        import('../experiment/summarize.ts'),
      ]);
      const fileOf = (theme: 'light' | 'dark') => `${to}-${theme}.svg`;
      checkWritable('figure', 'file', fileOf('light'));
      const { directory, experiment, config } = await openedRun(path, registry, await allowCode({ load }));
      const { jobs, outcomes } = storedOutcomes(experiment, directory);
      const summary = summarize(jobs, outcomes, config.seeds);
      const sections = await fromResults(path, () =>
        experiment.report(outcomes, summary, config, experiment.conclusions?.(outcomes, summary, config) ?? {}),
      );
      const figures = allFigures(sections);
      const figure = figures.find((candidate) => candidate.name === name);
      if (figure === undefined) {
        const names = figures.flatMap((candidate) => candidate.name ?? []);
        throw new InputError(`figure: got ${name}, ${expectedOneOf(name, names)}`);
      }
      for (const theme of ['light', 'dark'] as const) {
        const file = fileOf(theme);
        writeNamed('figure', file, await drawFigure(figure, theme));
        process.stdout.write(`${file}\n`);
      }
    });
}

function allFigures(sections: readonly Section[]): Figure[] {
  return sections.flatMap(({ figures = [], sections = [] }) => [...figures, ...allFigures(sections)]);
}

/** Writes a file that the command line names. */
function writeNamed(label: string, file: string, content: string): void {
  try {
    writeWholeFile(file, content);
  } catch (error) {
    throw new InputError(`${label}: cannot write ${file}: ${(error as Error).message}`);
  }
}
