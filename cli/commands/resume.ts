import { join } from 'node:path';
import { Command } from 'commander';
import { checkConfig } from '../experiment/config.ts';
import { interruptible } from '../run/interrupt.ts';
import { loadExperiment } from '../run/loadExperiment.ts';
import { allowCode, type CodeFlags, withCodeOptions, withEnvOption } from './codeOptions.ts';
import { type CommandContext, THREADS, threadCount, WORKERS, workerCount } from './run.ts';

/** `oxbow resume <dir>`: goes on with a run that was stopped, with its own settings. */
export function resumeCommand({ registry, argv, end }: CommandContext): Command {
  return withEnvOption(withCodeOptions(new Command('resume')))
    .description('go on with a run that was stopped, a training from its last checkpoints')
    .argument('<dir>', 'a run directory')
    .option('--workers <n>', WORKERS)
    .option('--threads <n>', THREADS)
    .action(async (out: string, flags: CodeFlags & { workers?: string; threads?: string }) => {
      const workers = workerCount(flags.workers, threadCount(flags.threads));
      const [{ RunDirectory }, { runExperiment }] = await Promise.all([
        import('../run/runDirectory.ts'),
        import('../run/run.ts'),
      ]);
      const directory = RunDirectory.open(out);
      const { experiment: name, config } = directory.run;
      const allowed = await allowCode(flags);
      const experiment = await loadExperiment(registry, name, config, allowed);
      checkConfig(experiment, config, join(out, 'config.json'));
      for (const job of experiment.jobs(config)) directory.jobPath(job);
      const { stdout, stderr } = process;
      end(
        await interruptible((signal) =>
          runExperiment(experiment, config, registry, { argv, out, workers, allowed, signal, stdout, stderr }),
        ),
      );
    });
}
