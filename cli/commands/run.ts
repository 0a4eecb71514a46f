import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { MOST_THREADS } from '../../src/engine/runtime/engineNames.ts';
import { expectedOneOf } from '../../src/options/describe.ts';
import { type ConfigSources, checkConfig, resolveConfig, type Setting } from '../experiment/config.ts';
import { InputError } from '../experiment/errors.ts';
import type { AnyExperiment, CommonConfig, Registry } from '../experiment/experiment.ts';
import { EXIT } from '../run/environment.ts';
import { experimentsOf, loadExperiment } from '../run/loadExperiment.ts';
import { interruptible } from '../run/signals.ts';
import { type AllowedCode, NO_CODE } from '../train/allowedCode.ts';

export interface RunFlags {
  seeds?: string;
  seed?: string;
  policies?: string;
  study?: string;
  env?: string;
  engine?: string;
  steps?: string;
  quick?: boolean;
  full?: boolean;
  config?: string;
  out?: string;
  workers?: string;
  threads?: string;
  queue?: string;
  shard?: string;
  set: string[];
}

/** The fields of the config that options set, whatever the experiment. */
const FIELDS = {
  seeds: ['seeds'],
  seed: ['seed'],
  policies: ['policies'],
  study: ['studies'],
  env: ['environments'],
  engine: ['engine'],
};

/** What the commands that do jobs need. */
export interface CommandContext {
  readonly registry: Registry;
  /** What `oxbow` was called with. */
  readonly argv: readonly string[];
  /** Takes the exit code. */
  end(code: number): void;
}

/** `oxbow run <experiment>`: runs an experiment, or continues its run directory. */
export function runCommand(context: CommandContext): Command {
  const { registry, end } = context;
  return withRunOptions(new Command('run').description('run an experiment, or continue its run directory'), registry)
    .addHelpText(
      'after',
      '\nLater ones win: defaults, --quick or --full, OXBOW_ENGINE, --config, options.\n"oxbow list" shows what can be named, "oxbow list <experiment>" all settings.',
    )
    .action(async (name: string, flags: RunFlags) => end(await run(name, flags, context)));
}

/** Gives a command an experiment as its argument, and the options of a run. */
function withRunOptions(command: Command, { experiments }: Registry): Command {
  const names = Object.keys(experiments);
  const one = names.length === 0 ? '' : `one of ${names.join(', ')}, or `;
  const described = command
    .argument('<experiment>', `${one}a file that exports an experiment: my-study.ts; of several, my-study.ts#name`)
    .option('--seeds <n|list>', 'how many seeds, or which: 5, or 3,5,7; "300," is seed 300')
    .option('--seed <base>', 'the first seed where --seeds is a number')
    .option('--policies <list>', 'policies to compare: a,b')
    .option('--study <list>', 'studies to run: a,b')
    .option('--env <list>', 'environments to run on: a,b')
    .option('--engine <name>', 'what compiled functions run on')
    .option('--steps <n>', 'training steps of the study that is run')
    .option('--quick', 'the smallest run that still shows the point')
    .option('--full', 'the run to publish: more seeds, and more of what the experiment names')
    .option('--config <file>', 'settings from a JSON file')
    .option(
      '--set <key=value>',
      'any other setting, as "oxbow list <experiment>" names it; may be repeated',
      collect,
      [],
    )
    .option(
      '--out <dir>',
      'run directory; one that holds the same run is continued (default: runs/<experiment>-<time>)',
    );
  return withWorkerOptions(described);
}

export const WORKERS = 'worker processes (default: the number of cores, divided by --threads)';
export const THREADS = "threads of each job, for large batches on the engine 'wasm' (default: OXBOW_THREADS, or 1)";

/** Gives a command the options that say who does its jobs. */
export function withWorkerOptions(command: Command): Command {
  return command
    .option('--workers <n>', WORKERS)
    .option('--threads <n>', THREADS)
    .option('--queue <redis>', 'have `oxbow worker` processes on any machine do the jobs: redis://host:6379')
    .option('--shard <i/n>', 'do one of n shares of the jobs, 2/5; directories of all shares can be put together');
}

/**
 * Runs an experiment, or continues its run directory; returns the exit code.
 * @param what its name, or the file that exports it
 */
async function run(what: string, flags: RunFlags, context: CommandContext): Promise<number> {
  const { name, allowed } = await experimentNamed(what, context.registry);
  return runWith(await loadExperiment(context.registry, name, undefined, allowed), flags, context, {}, { allowed });
}

