import { readJsonFile } from '../experiment/config.ts';
import { trainTuningExperiment } from '../tuning/tuneTraining.ts';
import type { CommandContext } from './options.ts';
import { type RunFlags, runWith } from './run.ts';
import { chooseTraining } from './train.ts';

interface TuneTrainFlags extends Omit<RunFlags, 'policies' | 'study' | 'env' | 'quick' | 'full'> {
  agent?: string | undefined;
  policy?: string | undefined;
  envs?: string;
  trials?: string;
  search?: string;
  halving?: string;
  over?: string;
  greedy?: boolean;
  space?: string;
  load: string[];
}

/** `oxbow tune train <env>`: searches for the settings of a training. */
export async function tuneTrain(
  context: CommandContext,
  env: string,
  { agent, policy, envs, trials, search, halving, over, greedy, space, load, ...flags }: TuneTrainFlags,
): Promise<number> {
  const { choice, allowed, modules, check } = await chooseTraining('tune train', env, {
    ...flags,
    agent,
    policy,
    load,
  });
  const more = {
    ...{ envs, trials, search, halving, over, greedy: greedy ? 'true' : undefined },
    space: space === undefined ? undefined : JSON.stringify(readJsonFile('--space', space)),
    load: modules,
  };
  return runWith(context, trainTuningExperiment(choice, allowed), flags, more, { allowed, check });
}
