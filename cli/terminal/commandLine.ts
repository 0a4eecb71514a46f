import { basename, isAbsolute, relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type ConfigSources, isObject, resolveConfig, type Setting } from '../experiment/config.ts';
import type { AnyExperiment, CommonConfig } from '../experiment/experiment.ts';
import { shellWord } from '../experiment/text.ts';

/** What starts the command here: in a clone of the repository, whose sources run as they are, npm does. */
export const PROGRAM = import.meta.url.endsWith('.ts') ? 'npm run oxbow --' : 'oxbow';

/** A command with its arguments as it can be pasted into a shell: `oxbow run lake --set 'a=b c'`. */
export function commandLine(...argv: readonly string[]): string {
  const loader = PROGRAM === 'oxbow' ? loaderOf(argv) : '';
  return `${loader}${[PROGRAM, ...argv.map(shellWord)].join(' ')}`;
}

/** What stands before a command that loads a module of TypeScript, where Node cannot read it by itself; else nothing. */
function loaderOf(argv: readonly string[]): string {
  const isTypeScript = argv.some(
    (argument, i) =>
      /\.[cm]?tsx?(#|$)/.test(argument) &&
      (['--load', 'run', 'tune'].includes(argv[i - 1]!) || argument.startsWith('--load=')),
  );
  const { typescript } = process.features as { readonly typescript?: unknown };
  return isTypeScript && !typescript ? "NODE_OPTIONS='--import tsx' " : '';
}

/** Arguments without an option and its value. */
export function withoutOption(argv: readonly string[], option: string): string[] {
  return argv.filter(
    (argument, i) => argument !== option && argv[i - 1] !== option && !argument.startsWith(`${option}=`),
  );
}

/** Arguments with an option set to another value, and without the option as it stood there. */
export function withOption(argv: readonly string[], option: string, value: string): string[] {
  return [...withoutOption(argv, option), option, value];
}

/** The options that set fields; others are set by `--set`. */
const OPTIONS: Readonly<Record<string, string>> = {
  seeds: '--seeds',
  seed: '--seed',
  studies: '--study',
  policies: '--policies',
  environments: '--env',
  engine: '--engine',
  load: '--load',
};

/**
 * The command that runs an experiment with this config, in as few options as there are: `oxbow run lake --full --seeds 5`. Read as
 * the command line is, from the folder of the modules that it loads, it gives this config; undefined where no options do.
 */
export function commandOf(experiment: AnyExperiment, config: CommonConfig): string | undefined {
  const presets = [undefined, ...(Object.keys(experiment.presets) as ('quick' | 'full')[])];
  const commands = presets.flatMap((preset) => {
    const settings = differences(resolveConfig(experiment, { preset }), config);
    if (!gives(experiment, { preset, settings }, config)) return [];
    const words = settings.flatMap(({ path: [...path], text }) => {
      const option = OPTIONS[path.join('.')];
      // Each module has an option of its own.
      if (option === '--load') return modulesOf(config).flatMap((file) => [option, portablePath(file)]);
      return option === undefined ? ['--set', `${path.join('.')}=${text}`] : [option, text];
    });
    const command = [beginning(experiment), ...(preset === undefined ? [] : [`--${preset}`]), ...words.map(shellWord)];
    return [`${loaderOf(words)}${command.join(' ')}`];
  });
  return commands.toSorted((a, b) => a.length - b.length)[0];
}

/** A file as a command names it: from the working folder on where it lies in it, else by its name, as folders differ between machines. */
export function portablePath(file: string): string {
  const path = relative(process.cwd(), file);
  return path.startsWith('..') || isAbsolute(path) ? basename(file) : path.replaceAll('\\', '/');
}

function modulesOf(config: CommonConfig): readonly string[] {
  return (config as { readonly load?: readonly string[] }).load ?? [];
}

/** How a command that runs the experiment begins. */
export function beginning({ command, name }: AnyExperiment): string {
  return command ?? `oxbow run ${name}`;
}

/** The settings that make one config of another; they do where none is to be taken away. */
function differences(base: CommonConfig, config: CommonConfig): Setting[] {
  const [before, after] = [leaves(base), leaves(config)];
  return [...after].flatMap(([key, value]): Setting[] => {
    if (key !== 'seeds')
      return isDeepStrictEqual(before.get(key), value) ? [] : [setting(key, textOf(value, key in OPTIONS))];
    return seedSettings(base.seeds, config.seeds);
  });
}

/** `20` for seeds that follow one another, from another than the usual one on with `seed`; else `3,5`. */
function seedSettings(usual: readonly number[], seeds: readonly number[]): Setting[] {
  if (isDeepStrictEqual(usual, seeds)) return [];
  const [first] = seeds as [number];
  if (!seeds.every((seed, i) => seed === first + i)) return [setting('seeds', seeds.join(','))];
  return [
    ...(seeds.length === usual.length ? [] : [setting('seeds', String(seeds.length))]),
    ...(first === Math.min(...usual) ? [] : [setting('seed', String(first))]),
  ];
}

function setting(key: string, text: string): Setting {
  return { path: key.split('.'), text, label: key };
}

/** Values by the path that leads to them; lists are values. */
function leaves(value: object, path: readonly string[] = []): Map<string, unknown> {
  return new Map(
    Object.entries(value).flatMap(([key, entry]): [string, unknown][] => {
      const at = [...path, key];
      if (entry === undefined) return [];
      return isObject(entry) && Object.keys(entry).length > 0 ? [...leaves(entry, at)] : [[at.join('.'), entry]];
    }),
  );
}

/** @param isOption whether it is of an option that takes a list of names, so that one name is a list too */
function textOf(value: unknown, isOption: boolean): string {
  if (typeof value === 'string') return value;
  const isPlainList =
    Array.isArray(value) &&
    value.length > (isOption ? 0 : 1) &&
    value.every((entry) => /^[\w./:-]+$/.test(String(entry)));
  return isPlainList ? value.join(',') : JSON.stringify(value);
}

function gives(experiment: AnyExperiment, sources: ConfigSources, config: CommonConfig): boolean {
  try {
    const plain = (of: CommonConfig) => JSON.parse(JSON.stringify(of)) as unknown;
    return isDeepStrictEqual(plain(resolveConfig(experiment, sources)), plain(config));
  } catch {
    return false;
  }
}
