import { join } from 'node:path';
import { Command } from 'commander';
import { checkWritable } from '../experiment/checkWritable.ts';
import { checkConfig } from '../experiment/config.ts';
import { InputError } from '../experiment/inputError.ts';
import { printable } from '../experiment/printable.ts';
import type { Registry } from '../experiment/registry.ts';
import { loadExperiment } from '../run/loadExperiment.ts';

/** `oxbow report <dirs…>`: writes what is derived from the jobs of a run again, or compares several. */
export function reportCommand(registry: Registry): Command {
  return new Command('report')
    .description('write the tables, summary and report of a run again, or compare several runs')
    .argument('<dirs...>', 'a run directory, or several to compare')
    .option('--out <file>', 'where the comparison of several runs goes (default: comparison.html)')
    .option('--tables', 'print the tables of a run that has answers, too')
    .action(async ([path, ...others]: [string, ...string[]], { out, tables = false }: ReportFlags) => {
      if (others.length > 0) return compare([path, ...others], out ?? 'comparison.html', registry);
      if (out !== undefined) throw new InputError('--out: the report of one run is written in its directory');
      await rewrite(path, tables, registry);
    });
}

interface ReportFlags {
  out?: string;
  tables?: boolean;
}

async function rewrite(path: string, tables: boolean, registry: Registry): Promise<void> {
  const [{ fromResults }, { RunDirectory }, { storedOutcomes }, { writeResults }] = await Promise.all([
    import('../run/fromResults.ts'),
    import('../run/runDirectory.ts'),
    import('../run/storedOutcomes.ts'),
    import('../run/writeResults.ts'),
  ]);
  const directory = await RunDirectory.hold(path, {
    wait: (line) => process.stderr.write(`${line}\n`),
    lost: () => {},
  });
  try {
    const { experiment: name, config } = directory.run;
    const experiment = await loadExperiment(registry, name, config);
    checkConfig(experiment, config, join(path, 'config.json'));
    const { jobs, outcomes } = storedOutcomes(experiment, directory);
    const report = await fromResults(path, () =>
      writeResults(experiment, directory, jobs, outcomes, { stdout: process.stdout, tables }),
    );
    process.stdout.write(`Report: ${printable(report)}\n`);
  } finally {
    await directory.release();
  }
}

async function compare(paths: readonly string[], out: string, registry: Registry): Promise<void> {
  const [{ compareRuns }, { textTable }, { terminalWidth }, { writeWholeFile }] = await Promise.all([
    import('../run/compareRuns.ts'),
    import('../report/table.ts'),
    import('../terminal/terminalWidth.ts'),
    import('../../src/files.ts'),
  ]);
  checkWritable('--out', 'file', out);
  const { tables, html } = await compareRuns(paths, registry);
  for (const table of tables) process.stdout.write(`${textTable(table, terminalWidth())}\n\n`);
  const page = await html();
  try {
    writeWholeFile(out, page);
  } catch (error) {
    throw new InputError(`--out: cannot write ${out}: ${(error as Error).message}`);
  }
  process.stdout.write(`Report: ${printable(out)}\n`);
}
