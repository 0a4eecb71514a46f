import { basename } from 'node:path';
import { providerOf } from '../../envs/core/registry.ts';
import { isObject } from '../experiment/config.ts';
import type { CommonConfig } from '../experiment/experiment.ts';
import { shellWord } from '../experiment/text.ts';

/**
 * The code beside oxbow's own that may run: what the command line has named, or the caller. The settings of a run, of a queued job or
 * of a file name modules and a Python too, but they are data, which others may have written: nothing that only they name is run.
 */
export interface AllowedCode {
  /** Modules of the user's own, by absolute path. They are imported. */
  readonly load: readonly string[];
  /** The Python that environments of Gymnasium run in, whatever the settings say; undefined if none may be started. */
  readonly python?: string | undefined;
  /** Ids of environments of Gymnasium that name a module of Python, as `gymnasium:my_module:MyEnv-v0`; others need no leave. */
  readonly envs?: readonly string[] | undefined;
}

/** Nothing but oxbow. */
export const NO_CODE: AllowedCode = { load: [] };

/**
 * Why jobs with these settings must not be done: the first module that they load, or the Python that their environment runs in, that
 * is not allowed, and which option allows it. Undefined if all is allowed. Trainings alone have such settings.
 */
export function refusedCode(experiment: string, config: CommonConfig, allowed: AllowedCode): string | undefined {
  if (experiment !== TRAIN && experiment !== TRAIN_TUNING) return undefined;
  const { env } = config as { env?: unknown };
  const refused = config.environments.map((id) => refusedProgram(id, isObject(env) ? env : {}, allowed));
  return refusedModule(config, allowed) ?? refused.find((why) => why !== undefined);
}

/**
 * The first module that settings load and that is not allowed, as a clause. A module counts as allowed by its file's name: which folder
 * it lies in differs between machines.
 */
export function refusedModule(config: CommonConfig, { load }: AllowedCode): string | undefined {
  const { load: wanted } = config as { load?: unknown };
  if (!Array.isArray(wanted)) return undefined;
  const names = load.map((path) => basename(path));
  const missing = wanted.map(String).find((path) => !names.includes(basename(path)));
  if (missing === undefined) return undefined;
  return `the settings load ${missing}, which is not imported unless you name it: --load ${shellWord(missing)}, if you trust it`;
}

/**
 * The options to make an environment with, its program that which is allowed.
 * @throws if it needs one and none is
 */
export function allowedOptions(
  id: string,
  options: Readonly<Record<string, unknown>>,
  allowed: AllowedCode,
): Readonly<Record<string, unknown>> {
  const refused = refusedProgram(id, options, allowed);
  if (refused !== undefined) throw new Error(refused);
  return programOf(id, options) === undefined ? options : { ...options, python: allowed.python };
}

function refusedProgram(
  id: string,
  options: Readonly<Record<string, unknown>>,
  { python, envs = [] }: AllowedCode,
): string | undefined {
  const program = programOf(id, options);
  if (program === undefined) return undefined;
  const { provider, id: own } = providerOf(id)!;
  const module = provider.module(own);
  if (module !== undefined && !envs.includes(id)) {
    return `${id} imports ${module} in Python, which is not done unless you name it: --env ${shellWord(id)}, if you trust it`;
  }
  if (python !== undefined) return undefined;
  return `${id} runs in a Python, which is not started unless you name it: --python ${shellWord(program)}, if you trust it and the environment`;
}

/** The program that an environment runs in, as its options name it; undefined if it runs in this process. */
export function programOf(id: string, options: Readonly<Record<string, unknown>>): string | undefined {
  return providerOf(id)?.provider.program(options);
}

/** The name of the experiment that `oxbow train` runs, whatever the registry holds. */
export const TRAIN = 'train';

/** The name of the one that `oxbow tune train` runs. */
export const TRAIN_TUNING = 'train-tuning';
