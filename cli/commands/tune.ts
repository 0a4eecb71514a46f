import { readJsonFile } from '../experiment/config.ts';
import { trainTuningExperiment } from '../tuning/tuneTraining.ts';
import type { CommandContext } from './options.ts';
import { runWith, type Texts } from './run.ts';
import { chooseTraining, type TrainingFlags } from './train.ts';

/** The options that set fields of their names. */
const FIELDS = ['envs', 'trials', 'search', 'halving', 'over'] as const;

interface TuneTrainFlags extends TrainingFlags, Texts<(typeof FIELDS)[number] | 'space'> {
  readonly greedy?: boolean;
}

/** `oxbow tune train <env>`: searches for the settings of a training. */
export async function tuneTrain(context: CommandContext, env: string, flags: TuneTrainFlags): Promise<number> {
  const { choice, allowed, modules, check } = await chooseTraining('tune train', env, flags);
  const { greedy, space } = flags;
  const more = {
    ...Object.fromEntries(FIELDS.map((name) => [name, flags[name]])),
    greedy: greedy ? 'true' : undefined,
    space: space === undefined ? undefined : JSON.stringify(readJsonFile('--space', space)),
    load: modules,
  };
  return runWith(context, trainTuningExperiment(choice, allowed), flags, more, { allowed, check });
}