/** The name of an experiment and the module that has it, which is imported: `my-study.ts`, `my-study.ts#name`. */
async function experimentNamed(
  what: string,
  { experiments }: Registry,
): Promise<{ name: string; allowed: AllowedCode }> {
  const [file, chosen] = what.split('#') as [string, string?];
  if (Object.hasOwn(experiments, what) || !/[./\\]/.test(file)) return { name: what, allowed: NO_CODE };
  const { loadModules } = await import('../train/loadNamedEnv.ts');
  const load = await loadModules([file], 'run');
  const names = Object.keys(await experimentsOf(load[0]!));
  if (names.length === 0) throw new InputError(`run: ${file} exports no registry, and no experiment by default`);
  const name = chosen ?? names[0]!;
  if (names.includes(name) && (chosen !== undefined || names.length === 1)) return { name, allowed: { load } };
  throw new InputError(
    `run: got ${what}, ${expectedOneOf(
      name,
      names.map((one) => `${file}#${one}`),
    )}`,
  );
}

/**
 * {@link run} with an experiment at hand.
 * @param allowed the code of others that the command line has named
 * @param check refuses settings that the experiment itself would take
 */
export async function runWith(
  experiment: AnyExperiment,
  flags: RunFlags,
  { registry, argv }: Pick<CommandContext, 'registry' | 'argv'>,
  more: Readonly<Record<string, string>> = {},
  { allowed = NO_CODE, check }: { allowed?: AllowedCode; check?: (config: CommonConfig) => void } = {},
): Promise<number> {
  const workers = workerCount(flags.workers, threadCount(flags.threads));
  const shard = shardOption(flags.shard);
  const isShared = shard !== undefined || flags.queue !== undefined;
  const further = Object.entries(more).map(([key, text]) => ({ path: [key], text, label: optionOf(key) }));
  const sources = {
    preset: presetOf(flags),
    // Machines differ, and the jobs of one run should not: by default those of a training have the engine of the same bits everywhere.
    engine: process.env.OXBOW_ENGINE || (isShared ? 'wasm' : undefined),
    file: flags.config,
    settings: [...settings(flags), ...further],
  };
  const steps = flags.steps === undefined ? [] : [stepsSetting(flags.steps, experiment, sources)];
  const config = resolveConfig(experiment, { ...sources, settings: [...sources.settings, ...steps] });
  check?.(config);
  const { runExperiment } = await import('../run/run.ts');
  const { stdout, stderr } = process;
  return interruptible((signal) =>
    runExperiment(experiment, config, registry, {
      argv,
      out: flags.out,
      workers,
      allowed,
      queue: flags.queue,
      shard,
      signal,
      stdout,
      stderr,
    }),
  );
}

/** The option that sets a field: `--evaluate-every` of `evaluateEvery`. */
function optionOf(field: string): string {
  return `--${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The option `--threads`, which the processes that do the jobs find in `OXBOW_THREADS`. */
export function threadCount(text: string | undefined): number {
  const [label, asked] = text === undefined ? ['OXBOW_THREADS', process.env.OXBOW_THREADS || '1'] : ['--threads', text];
  const threads = Number(asked);
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS) {
    throw new InputError(`${label}: got ${asked}, expected an integer from 1 to ${MOST_THREADS}`);
  }
  process.env.OXBOW_THREADS = String(threads);
  return threads;
}

/**
 * The option `--workers`.
 * @param threads of each worker
 */
export function workerCount(text: string | undefined, threads = 1): number {
  if (text === undefined) return Math.max(1, Math.floor(availableParallelism() / threads));
  const isOne = (workers: number) => Number.isInteger(workers) && workers >= 1 && workers <= 1024;
  return numberOption('--workers', text, 'an integer from 1 to 1024', isOne);
}

/** An option that takes a number. */
export function numberOption(label: string, text: string, expected: string, isOne: (value: number) => boolean): number {
  const value = Number(text);
  if (text.trim() !== '' && isOne(value)) return value;
  throw new InputError(`${label}: got ${text === '' ? '""' : text}, expected ${expected}`);
}

/** An option that takes an integer from `least` on. */
export function integerOption(label: string, text: string, least: 0 | 1): number {
  return numberOption(label, text, `an integer ≥ ${least}`, (n) => Number.isSafeInteger(n) && n >= least);
}

/** A run directory with its experiment and settings, which are valid. */
export async function openedRun(path: string, registry: Registry, allowed: AllowedCode) {
  const { RunDirectory } = await import('../run/runDirectory.ts');
  const directory = RunDirectory.open(path);
  const { experiment: name, config } = directory.run;
  const experiment = await loadExperiment(registry, name, config, allowed);
  checkConfig(experiment, config, join(path, 'config.json'));
  return { directory, experiment, config };
}

