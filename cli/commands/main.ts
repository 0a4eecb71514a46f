import { Command, CommanderError } from 'commander';
import { InputError, toErrorData } from '../experiment/errors.ts';
import type { Registry } from '../experiment/experiment.ts';
import { printable } from '../experiment/text.ts';
import { EXIT, isDescriptorError, RAISE, version } from '../run/environment.ts';
import { exitOnSignals } from '../run/signals.ts';
import { commands } from './options.ts';

/**
 * The `oxbow` command on the experiments of a registry.
 *
 * @param argv the arguments, without the names of node and the script.
 * @returns the exit code: 0 done, 1 a job failed, 2 bad input, 130 interrupted.
 */
export async function main(argv: readonly string[], registry: Registry): Promise<number> {
  exitOnSignals();
  let code: number = EXIT.ok;
  const end = (value: number) => {
    code = value;
  };
  watchOutput();
  const program = new Command('oxbow')
    .description('Reinforcement learning with flow policies: trainings, experiments, datasets.')
    .version(version())
    // `tune train` has options of its own beside those of `tune`.
    .enablePositionalOptions();
  for (const command of commands({ registry, argv }, end)) program.addCommand(command);
  for (const command of [program, ...program.commands.flatMap((each) => [each, ...each.commands])]) {
    command.configureOutput({ outputError: () => {} }).exitOverride();
  }

  try {
    await program.parseAsync(argv, { from: 'user' });
    // Errors of the last writes come after them.
    await new Promise(setImmediate);
    if (outputError === undefined) return code;
    process.stderr.write(`oxbow: cannot write standard output: ${outputError.message}\n`);
    return code === EXIT.ok ? EXIT.failed : code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    if (error instanceof InputError || error instanceof CommanderError) {
      if (error.message === '(outputHelp)') return EXIT.badInput;
      process.stderr.write(`oxbow: ${printable(error.message.replace(/^error: /, '').replaceAll('\n', ' '))}\n`);
      return EXIT.badInput;
    }
    const { message, stack = message } = toErrorData(error);
    const said = isDescriptorError(error)
      ? `${message}; ${RAISE}`
      : `${process.env.OXBOW_DEBUG ? stack : message} (OXBOW_DEBUG=1 shows where)`;
    process.stderr.write(`oxbow: ${printable(said)}\n`);
    return EXIT.failed;
  }
}

let outputError: Error | undefined;

/** Keeps what goes wrong with the output from ending a run: its results are in files. */
function watchOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    if (!stream.listeners('error').includes(onOutputError)) stream.on('error', onOutputError);
  }
}

function onOutputError(error: NodeJS.ErrnoException): void {
  // A reader that goes away, as in `oxbow run … | head`, or a terminal that closes.
  if (error.code === 'EPIPE' || error.code === 'EIO') return;
  outputError ??= error;
}
