import { availableParallelism } from 'node:os';
import { MOST_THREADS } from '../../src/engine/runtime/engineNames.ts';
import { expectedOneOf } from '../../src/options/describe.ts';
import { type ConfigSources, resolveConfig, type Setting } from '../experiment/config.ts';
import { InputError } from '../experiment/errors.ts';
import type { AnyExperiment, CommonConfig, Registry } from '../experiment/experiment.ts';
import { EXIT } from '../run/environment.ts';
import { experimentOf, experimentsOf, loadExperiment } from '../run/loadExperiment.ts';
import { runExperiment } from '../run/run.ts';
import { RunDirectory } from '../run/runDirectory.ts';
import { serveQueue } from '../run/serveQueue.ts';
import { interruptible } from '../run/signals.ts';
import { type AllowedCode, NO_CODE } from '../train/allowedCode.ts';
import { loadModules } from '../train/loadNamedEnv.ts';
import type { CommandContext } from './options.ts';

/** Options as they are written, of which each may be missing. */
export type Texts<Names extends string> = { readonly [N in Names]?: string };

/** The options of commands that run something. */
export interface WorkingFlags
  extends Texts<'seeds' | 'seed' | 'engine' | 'steps' | 'config' | 'out' | 'workers' | 'threads' | 'queue' | 'shard'> {
  readonly set: readonly string[];
}

interface RunFlags extends WorkingFlags, Texts<'policies' | 'study' | 'env'> {
  readonly quick?: boolean;
  readonly full?: boolean;
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

/**
 * `oxbow run <experiment>`: runs an experiment, or continues its run directory.
 * @param what its name, or the file that exports it
 */
export async function run(context: CommandContext, what: string, flags: RunFlags): Promise<number> {
  const { name, allowed } = await experimentNamed(what, context.registry);
  return runWith(context, await loadExperiment(context.registry, name, undefined, allowed), flags, {}, { allowed });
}

/** The name of an experiment and the module that has it, which is imported: `my-study.ts`, `my-study.ts#name`. */
async function experimentNamed(
  what: string,
  { experiments }: Registry,
): Promise<{ name: string; allowed: AllowedCode }> {
  const [file, chosen] = what.split('#') as [string, string?];
  if (Object.hasOwn(experiments, what) || !/[./\\]/.test(file)) return { name: what, allowed: NO_CODE };
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
  { registry, argv }: CommandContext,
  experiment: AnyExperiment,
  flags: RunFlags,
  more: Readonly<Record<string, string | undefined>> = {},
  { allowed = NO_CODE, check }: { allowed?: AllowedCode; check?: (config: CommonConfig) => void } = {},
): Promise<number> {
  const workers = workerCount(flags);
  const shard = shardOption(flags.shard);
  const further = Object.entries(more).flatMap(([key, text]) =>
    text === undefined ? [] : { path: [key], text, label: optionOf(key) },
  );
  const sources = {
    preset: presetOf(flags),
    engine: process.env.OXBOW_ENGINE,
    file: flags.config,
    settings: [...settings(flags), ...further],
  };
  const steps = flags.steps === undefined ? [] : [stepsSetting(flags.steps, experiment, sources)];
  const config = resolveConfig(experiment, { ...sources, settings: [...sources.settings, ...steps] });
  check?.(config);
  const { out, queue } = flags;
  return interruptible((signal) =>
    runExperiment(experiment, config, registry, { argv, out, workers, allowed, queue, shard, signal }),
  );
}

/** The option that sets a field: `--evaluate-every` of `evaluateEvery`. */
function optionOf(field: string): string {
  return `--${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** How many processes do jobs, by `--workers` and `--threads`; what does a job finds its threads in `OXBOW_THREADS`. */
export function workerCount({ workers, threads: given }: Texts<'workers' | 'threads'>): number {
  const [label, asked] =
    given === undefined ? ['OXBOW_THREADS', process.env.OXBOW_THREADS || '1'] : ['--threads', given];
  const isFrom1To = (most: number) => (value: number) => Number.isInteger(value) && value >= 1 && value <= most;
  const threads = numberOption(label, asked, `an integer from 1 to ${MOST_THREADS}`, isFrom1To(MOST_THREADS));
  process.env.OXBOW_THREADS = String(threads);
  if (workers === undefined) return Math.max(1, Math.floor(availableParallelism() / threads));
  return numberOption('--workers', workers, 'an integer from 1 to 1024', isFrom1To(1024));
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

/** The options of a command that does the jobs of others' runs. */
export interface WorkFlags extends CodeFlags, Texts<'workers' | 'threads'> {}

/** `oxbow resume <dir>`: goes on with a run that was stopped, with its own settings. */
export async function resume({ registry, argv }: CommandContext, out: string, flags: WorkFlags): Promise<number> {
  const workers = workerCount(flags);
  const allowed = await allowCode(flags);
  const directory = RunDirectory.open(out);
  const { experiment, config } = await experimentOf(directory, { registry, allowed });
  for (const job of experiment.jobs(config)) directory.jobPath(job);
  return interruptible((signal) =>
    runExperiment(experiment, config, registry, { argv, out, workers, allowed, signal }),
  );
}

/** `oxbow worker <redis>`: does jobs of runs that were started with `--queue`. */
export async function worker({ registry }: CommandContext, url: string, flags: WorkFlags): Promise<number> {
  const workers = workerCount(flags);
  const allowed = await allowCode(flags);
  await interruptible((signal) => serveQueue(url, registry, { workers, allowed, signal }));
  return EXIT.ok;
}

/** The options that allow code of others to run. */
export interface CodeFlags {
  readonly load: readonly string[];
  readonly python?: string;
  readonly env?: string | readonly string[];
}

/** What the options allow; modules are imported. */
export async function allowCode({ load, python, env = [] }: CodeFlags): Promise<AllowedCode> {
  return { load: await loadModules(load), python, envs: [env].flat() };
}
