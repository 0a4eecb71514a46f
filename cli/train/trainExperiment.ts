import type { z } from 'zod';
import { agentNamed, builtinAgents } from '../../agents/registry.ts';
import { policies as knownPolicies } from '../../src/index.ts';
import { expectedOneOf, show } from '../../src/options/describe.ts';
import { InputError, orInputError } from '../experiment/errors.ts';
import {
  type AnyExperiment,
  type CommonConfig,
  defineExperiment,
  type Job,
  type Runtime,
  type SummaryRow,
  type Table,
} from '../experiment/experiment.ts';
import { selectRuntime } from '../experiment/selectRuntime.ts';
import { formatReturn, printable } from '../experiment/text.ts';
import { metricTable } from '../report/table.ts';
import { type AllowedCode, allowedOptions, NO_CODE, refusedCode, TRAIN } from './allowedCode.ts';
import { checkEnvOptions, loadNamedEnv } from './loadNamedEnv.ts';
import { tryOut } from './makeTraining.ts';
import { withOutcomes } from './outcomes.ts';
import { openTrainingDataset, trainJob } from './runTraining.ts';
import { type TrainChoice, type TrainConfig, trainSchema } from './trainConfig.ts';
import { hasShape, NEGENTROPY, speedTable, trainSections } from './trainSections.ts';

/**
 * The training of an agent on an environment, with one policy or several to compare. Which settings there are depends on what is
 * chosen. A policy that is not registered has any: stored results are read without the module that registered it. Its jobs cannot be
 * done.
 * @param allowed the code beside oxbow's own that jobs may run
 * @throws InputError if the agent is unknown, or a policy is named twice
 */
export function trainExperiment(choice: TrainChoice, allowed: AllowedCode = NO_CODE): AnyExperiment {
  const [agent, env] = [choice.studies[0]!, choice.environments[0]!];
  const { policies } = choice;
  const agents = Object.keys(builtinAgents);
  if (!agents.includes(agent)) throw new InputError(`--agent: got ${agent}, ${expectedOneOf(agent, agents)}`);
  if (new Set(policies).size < policies.length) {
    throw new InputError(`--policy: got ${show(policies)}, expected each at most once`);
  }
  const choices = { studies: [agent], policies, environments: [env] };
  /** The settings by which a job is done. */
  const own = (config: TrainConfig): TrainConfig => ({ ...config, env: allowedOptions(env, config.env, allowed) });
  return defineExperiment<TrainConfig, Job>({
    name: TRAIN,
    command: `oxbow train ${env} --agent ${agent} --policy ${policies.join(',')}`,
    headline: `${agent} on ${env}`,
    description: `${agent} on ${env}: ${agentNamed(agent)!.description}.`,
    schema: trainSchema({ ...choices, actionSpace: choice.actionSpace }) as unknown as z.ZodType<TrainConfig> & {
      shape: Record<string, z.ZodType>;
    },
    presets: { quick: {} },
    choices,
    steps: { [agent]: 'steps' },
    resumable: true,

    runtime: (config) =>
      trainingRuntime(TRAIN, config, allowed, async () => {
        const dataset = await openTrainingDataset(config);
        const unsaved = config.policies.map((policy) => tryOut({ study: agent, env, policy }, own(config), dataset));
        const why = unsaved.find((reason) => reason !== undefined);
        if (why === undefined) return;
        const said = `oxbow: no checkpoints, a run that is stopped begins its unfinished jobs again: ${why}`;
        process.stderr.write(`${printable(said)}\n`);
      }),

    jobs: ({ seeds, policies }) =>
      policies.flatMap((policy) =>
        seeds.map((seed) => ({
          id: `${agent}/${env.replaceAll(':', '-')}/${policy}/seed-${seed}`,
          study: agent,
          env,
          policy,
          seed,
          weight: 1,
        })),
      ),

    async runJob(job, config, context) {
      await selectRuntime(config);
      return trainJob(job, own(config), context);
    },

    clocked: speedTable,

    tables: (summary) => [trainTable(`${agent}, ${env}`, summary)],

    report: (outcomes, summary, config) => trainSections(outcomes, summary, config),
  });
}

/**
 * What jobs of trainings run on, after a look at all that they need.
 * @param tryAll tries out what is trained
 * @throws InputError if something is missing, not allowed, or does not fit
 */
export async function trainingRuntime(
  name: string,
  config: Pick<TrainConfig, keyof CommonConfig | 'engine' | 'env'>,
  allowed: AllowedCode,
  tryAll: () => Promise<void>,
): Promise<Runtime> {
  const refused = refusedCode(name, config, allowed);
  if (refused !== undefined) throw new InputError(refused);
  checkPolicies(config.policies);
  const runtime = await selectRuntime(config);
  const [env] = config.environments as [string];
  await loadNamedEnv(name, env);
  checkEnvOptions('env', env, config.env);
  await orInputError(tryAll);
  return runtime;
}

/** @throws InputError if a policy is unknown */
export function checkPolicies(policies: readonly string[]): void {
  const names = knownPolicies().map(({ name }) => name);
  const unknown = policies.find((policy) => !names.includes(policy));
  if (unknown !== undefined) throw new InputError(`--policy: got ${unknown}, ${expectedOneOf(unknown, names)}`);
}

/** The returns of a training, how far from a Gaussian its policies are and how its episodes ended, a row a policy. */
function trainTable(title: string, summary: readonly SummaryRow[]): Table {
  const table = metricTable(title, summary, [
    { metric: 'return', label: 'return, sampled', format: formatReturn },
    { metric: 'greedyReturn', label: 'return, greedy', format: formatReturn },
    { metric: 'length', label: 'steps of an episode', format: formatReturn },
    ...(hasShape(summary) ? [NEGENTROPY] : []),
  ]);
  return withOutcomes(table, summary);
}