/** The option `--shard`: `2/5`. */
function shardOption(text: string | undefined): { index: number; count: number } | undefined {
  if (text === undefined) return undefined;
  const [, index = 0, count = 0] = /^(\d{1,6})\/(\d{1,6})$/.exec(text)?.map(Number) ?? [];
  if (index >= 1 && index <= count) return { index: index - 1, count };
  throw new InputError(`--shard: got ${text === '' ? '""' : text}, expected one of n shares: 1/n to n/n`);
}

function presetOf({ quick, full }: RunFlags): 'quick' | 'full' | undefined {
  // The larger run wins: `npm start` has --quick, and takes --full behind it.
  return full ? 'full' : quick ? 'quick' : undefined;
}

function settings(flags: RunFlags): Setting[] {
  const shorthands = Object.entries(FIELDS).flatMap(([flag, path]) => {
    const text = flags[flag as keyof typeof FIELDS];
    return text === undefined ? [] : { path, text, label: `--${flag}` };
  });
  const others = flags.set.map((assignment) => {
    const [, key, text] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
    if (key === undefined || text === undefined) throw new InputError(`--set: got ${assignment}, expected key=value`);
    return { path: key.split('.'), text, label: `--set ${key}` };
  });
  return [...shorthands, ...others];
}

/** `--steps` as a setting: of the one field that counts the steps of the studies that the other settings choose. */
function stepsSetting(text: string, experiment: AnyExperiment, sources: ConfigSources): Setting {
  const { studies } = resolveConfig(experiment, sources);
  const fields = new Set(studies.flatMap((study) => experiment.steps[study] ?? []));
  const [field, second] = fields;
  if (field === undefined) throw new InputError(`--steps: ${experiment.name} has no such setting`);
  if (second !== undefined) {
    const ways = [...fields].map((name) => `--set ${name}=${text}`).join(' ');
    throw new InputError(
      `--steps: the studies ${studies.join(', ')} count different steps, expected --study or ${ways}`,
    );
  }
  return { path: field.split('.'), text, label: '--steps' };
}

/** Gathers the values of an option that may be repeated. */
export function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

/** `oxbow resume <dir>`: goes on with a run that was stopped, with its own settings. */
export function resumeCommand({ registry, argv, end }: CommandContext): Command {
  return withEnvOption(withCodeOptions(new Command('resume')))
    .description('go on with a run that was stopped, a training from its last checkpoints')
    .argument('<dir>', 'a run directory')
    .option('--workers <n>', WORKERS)
    .option('--threads <n>', THREADS)
    .action(async (out: string, flags: CodeFlags & { workers?: string; threads?: string }) => {
      const workers = workerCount(flags.workers, threadCount(flags.threads));
      const { runExperiment } = await import('../run/run.ts');
      const allowed = await allowCode(flags);
      const { directory, experiment, config } = await openedRun(out, registry, allowed);
      for (const job of experiment.jobs(config)) directory.jobPath(job);
      const { stdout, stderr } = process;
      end(
        await interruptible((signal) =>
          runExperiment(experiment, config, registry, { argv, out, workers, allowed, signal, stdout, stderr }),
        ),
      );
    });
}

/** `oxbow worker <redis>`: does jobs of runs that were started with `--queue`. `end` takes the exit code. */
export function workerCommand(registry: Registry, end: (code: number) => void): Command {
  return withEnvOption(withCodeOptions(new Command('worker')))
    .description('do jobs of runs that were started with --queue, here or on other machines, until it is stopped')
    .argument('<redis>', 'the address of a Redis: redis://host:6379')
    .option('--workers <n>', 'jobs at a time (default: the number of cores, divided by --threads)')
    .option('--threads <n>', THREADS)
    .action(async (url: string, flags: CodeFlags & { workers?: string; threads?: string }) => {
      const workers = workerCount(flags.workers, threadCount(flags.threads));
      const allowed = await allowCode(flags);
      const { serveQueue } = await import('../run/serveQueue.ts');
      const { stdout } = process;
      await interruptible((signal) => serveQueue(url, registry, { workers, allowed, signal, stdout }));
      end(EXIT.ok);
    });
}

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
  const { loadModules } = await import('../train/loadNamedEnv.ts');
  return { load: await loadModules(load), python, envs: [env].flat() };
}

/** Gives a command that takes the environment from what it reads the option to name one whose id makes Python import a module. */
export function withEnvOption(command: Command): Command {
  const meaning = 'an environment of Gymnasium whose id names a module of Python; of those, others are not made';
  return command.option('--env <id>', meaning, collect, []);
}
