import { builtinAgents } from '../../agents/registry.ts';
import { usualPolicy } from '../../agents/train.ts';
import type { LearnerName } from '../../src/index.ts';
import { expectedOneOf, show } from '../../src/options/describe.ts';
import { policyOptionsFor } from '../../src/policies/builtinPolicies.ts';
import { readJson } from '../experiment/config.ts';
import { InputError } from '../experiment/errors.ts';
import type { CommonConfig } from '../experiment/experiment.ts';
import { printable } from '../experiment/text.ts';
import { programOf } from '../train/allowedCode.ts';
import { actionSpaceOf, checkEnvOptions, isSameTask, loadModules, loadNamedEnv } from '../train/loadNamedEnv.ts';
import { datasetIdentity } from '../train/runTraining.ts';
import type { TrainChoice, TrainConfig } from '../train/trainConfig.ts';
import { checkPolicies, trainExperiment } from '../train/trainExperiment.ts';
import type { CommandContext } from './options.ts';
import { runWith, type Texts, type WorkingFlags } from './run.ts';

/** The options that choose what is trained, and those of its run. */
export interface TrainingFlags extends WorkingFlags, Texts<'agent' | 'policy'> {
  readonly load: readonly string[];
}

/** The options that set fields of their names. */
const FIELDS = ['envs', 'dataset', 'evaluateEvery', 'keep', 'stopAtReturn', 'snapshots'] as const;

interface TrainFlags extends TrainingFlags, Texts<(typeof FIELDS)[number] | 'onlineSteps'> {}

/** `oxbow train <env>`: trains an agent, or goes on with a training that was stopped. */
export async function train(context: CommandContext, env: string, flags: TrainFlags): Promise<number> {
  const { dataset, onlineSteps } = flags;
  const { choice, allowed, modules, check } = await chooseTraining('train', env, flags);
  const data = dataset === undefined ? undefined : await datasetIdentity(dataset);
  if (data?.env !== undefined && !isSameTask(data.env, env)) {
    const said = `oxbow: ${dataset} was played in ${data.env}, and the policy will be evaluated in ${env}`;
    process.stderr.write(`${printable(said)}\n`);
  }
  const given = Object.fromEntries(FIELDS.map((name) => [name, flags[name]]));
  const more = { ...given, datasetHash: data?.hash, load: modules };
  const set = onlineSteps === undefined ? flags.set : [...flags.set, `agent.onlineSteps=${onlineSteps}`];
  return runWith(context, trainExperiment(choice, allowed), { ...flags, set }, more, { allowed, check });
}

/** What is trained, and the code of others that the command line allows, which is imported. @throws InputError, one line */
export async function chooseTraining(
  label: string,
  env: string,
  { agent, policy, load, set, config: file }: TrainingFlags,
) {
  if (agent === undefined) {
    throw new InputError(`${label}: --agent: got none, ${expectedOneOf('', Object.keys(builtinAgents))}`);
  }
  const files = await loadModules(load);
  await loadNamedEnv(label, env);
  const options = optionsOf('env', set);
  checkEnvOptions('--set env', env, options);
  // Opened only where defaults depend on its actions: one of Gymnasium starts a Python.
  const isOpened = policy === undefined || Object.hasOwn(policyOptionsFor[agent as LearnerName] ?? {}, 'squash');
  const actionSpace = isOpened ? await actionSpaceOf(env, options) : undefined;
  const policies = policy === undefined ? [usualPolicy(agent, actionSpace!)] : names('--policy', policy);
  checkPolicies(policies);
  // The command line names the environment, and so the Python that those of Gymnasium run in.
  const allowed = { load: files, python: programOf(env, options), envs: [env] };
  const choice: TrainChoice = { studies: [agent], policies, environments: [env], actionSpace };
  return {
    choice,
    allowed,
    /** The setting of the modules. */
    modules: files.length > 0 ? JSON.stringify(files) : undefined,
    /** @throws InputError if the settings name a Python that the command line does not */
    check(config: CommonConfig): void {
      const { python } = (config as unknown as TrainConfig).env;
      if (python === undefined || python === allowed.python || allowed.python === undefined) return;
      throw new InputError(
        `${file}: env.python: got ${show(python)}, which a file cannot allow: --set env.python=… names it`,
      );
    },
  };
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
