import type { LearnerName } from '../../src/index.ts';
import { expectedOneOf, show } from '../../src/options/describe.ts';
import { readJson } from '../experiment/config.ts';
import type { CommonConfig } from '../experiment/experiment.ts';
import { InputError } from '../experiment/inputError.ts';
import type { AllowedCode } from '../train/allowedCode.ts';
import type { TrainChoice, TrainConfig } from '../train/trainConfig.ts';

/** What a command line says of a training. */
export interface TrainingFlags {
  readonly agent?: string | undefined;
  readonly policy?: string | undefined;
  readonly load: readonly string[];
  readonly set: readonly string[];
  readonly config?: string | undefined;
}

/** What is trained, and the code of others that the command line has named for it. */
export interface ChosenTraining {
  readonly choice: TrainChoice;
  readonly allowed: AllowedCode;
  /** @throws InputError if the settings name a Python that the command line does not */
  check(config: CommonConfig): void;
}

/**
 * Imports the modules that the command line names, and checks what it chooses.
 * @param label whose argument the environment is: `train`
 * @throws InputError, one line
 */
export async function chooseTraining(
  label: string,
  env: string,
  { agent, policy, load, set, config: file }: TrainingFlags,
): Promise<ChosenTraining> {
  const [
    { builtinAgents },
    { usualPolicy },
    { policyOptionsFor },
    { actionSpaceOf },
    { programOf },
    { checkEnvOptions },
    { loadModules },
    { loadNamedEnv },
    { checkPolicies },
  ] = await Promise.all([
    import('../../agents/registry.ts'),
    import('../../agents/train.ts'),
    import('../../src/policies/builtinPolicies.ts'),
    import('../train/actionSpaceOf.ts'),
    import('../train/allowedCode.ts'),
    import('../train/checkEnvOptions.ts'),
    import('../train/loadModules.ts'),
    import('../train/loadNamedEnv.ts'),
    import('../train/trainExperiment.ts'),
  ]);
  if (agent === undefined) {
    throw new InputError(`${label}: --agent: got none, ${expectedOneOf('', Object.keys(builtinAgents))}`);
  }
  const files = await loadModules(load);
  await loadNamedEnv(label, env);
  const options = optionsOf('env', set);
  checkEnvOptions('--set env', env, options);
  // Opened only where defaults depend on its actions: one of Gymnasium starts a Python.
  const isOpened = policy === undefined || Object.hasOwn(policyOptionsFor[agent as LearnerName] ?? {}, 'squash');
  const actionSpace = isOpened ? actionSpaceOf(env, options) : undefined;
  const policies = policy === undefined ? [usualPolicy(agent, actionSpace!)] : names('--policy', policy);
  checkPolicies(policies);
  // The command line names the environment, and so the Python that those of Gymnasium run in.
  const allowed = { load: files, python: programOf(env, options), envs: [env] };
  return {
    choice: { studies: [agent], policies, environments: [env], actionSpace },
    allowed,
    check(config) {
      const { python } = (config as unknown as TrainConfig).env;
      if (python === undefined || python === allowed.python || allowed.python === undefined) return;
      throw new InputError(
        `${file}: env.python: got ${show(python)}, which a file cannot allow: --set env.python=… names it`,
      );
    },
  };
}

/** The setting `load` of the modules that are allowed, if there are some. */
export function loadSetting({ load }: AllowedCode): { readonly load?: string } {
  return load.length > 0 ? { load: JSON.stringify(load) } : {};
}

/** The settings `env.…`, or those of another group, before there is a schema to read them by. */
export function optionsOf(group: string, assignments: readonly string[]): Record<string, unknown> {
  const options = assignments.flatMap((assignment) => {
    const [, of, name, text] = /^(\w+)\.([^=]+)=(.*)$/s.exec(assignment) ?? [];
    return of === group ? [[name!, readJson(text!)]] : [];
  });
  return Object.fromEntries(options);
}

function names(label: string, list: string): string[] {
  const found = list
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  if (found.length === 0) throw new InputError(`${label}: got "${list}", expected a name, or several: a,b`);
  return found;
}
