import { Command } from 'commander';
import { expectedOneOf } from '../../src/options/describe.ts';
import { InputError } from '../experiment/inputError.ts';
import { TRAIN } from '../train/trainName.ts';
import { TUNING_SUFFIX } from '../tuning/tuningExperiment.ts';
import { type CommandContext, type RunFlags, run, withRunOptions } from './run.ts';
import { tuneTrainCommand } from './tuneTrain.ts';

/** `oxbow tune <experiment>`: searches for the settings of an experiment's policies, `oxbow tune train` for a training's. */
export function tuneCommand(context: CommandContext): Command {
  return withRunOptions(
    new Command('tune').description("search for the settings of an experiment's policies"),
    context.registry,
  )
    .enablePositionalOptions()
    .addCommand(tuneTrainCommand(context))
    .option('--trials <n>', 'settings drawn for each policy')
    .addHelpText(
      'after',
      '\nThe run directory gets tuned.json, the best settings: "oxbow run <experiment> --config tuned.json" uses them.',
    )
    .action(async (name: string, { trials, ...flags }: RunFlags & { trials?: string }) => {
      const names = Object.keys(context.registry.experiments);
      // Commander takes a misspelt `train` for an experiment.
      if (!names.includes(name)) throw new InputError(`tune: got ${name}, ${expectedOneOf(name, [TRAIN, ...names])}`);
      context.end(await run(`${name}${TUNING_SUFFIX}`, flags, context, trials === undefined ? {} : { trials }));
    });
}
