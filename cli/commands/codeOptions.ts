import type { Command } from 'commander';
import type { AllowedCode } from '../train/allowedCode.ts';
import { collect } from './run.ts';

/** The options of {@link withCodeOptions} as the command line gives them. */
export interface CodeFlags {
  load: string[];
  python?: string;
  env?: string | string[];
}

/** Gives a command the option `--load`. */
export function withLoadOption(command: Command): Command {
  const meaning = "a module of one's own that registers environments or policies; may be repeated";
  return command.option('--load <file>', meaning, collect, []);
}

/** Gives a command that reads what others may have written the options that allow code of others to run. */
export function withCodeOptions(command: Command): Command {
  return withLoadOption(command).option(
    '--python <file>',
    'the Python that environments of Gymnasium run in; one that only settings name is not started',
  );
}

/** What the options allow; modules are imported. */
export async function allowCode({ load, python, env = [] }: CodeFlags): Promise<AllowedCode> {
  const { loadModules } = await import('../train/loadModules.ts');
  return { load: await loadModules(load), python, envs: [env].flat() };
}

/** Gives a command that takes the environment from what it reads the option to name one whose id makes Python import a module. */
export function withEnvOption(command: Command): Command {
  const meaning = 'an environment of Gymnasium whose id names a module of Python; of those, others are not made';
  return command.option('--env <id>', meaning, collect, []);
}
