import { Command } from 'commander';
import { readJsonFile } from '../experiment/config.ts';
import { type CommandContext, collect, type RunFlags, runWith, withLoadOption, withWorkerOptions } from './run.ts';
import { chooseTraining, loadSetting } from './train.ts';

/** `oxbow tune train`: searches for the settings of a training. */
export function tuneCommand(context: CommandContext): Command {
  return new Command('tune').description('search for settings').addCommand(tuneTrainCommand(context));
}

interface TuneTrainFlags extends Omit<RunFlags, 'policies' | 'study' | 'env' | 'quick' | 'full'> {
  agent?: string;
  policy?: string;
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
function tuneTrainCommand(context: CommandContext): Command {
  const command = withLoadOption(new Command('train'))
    .description('search for the settings of a training, or go on with a search that was stopped')
    .argument('<env>', 'the id of an environment, as "oxbow list envs" names them')
    .option('--agent <name>', 'as "oxbow list agents" names them; must be given')
    .option(
      '--policy <list>',
      'a policy, or several, each of which has as many trials: a,b (default: the one that the agent needs, or the usual one for the actions)',
    )
    .option('--trials <n>', 'settings drawn for each policy (default: 16)')
    .option('--search <name>', 'how they are drawn: latin-hypercube, random')
    .option('--halving <n>', 'stop all but the best 1/n of the trials early, round by round: 3 (default: 1, none)')
    .option('--space <file>', 'where settings are searched, as JSON (default: where those of the agent usually lie)')
    .option('--greedy', 'judge greedy actions in place of sampled ones')
    .option('--over <what>', 'judge by the mean of the seeds, or by the worst of them: mean, worst')
    .option('--steps <n>', 'environment steps of each training')
    .option('--seeds <n|list>', 'seeds of each trial, how many from 1000 on, or which: 5, or 1003,1005 (default: 2)')
    .option('--seed <base>', 'the first seed where --seeds is a number')
    .option('--envs <n>', 'parallel environments of each training')
    .option('--engine <name>', 'what compiled functions run on')
    .option('--config <file>', 'settings from a JSON file')
    .option(
      '--set <key=value>',
      'any other setting, which all trials have unless it is searched: agent.gamma=0.98',
      collect,
      [],
    )
    .option(
      '--out <dir>',
      'run directory; one that holds the same search is continued (default: runs/train-tuning-<time>)',
    );
  return withWorkerOptions(command)
    .addHelpText(
      'after',
      '\nThe run directory gets tuned.json, the best settings: "oxbow train <env> --agent <name> --config tuned.json" uses them.',
    )
    .action(async (env: string, flags: TuneTrainFlags) => context.end(await tuneTrain(env, flags, context)));
}

async function tuneTrain(
  env: string,
  { agent, policy, envs, trials, search, halving, over, greedy, space, load, ...flags }: TuneTrainFlags,
  context: CommandContext,
): Promise<number> {
  const { trainTuningExperiment } = await import('../tuning/tuneTraining.ts');
  const { choice, allowed, check } = await chooseTraining('tune train', env, { ...flags, agent, policy, load });
  const given = { envs, trials, search, halving, over, space: space && JSON.stringify(readJsonFile('--space', space)) };
  const more = {
    ...Object.fromEntries(Object.entries(given).filter(([, text]) => text !== undefined)),
    ...(greedy && { greedy: 'true' }),
    ...loadSetting(allowed),
  };
  return runWith(trainTuningExperiment(choice, allowed), flags, context, more, { allowed, check });
}
