import { join } from 'node:path';
import {
  type Agent,
  BehaviorCloning,
  type BehaviorCloningReport,
  DivergedError,
  Fql,
  Iql,
  NfRlbc,
  Td3Bc,
} from '../../agents/index.ts';
import type { JobContext, JobResult } from '../../cli/experiment/experiment.ts';
import type { Settings } from '../../cli/experiment/tuned.ts';
import type { Recipe } from '../../cli/train/recipes/recipes.ts';
import { type EpisodeSource, splitEpisodes } from '../../datasets/index.ts';
import { cosineSchedule, makePolicy, type Policy, type Rng, savePolicy } from '../../src/index.ts';
import { writeActingSpeed } from '../shared/actingSpeed.ts';
import { benchmarkData } from './benchmarkData.ts';
import type { OfflineExperimentConfig } from './config.ts';
import { measureScores, type Scores } from './measureScores.ts';
import { type Method, methodOf } from './methods.ts';

/** What a method takes on an environment, whatever the kind of its data. */
interface LearningSettings {
  readonly learningRate: number;
  /** Updates. */
  readonly steps: number;
  /** Options of the policy. */
  readonly policy: Settings;
  /** Options of the agent; none of cloning. */
  readonly agent?: Settings;
}

/** What a job keeps beside its metrics. */
export interface OfflineData {
  /** Of the policy. */
  readonly parameters: number;
  /** Of what it has learned from. */
  readonly dataset: string;
  /** Why it was given up, if it was. */
  readonly diverged?: string;
}

/** Share of the episodes that cloning is judged by, and does not learn from. */
const HELD_OUT = 0.1;
/** Samples that best-of-N chooses among. */
const CANDIDATES = 32;

/** What an agent that learns values takes of a task: rewards near 1, and a discount that sees to the end of an episode. */
const valuesOf = (env: string) => {
  if (env === 'Pendulum-v1') return { gamma: 0.98, rewardScale: 0.1 };
  return { gamma: env.includes('Lake') ? 0.98 : 0.99, rewardScale: 1 };
};

/** Which job it is. */
export interface LearningJob {
  readonly study: string;
  readonly policy: string;
  readonly recipe: Recipe;
}

/**
 * Learns from a benchmark dataset by one method, and plays. Metrics are those of {@link measureScores}, and of cloning the least loss on episodes that
 * were not learned from, whose weights are kept: `heldOutLoss`, nats a step, of a density, and `heldOutMatching`, the squared error of velocities, of a
 * policy without one. A training that diverges has no scores, and `diverged` 1.
 */
export async function learnFromData(
  { study, policy: name, recipe }: LearningJob,
  config: OfflineExperimentConfig,
  context: JobContext,
): Promise<JobResult & { data: OfflineData }> {
  const { rng, directory, logs } = context;
  const method = methodOf(study, name)!;
  const settings = learningSettings(config, { study, env: recipe.task.env, policy: name });
  const { source, hash } = await benchmarkData(recipe, config.datasets);
  const policy = policyFor(method, source, settings, config.parameters, rng.split('policy'));
  const size = { parameters: policy.parameterCount(), dataset: hash };
  let agent: Agent | undefined;
  try {
    const task = { policy, source, settings, config, env: recipe.task.env, rng };
    const made = method.agent === 'cloning' ? cloning(task) : fromRewards(method, task);
    agent = made.agent;
    await trained(made.agent, settings.steps, context);
    const acting = made.acting ?? policy;
    const { evaluationEpisodes: episodes } = config;
    const scores = measureScores({
      policy: acting,
      acts: method.acts,
      task: recipe.task,
      episodes,
      rng: rng.split('evaluation'),
    });
    writeActingSpeed(logs, {
      policy: acting,
      greedy: !method.acts.includes('sampled' as never),
      rng: rng.split('speed'),
    });
    const { env, envOptions } = recipe.task;
    savePolicy(join(directory, 'policy.json'), acting, { env, envOptions, recipe: recipe.name });
    return { metrics: { ...scores, ...made.figures?.(), diverged: 0 }, data: size };
  } catch (error) {
    if (!(error instanceof DivergedError)) throw error;
    return { metrics: { ...NO_SCORES, diverged: 1 }, data: { ...size, diverged: error.message } };
  } finally {
    agent?.dispose();
    policy.dispose();
  }
}

const NO_SCORES: Scores = { score: null, sampled: null, greedy: null, return: null, drowned: null, modes: null };

/** What a method takes: as tuned, but for the steps, if the run says how many. */
export function learningSettings(
  { tuned, steps }: Pick<OfflineExperimentConfig, 'tuned' | 'steps'>,
  { study, env, policy }: { readonly study: string; readonly env: string; readonly policy: string },
): LearningSettings {
  const settings = tuned[study]![env]![policy] as unknown as LearningSettings;
  return { ...settings, steps: steps ?? settings.steps };
}

