import { join } from 'node:path';
import { Command } from 'commander';
import { checkConfig } from '../harness/config.ts';
import { interruptible } from '../harness/interrupt.ts';
import { loadExperiment } from '../harness/loadExperiment.ts';
import type { Registry } from '../harness/registry.ts';
import { workerCount } from './run.ts';

/** `oxbow resume <dir>`: goes on with a run that was stopped, with its own settings. `end` takes the exit code. */
export function resumeCommand(registry: Registry, end: (code: number) => void): Command {
  return new Command('resume')
    .description('go on with a run that was stopped, a training from its last checkpoints')
    .argument('<dir>', 'a run directory')
    .option('--workers <n>', 'worker processes (default: the number of cores)')
    .action(async (out: string, flags: { workers?: string }) => {
      const workers = workerCount(flags.workers);
      const [{ RunDirectory }, { runExperiment }] = await Promise.all([
        import('../harness/runDirectory.ts'),
        import('../harness/run.ts'),
      ]);
      const { experiment: name, config } = RunDirectory.open(out).run;
      const experiment = await loadExperiment(registry, name, config);
      checkConfig(experiment, config, join(out, 'config.json'));
      const { stdout, stderr } = process;
      end(
        await interruptible((signal) =>
          runExperiment(experiment, config, registry, { out, resumes: true, workers, signal, stdout, stderr }),
        ),
      );
    });
}
