import { Command } from 'commander';
import { loadExperiment, type Registry } from '../harness/registry.ts';

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
      const directory = RunDirectory.open(path);
      const experiment = await loadExperiment(registry, directory.run.experiment);
      const jobs = experiment.jobs(directory.run.config);
      const outcomes = jobs.map((job) => directory.outcome(job)).filter((outcome) => outcome !== undefined);
      process.stdout.write(`Report: ${await writeResults(experiment, directory, jobs, outcomes, process.stdout)}\n`);
    });
}
