import { Command } from 'commander';
import type { LearnerName } from '../../src/index.ts';
import { expectedOneOf, show } from '../../src/options/describe.ts';
import { readJson } from '../experiment/config.ts';
import { InputError } from '../experiment/errors.ts';
import type { CommonConfig } from '../experiment/experiment.ts';
import { printable } from '../experiment/text.ts';
import type { AllowedCode } from '../train/allowedCode.ts';
import type { TrainChoice, TrainConfig } from '../train/trainConfig.ts';
import { type CommandContext, collect, type RunFlags, runWith, withLoadOption, withWorkerOptions } from './run.ts';

interface TrainFlags extends Omit<RunFlags, 'policies' | 'study' | 'env' | 'quick' | 'full'> {
  evaluateEvery?: string;
  keep?: string;
  snapshots?: string;
  stopAtReturn?: string;
  agent?: string;
  policy?: string;
  dataset?: string;
  onlineSteps?: string;
  envs?: string;
  load: string[];
}

/** `oxbow train <env>`: trains an agent, or goes on with a training that was stopped. */
export function trainCommand(context: CommandContext): Command {
  const command = withLoadOption(new Command('train'))
    .description('train an agent on an environment, or go on with a training that was stopped')
    .argument('<env>', 'the id of an environment, as "oxbow list envs" names them')
    .option('--agent <name>', 'as "oxbow list agents" names them; must be given')
    .option(
      '--policy <list>',
      'a policy, or several to compare: a,b (default: the one that the agent needs, or the usual one for the actions)',
    )
    .option(
      '--dataset <path>',
      "the dataset, for an agent that learns from data: oxbow's, Minari's, a file .jsonl or .csv",
    )
    .option('--steps <n>', 'environment steps of each training, or updates on data')
    .option('--online-steps <n>', 'the last n of these steps are made in the environment, after those on data')
    .option('--seeds <n|list>', 'how many seeds, or which: 5, or 3,5,7; "300," is seed 300')
    .option('--seed <base>', 'the first seed where --seeds is a number')
    .option('--envs <n>', 'parallel environments of each training')
    .option(
      '--evaluate-every <n>',
      'evaluate the policy every n steps, on environments of its own (default: only at the end)',
    )
    .option('--keep <which>', 'end with the last policy, or with the best of the evaluations: last, best')
    .option('--stop-at-return <r>', 'end a training when an evaluation has a mean return of at least r')
    .option('--snapshots <n>', 'leave n policies of the course of each training, for oxbow collect (default: none)')
    .option('--engine <name>', 'what compiled functions run on')
    .option('--config <file>', 'settings from a JSON file')
    .option(
      '--set <key=value>',
      'any other setting: agent.gamma=0.98, policy.hidden=64,64; may be repeated',
      collect,
      [],
    )
    .option('--out <dir>', 'run directory; one that holds the same training is continued (default: runs/train-<time>)');
  return withWorkerOptions(command)
    .addHelpText(
      'after',
      '\nLater ones win: defaults, those of the environment and the agent, OXBOW_ENGINE, --config, options.\n' +
        '"oxbow list agents <agent>" and "oxbow list policies <policy>" show all settings.',
    )
    .action(async (env: string, flags: TrainFlags) => context.end(await train(env, flags, context)));
}

async function train(
  env: string,
  {
    agent,
    policy,
    dataset,
    onlineSteps,
    envs,
    evaluateEvery,
    keep,
    stopAtReturn,
    snapshots,
    load,
    ...flags
  }: TrainFlags,
  context: CommandContext,
): Promise<number> {
  const [{ trainExperiment }, { datasetIdentity }, { isSameTask }] = await Promise.all([
    import('../train/trainExperiment.ts'),
    import('../train/runTraining.ts'),
    import('../train/loadNamedEnv.ts'),
  ]);
  const { choice, allowed, check } = await chooseTraining('train', env, { ...flags, agent, policy, load });
  const given = Object.entries({ envs, dataset, evaluateEvery, keep, stopAtReturn, snapshots }).filter(
    ([, text]) => text !== undefined,
  );
  const data = dataset === undefined ? undefined : await datasetIdentity(dataset);
  if (data?.env !== undefined && !isSameTask(data.env, env)) {
    const said = `oxbow: ${dataset} was played in ${data.env}, and the policy will be evaluated in ${env}`;
    process.stderr.write(`${printable(said)}\n`);
  }
  const more = { ...Object.fromEntries(given), ...(data && { datasetHash: data.hash }), ...loadSetting(allowed) };
  const set = onlineSteps === undefined ? flags.set : [...flags.set, `agent.onlineSteps=${onlineSteps}`];
  return runWith(trainExperiment(choice, allowed), { ...flags, set }, context, more, { allowed, check });
}

/** What a command line says of a training. */
interface TrainingFlags {
  readonly agent?: string | undefined;
  readonly policy?: string | undefined;
  readonly load: readonly string[];
  readonly set: readonly string[];
  readonly config?: string | undefined;
}

/** What is trained, and the code of others that the command line has named for it. */
interface ChosenTraining {
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
    { programOf },
    { actionSpaceOf, checkEnvOptions, loadModules, loadNamedEnv },
    { checkPolicies },
  ] = await Promise.all([
    import('../../agents/registry.ts'),
    import('../../agents/train.ts'),
    import('../../src/policies/builtinPolicies.ts'),
    import('../train/allowedCode.ts'),
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
