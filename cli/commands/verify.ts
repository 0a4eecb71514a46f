import { InputError } from '../experiment/errors.ts';
import { experimentOf } from '../run/loadExperiment.ts';
import { RunDirectory } from '../run/runDirectory.ts';
import { interruptible } from '../run/signals.ts';
import { verifyRun } from '../run/verifyRun.ts';
import type { CommandContext } from './options.ts';
import { allowCode, numberOption, type WorkFlags, workerCount } from './run.ts';

interface VerifyFlags extends WorkFlags {
  job: string[];
  sample?: string;
}

/** `oxbow verify <dir>`: whether a stored run's jobs give the same bytes again. */
export async function verify({ registry }: CommandContext, path: string, flags: VerifyFlags): Promise<number> {
  const workers = workerCount(flags);
  const isShare = (value: number) => value > 0 && value <= 1;
  const share =
    flags.sample === undefined
      ? undefined
      : numberOption('--sample', flags.sample, 'a share above 0 and at most 1: 0.05', isShare);
  if (share !== undefined && flags.job.length > 0) {
    throw new InputError('--sample: got it beside --job, expected one or the other');
  }
  const allowed = await allowCode(flags);
  const directory = RunDirectory.open(path);
  const { experiment } = await experimentOf(directory, { registry, allowed });
  return interruptible((signal) =>
    verifyRun(experiment, directory, registry, { ids: flags.job, share }, { workers, allowed, signal }),
  );
}
