import { Command } from 'commander';
import type { Registry } from '../harness/registry.ts';
import { TUNING_SUFFIX } from '../harness/tuning/tuningExperiment.ts';
import { type RunFlags, run, withRunOptions } from './run.ts';
import { tuneTrainCommand } from './tuneTrain.ts';

/** `oxbow tune <experiment>`: searches for the settings of an experiment's policies, `oxbow tune train` for a training's. `end` takes the exit code. */
export function tuneCommand(registry: Registry, end: (code: number) => void): Command {
  return withRunOptions(
    new Command('tune').description("search for the settings of an experiment's policies"),
    registry,
  )
    .enablePositionalOptions()
    .addCommand(tuneTrainCommand(registry, end))
    .option('--trials <n>', 'settings drawn for each policy')
    .addHelpText(
      'after',
      '\nThe run directory gets tuned.json, the best settings: "oxbow run <experiment> --config tuned.json" uses them.',
    )
    .action(async (name: string, { trials, ...flags }: RunFlags & { trials?: string }) =>
      end(await run(`${name}${TUNING_SUFFIX}`, flags, registry, trials === undefined ? {} : { trials })),
    );
}