function policyFor(
  { policy, options }: Method,
  { observationSpace, actionSpace }: EpisodeSource,
  settings: LearningSettings,
  parameters: number,
  rng: Rng,
): Policy {
  const spaces = { observationSpace, actionSpace } as never as { observationSpace: never; actionSpace: never };
  return makePolicy<string>(policy, { ...spaces, parameters, ...options, ...settings.policy, rng });
}

interface Task {
  readonly policy: Policy;
  readonly source: EpisodeSource;
  readonly settings: LearningSettings;
  readonly config: OfflineExperimentConfig;
  readonly env: string;
  readonly rng: Rng;
}

interface Made {
  readonly agent: Agent;
  /** What acts, if it is not the policy that is trained. */
  readonly acting?: Policy;
  /** What the agent has measured. */
  readonly figures?: () => JobResult['metrics'];
}

function cloning({ policy, source, settings: { learningRate, steps }, config, rng }: Task): Made {
  const { train, validation } = splitEpisodes(source, { validation: HELD_OUT, seed: rng.split('held out').seed });
  const demonstrations = pairsOf(train);
  const agent = new BehaviorCloning({
    policy,
    demonstrations,
    validation: pairsOf(validation),
    // Demonstrators are noisy, and beyond the bounds of a velocity its direction counts.
    outside: 'keep',
    batchSize: Math.min(config.batchSize, demonstrations.rows),
    learningRate: cosineSchedule(learningRate),
    reportEvery: Math.max(1, Math.round(steps / 30)),
  });
  let best: BehaviorCloningReport['best'];
  const followed: Agent = {
    async *train(options) {
      for await (const report of agent.train(options)) {
        best = report.best;
        yield report;
      }
    },
    state: () => agent.state(),
    setState: (state) => agent.setState(state),
    dispose: () => agent.dispose(),
  };
  // Two losses of different kinds have names of their own: nothing may compare them.
  const metric = policy.hasDensity === false ? 'heldOutMatching' : 'heldOutLoss';
  return {
    agent: followed,
    figures: () => ({ [metric]: finite(best?.validationLoss), bestStep: best?.step ?? null }),
  };
}

/** Observations with the actions that were taken there, row by row. */
function pairsOf(source: EpisodeSource) {
  const [observations, actions] = [
    new Float32Array(source.numSteps * source.observationSpace.size),
    new Float32Array(source.numSteps * source.actionSpace.size),
  ];
  let row = 0;
  for (const episode of source.episodes()) {
    const steps = episode.rewards.length;
    observations.set(
      episode.observations.subarray(0, steps * source.observationSpace.size),
      row * source.observationSpace.size,
    );
    actions.set(episode.actions, row * source.actionSpace.size);
    row += steps;
  }
  return { observations, actions, rows: row };
}

function fromRewards({ agent }: Method, { policy, source, settings, config, env, rng }: Task): Made {
  const { learningRate, steps, agent: own } = settings;
  const options = {
    ...{ policy, dataset: source, rng: rng.split('agent'), learningRate },
    ...valuesOf(env),
    ...own,
    batchSize: config.batchSize,
    criticHidden: config.criticHidden,
    maxGradientNorm: 10,
    criticMaxGradientNorm: 10,
    reportEvery: Math.max(1, Math.round(steps / 10)),
  };
  switch (agent) {
    case 'td3-bc':
      return { agent: new Td3Bc(options) };
    case 'iql':
      return { agent: new Iql(options) };
    case 'fql':
      return {
        agent: new Fql({ ...options, behaviorHidden: [2 * config.criticHidden[0]!, 2 * config.criticHidden[0]!] }),
      };
    case 'nf-rlbc':
      return { agent: new NfRlbc(options) };
    case 'best-of': {
      const iql = new Iql({ ...options, beta: 0 });
      return { agent: iql, acting: iql.bestOf(CANDIDATES) };
    }
    case 'cloning':
      throw new Error('cloning knows no rewards');
  }
}

async function trained(agent: Agent, steps: number, { rng, report }: JobContext): Promise<void> {
  for await (const { step, ...figures } of agent.train({ steps, rng: rng.split('training') })) {
    const numbers = Object.entries(figures).filter(([, value]) => typeof value === 'number' && Number.isFinite(value));
    report((0.9 * step) / steps, { step, ...(Object.fromEntries(numbers) as Record<string, number>) });
  }
}

/** A pair to which a policy gives no density makes its loss infinite: there is nothing to count then. */
function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
