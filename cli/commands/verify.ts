import { Command } from 'commander';
import { InputError } from '../experiment/errors.ts';
import type { Registry } from '../experiment/experiment.ts';
import { interruptible } from '../run/signals.ts';
import {
  allowCode,
  type CodeFlags,
  collect,
  numberOption,
  openedRun,
  THREADS,
  threadCount,
  WORKERS,
  withCodeOptions,
  withEnvOption,
  workerCount,
} from './run.ts';

/** `oxbow verify <dir>`: whether a stored run's jobs give the same bytes again. `end` takes the exit code. */
export function verifyCommand(registry: Registry, end: (code: number) => void): Command {
  return withEnvOption(withCodeOptions(new Command('verify')))
    .description('do the jobs of a stored run again and compare every byte; the run itself is only read')
    .argument('<dir>', 'a run directory')
    .option('--job <id>', 'only this job, a folder below jobs/; may be repeated', collect, [])
    .option('--sample <share>', 'only a share of the finished jobs, drawn at random: 0.05')
    .option('--workers <n>', WORKERS)
    .option('--threads <n>', THREADS)
    .action(
      async (
        path: string,
        flags: CodeFlags & { job: string[]; sample?: string; workers?: string; threads?: string },
      ) => {
        const workers = workerCount(flags.workers, threadCount(flags.threads));
        const isShare = (value: number) => value > 0 && value <= 1;
        const share =
          flags.sample === undefined
            ? undefined
            : numberOption('--sample', flags.sample, 'a share above 0 and at most 1: 0.05', isShare);
        if (share !== undefined && flags.job.length > 0) {
          throw new InputError('--sample: got it beside --job, expected one or the other');
        }
        const { verifyRun } = await import('../run/verifyRun.ts');
        const allowed = await allowCode(flags);
        const { directory, experiment } = await openedRun(path, registry, allowed);
        const { stdout } = process;
        end(
          await interruptible((signal) =>
            verifyRun(experiment, directory, registry, { ids: flags.job, share }, { workers, allowed, signal, stdout }),
          ),
        );
      },
    );
}
