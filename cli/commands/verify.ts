import { join } from 'node:path';
import { Command } from 'commander';
import { checkConfig } from '../experiment/config.ts';
import { InputError } from '../experiment/errors.ts';
import type { Registry } from '../experiment/experiment.ts';
import { loadExperiment } from '../run/loadExperiment.ts';
import { interruptible } from '../run/signals.ts';
import {
  allowCode,
  type CodeFlags,
  collect,
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
        const share = shareOption('--sample', flags.sample);
        if (share !== undefined && flags.job.length > 0) {
          throw new InputError('--sample: got it beside --job, expected one or the other');
        }
        const [{ RunDirectory }, { verifyRun }] = await Promise.all([
          import('../run/runDirectory.ts'),
          import('../run/verifyRun.ts'),
        ]);
        const directory = RunDirectory.open(path);
        const allowed = await allowCode(flags);
        const { experiment: name, config } = directory.run;
        const experiment = await loadExperiment(registry, name, config, allowed);
        checkConfig(experiment, config, join(path, 'config.json'));
        const { stdout } = process;
        end(
          await interruptible((signal) =>
            verifyRun(experiment, directory, registry, { ids: flags.job, share }, { workers, allowed, signal, stdout }),
          ),
        );
      },
    );
}

/** An option that takes a share: `0.05`. */
function shareOption(label: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const share = text.trim() === '' ? Number.NaN : Number(text);
  if (share > 0 && share <= 1) return share;
  throw new InputError(`${label}: got ${text === '' ? '""' : text}, expected a share above 0 and at most 1: 0.05`);
}
