import { join } from 'node:path';
import { Command } from 'commander';
import { checkConfig } from '../harness/config.ts';
import { loadExperiment } from '../harness/loadExperiment.ts';
import type { Registry } from '../harness/registry.ts';

/** `oxbow report <dir>`: writes what is derived from the jobs of a run directory again. */
export function reportCommand(registry: Registry): Command {
  return new Command('report')
    .description('write the tables, summary and report of a run directory again')
    .argument('<dir>', 'a run directory')
    .action(async (path: string) => {
      const [{ RunDirectory }, { writeResults }] = await Promise.all([
        import('../harness/runDirectory.ts'),
        import('../harness/run.ts'),
      ]);
      const directory = await RunDirectory.hold(path, {
        wait: (line) => process.stderr.write(`${line}\n`),
        lost: () => {},
      });
      try {
        const { experiment: name, config } = directory.run;
        const experiment = await loadExperiment(registry, name, config);
        checkConfig(experiment, config, join(path, 'config.json'));
        const jobs = experiment.jobs(config);
        const outcomes = jobs.map((job) => directory.outcome(job)).filter((outcome) => outcome !== undefined);
        process.stdout.write(`Report: ${await writeResults(experiment, directory, jobs, outcomes, process.stdout)}\n`);
      } finally {
        await directory.release();
      }
    });
}
