import { availableParallelism } from 'node:os';
import { Command, CommanderError } from 'commander';
import { expectedOneOf } from '../../src/options/nearest.ts';
import { resolveConfig, type Setting } from './config.ts';
import { EXIT } from './exit.ts';
import { InputError } from './inputError.ts';
import type { AnyExperiment, Registry } from './registry.ts';
import { version } from './version.ts';

interface RunFlags {
  seeds?: string;
  seed?: string;
  policies?: string;
  study?: string;
  env?: string;
  steps?: string;
  quick?: boolean;
  config?: string;
  out?: string;
  workers?: string;
  set: string[];
}

/** The fields of the config that options set, whatever the experiment. */
const FIELDS = {
  seeds: ['seeds'],
  seed: ['seed'],
  policies: ['policies'],
  study: ['studies'],
  env: ['environments'],
};

/** Milliseconds in which a second signal is taken for an echo: npm and tsx pass on a Ctrl-C that has already arrived. */
const SIGNAL_ECHO = 500;

/**
 * The `oxbow` command on the experiments of a registry.
 *
 * @param argv the arguments, without the names of node and the script.
 * @returns the exit code: 0 done, 1 a job failed, 2 bad input, 130 interrupted.
 */
export async function main(argv: readonly string[], registry: Registry): Promise<number> {
  let code: number = EXIT.ok;
  process.stdout.on('error', ignoreClosedPipe);
  const program = new Command('oxbow')
    .description('Reinforcement-learning experiments with flow policies.')
    .version(version())
    .configureOutput({ outputError: () => {} })
    .exitOverride();

  program
    .command('run')
    .description('run an experiment, or continue its run directory')
    .argument('<experiment>', `one of: ${Object.keys(registry.experiments).join(', ')}`)
    .option('--seeds <n|list>', 'how many seeds, or which: 5, or 3,5,7')
    .option('--seed <base>', 'the first seed where --seeds is a number')
    .option('--policies <list>', 'policies to compare: a,b')
    .option('--study <list>', 'studies to run: a,b')
    .option('--env <list>', 'environments to run on: a,b')
    .option('--steps <n>', 'training steps')
    .option('--quick', 'the smallest run that still shows the point')
    .option('--config <file>', 'settings from a JSON file')
    .option('--set <key=value>', 'any other setting, as in --set learningRate=1e-3; may be repeated', collect, [])
    .option(
      '--out <dir>',
      'run directory; one that holds the same run is continued (default: runs/<experiment>-<time>)',
    )
    .option('--workers <n>', 'worker threads (default: the number of cores)')
    .addHelpText(
      'after',
      '\nLater ones win: defaults, --quick, --config, options.\n"oxbow list" shows what can be named.',
    )
    .action(async (name: string, flags: RunFlags) => {
      code = await run(name, flags, registry);
    });

  program
    .command('list')
    .description('list experiments with their studies, environments and policies')
    .action(async () => {
      for (const name of Object.keys(registry.experiments)) {
        const { description, choices } = await load(registry, name);
        process.stdout.write(
          `${name}: ${description}\n` +
            `  studies       ${choices.studies.join(', ')}\n` +
            `  environments  ${choices.environments.join(', ')}\n` +
            `  policies      ${choices.policies.join(', ')}\n`,
        );
      }
    });

  program
    .command('report')
    .description('write the tables, summary and report of a run directory again')
    .argument('<dir>', 'a run directory')
    .action(async (path: string) => {
      await report(path, registry);
    });

  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    if (error instanceof InputError || error instanceof CommanderError) {
      if (error.message === '(outputHelp)') return EXIT.badInput;
      process.stderr.write(`oxbow: ${error.message.replace(/^error: /, '').replaceAll('\n', ' ')}\n`);
      return EXIT.badInput;
    }
    const { message, stack } = error as Error;
    process.stderr.write(`oxbow: ${process.env.OXBOW_DEBUG ? stack : message} (OXBOW_DEBUG=1 shows where)\n`);
    return EXIT.failed;
  } finally {
    process.stdout.off('error', ignoreClosedPipe);
  }
}

/** A reader that goes away, as in `oxbow run … | head`, must not end a run. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

async function run(name: string, flags: RunFlags, registry: Registry): Promise<number> {
  const experiment = await load(registry, name);
  const workers = flags.workers === undefined ? availableParallelism() : Number(flags.workers);
  if (!Number.isInteger(workers) || workers < 1 || workers > 1024) {
    throw new InputError(`--workers: got ${flags.workers}, expected an integer from 1 to 1024`);
  }
  const config = resolveConfig(experiment, {
    quick: flags.quick,
    file: flags.config,
    settings: settings(flags, experiment),
  });
  const { runExperiment } = await import('./run.ts');
  const out = flags.out ?? `runs/${name}-${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}`;

  const controller = new AbortController();
  let signalled = 0;
  const onSignal = () => {
    const now = performance.now();
    if (!controller.signal.aborted) controller.abort();
    else if (now - signalled > SIGNAL_ECHO) process.exit(EXIT.interrupted);
    else return;
    signalled = now;
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    const { stdout, stderr } = process;
    return await runExperiment(experiment, config, registry, {
      out,
      workers,
      signal: controller.signal,
      stdout,
      stderr,
    });
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

function settings(flags: RunFlags, experiment: AnyExperiment): Setting[] {
  if (flags.steps !== undefined && experiment.steps.length === 0) {
    throw new InputError(`--steps: ${experiment.name} has no such setting`);
  }
  const fields: Partial<Record<keyof RunFlags, readonly string[]>> = { ...FIELDS, steps: experiment.steps };
  const shorthands = Object.entries(fields).flatMap(([flag, keys]) => {
    const text = flags[flag as keyof typeof fields];
    return typeof text === 'string' ? keys.map((key) => ({ path: key.split('.'), text, label: `--${flag}` })) : [];
  });
  const others = flags.set.map((assignment) => {
    const [, key, text] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
    if (key === undefined || text === undefined) throw new InputError(`--set: got ${assignment}, expected key=value`);
    return { path: key.split('.'), text, label: `--set ${key}` };
  });
  return [...shorthands, ...others];
}

async function report(path: string, registry: Registry): Promise<void> {
  const [{ RunDirectory }, { writeResults }] = await Promise.all([import('./runDirectory.ts'), import('./run.ts')]);
  const directory = RunDirectory.open(path);
  const experiment = await load(registry, directory.run.experiment);
  const jobs = experiment.jobs(directory.run.config);
  const outcomes = jobs.map((job) => directory.outcome(job)).filter((outcome) => outcome !== undefined);
  process.stdout.write(`Report: ${await writeResults(experiment, directory, jobs, outcomes, process.stdout)}\n`);
}

async function load(registry: Registry, name: string): Promise<AnyExperiment> {
  const names = Object.keys(registry.experiments);
  if (!names.includes(name)) throw new InputError(`experiment: got ${name}, ${expectedOneOf(name, names)}`);
  return registry.experiments[name]!();
}

function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}
