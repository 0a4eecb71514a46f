import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BehaviorCloningReport } from '../../agents/behaviorCloning.ts';
import { type Agent, BehaviorCloning, DivergedError, evaluate, Fql, Iql, NfRlbc, Td3Bc } from '../../agents/index.ts';
import { InputError } from '../../cli/experiment/errors.ts';
import type { JobContext, JobResult } from '../../cli/experiment/experiment.ts';
import type { Settings } from '../../cli/experiment/tuned.ts';
import {
  ContentHash,
  type EpisodeSource,
  EpisodesInMemory,
  episodeOf,
  openDataset,
  type StoredEpisode,
  splitEpisodes,
} from '../../datasets/index.ts';
import { cosineSchedule, makePolicy, type Policy, type Rng, savePolicy } from '../../src/index.ts';
import { portableMath } from '../../src/portableMath.ts';
import { type Method, methodOf, type OfflineExperimentConfig } from './config.ts';
import { playRecipe } from './playRecipe.ts';
import { normalizedScore, type Recipe, type Task } from './recipes.ts';

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
interface LearningJob {
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
  const { rng, directory } = context;
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
    const last = await trained(made.agent, settings.steps, context);
    const acting = made.acting ?? policy;
    const { evaluationEpisodes: episodes } = config;
    const scores = measureScores({
      policy: acting,
      acts: method.acts,
      task: recipe.task,
      episodes,
      rng: rng.split('evaluation'),
    });
    const { env, envOptions } = recipe.task;
    savePolicy(join(directory, 'policy.json'), acting, { env, envOptions, recipe: recipe.name });
    return { metrics: { ...scores, ...made.figures?.(last), diverged: 0 }, data: size };
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

interface LearningTask {
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
  /** What the agent has measured, by its last report. */
  readonly figures?: (last: object) => JobResult['metrics'];
}

function cloning({ policy, source, settings: { learningRate, steps }, config, rng }: LearningTask): Made {
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
  // Two losses of different kinds have names of their own: nothing may compare them.
  const metric = policy.matchingLoss ? 'heldOutMatching' : 'heldOutLoss';
  return {
    agent,
    figures(last) {
      const { best } = last as BehaviorCloningReport;
      return { [metric]: finite(best?.validationLoss), bestStep: best?.step ?? null };
    },
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

function fromRewards({ agent }: Method, { policy, source, settings, config, env, rng }: LearningTask): Made {
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

/** @returns the last report */
async function trained(agent: Agent, steps: number, { rng, report }: JobContext): Promise<object> {
  let last = {};
  for await (const { step, ...figures } of agent.train({ steps, rng: rng.split('training') })) {
    const numbers = Object.entries(figures).filter(([, value]) => typeof value === 'number' && Number.isFinite(value));
    report((0.9 * step) / steps, { step, ...(Object.fromEntries(numbers) as Record<string, number>) });
    last = figures;
  }
  return last;
}

/** A pair to which a policy gives no density makes its loss infinite: there is nothing to count then. */
function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

type Evaluation = ReturnType<typeof evaluate>;

/** How a policy does; null where there is nothing to measure. */
type Scores = {
  /** Of its samples or of its greedy actions, whichever is higher: 0 is random, 1 the expert. */
  readonly score: number | null;
  readonly sampled: number | null;
  readonly greedy: number | null;
  /** The mean return of the one that `score` is of. */
  readonly return: number | null;
  /** Of walks round a lake, by samples if it has some: the share that drowns. */
  readonly drowned: number | null;
  /** Of the same walks that get home: how many banks they use, e^H with the entropy H of the banks, 1 to 2. */
  readonly modes: number | null;
};

/** Plays episodes by samples, by greedy actions, or by both, from the same starts: luck with these makes neither the higher one. */
function measureScores({
  policy,
  acts,
  task,
  episodes,
  rng,
}: {
  readonly policy: Policy;
  readonly acts: readonly ('sampled' | 'greedy')[];
  readonly task: Task;
  readonly episodes: number;
  readonly rng: Rng;
}): Scores {
  const { env, envOptions } = task;
  const by = (way: 'sampled' | 'greedy') => {
    if (!acts.includes(way)) return undefined;
    return evaluate({ policy, env, envOptions: envOptions as never, episodes, greedy: way === 'greedy', rng });
  };
  const [sampled, greedy] = [by('sampled'), by('greedy')];
  const scoreOf = (of: Evaluation | undefined) => (of === undefined ? null : normalizedScore(task, of.meanReturn));
  const returns = [sampled, greedy].flatMap((of) => (of === undefined ? [] : [of.meanReturn]));
  const best = Math.max(...returns);
  return {
    score: normalizedScore(task, best),
    sampled: scoreOf(sampled),
    greedy: scoreOf(greedy),
    return: best,
    ...banksOf((sampled ?? greedy)!),
  };
}

function banksOf({ episodes }: Evaluation): Pick<Scores, 'drowned' | 'modes'> {
  if (!episodes.some(({ info }) => 'bank' in info)) return { drowned: null, modes: null };
  const home = episodes.filter(({ info }) => info.outcome === 'home');
  const upper = home.filter(({ info }) => info.bank === 'upper').length;
  const drowned = episodes.filter(({ info }) => info.outcome === 'drowned').length / episodes.length;
  return { drowned, modes: home.length === 0 ? null : modesOf([upper, home.length - upper]) };
}

/** e^H of the shares of counts: 1 if all are one's, n if n have equal parts. */
export function modesOf(counts: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const shares = counts.filter((count) => count > 0).map((count) => count / total);
  return portableMath.exp(-shares.reduce((sum, share) => sum + share * portableMath.log(share), 0));
}

/** Data that a job learns from. */
interface BenchmarkData {
  readonly source: EpisodeSource;
  /** The SHA-256 of what it holds. */
  readonly hash: string;
}

/** Environment steps of a training that a job may make anew: half a minute's. */
const SHORT = 20_000;

/** What this process has made or read: jobs that come later have it at once. */
const known = new Map<string, Promise<BenchmarkData>>();

/**
 * The data of a recipe: those of a folder if they are there, else they are made.
 * @param folder of datasets, each by the name of its recipe
 * @throws InputError, if they are of another recipe, or would take long to make: {@link missingData} says it before
 */
function benchmarkData(recipe: Recipe, folder: string | undefined): Promise<BenchmarkData> {
  const path = pathOf(recipe, folder);
  const key = path ?? recipe.name;
  const found = known.get(key) ?? (path === undefined ? make(recipe) : read(recipe, path));
  known.set(key, found);
  return found;
}

/** Why a job cannot have the data of a recipe, in a line; undefined if it can. */
export function missingData(recipe: Recipe, folder: string | undefined): string | undefined {
  const { name, task, parts } = recipe;
  if (pathOf(recipe, folder) !== undefined) return undefined;
  const isLong = parts.some(({ actor }) => actor.by === 'training') && task.training!.steps > SHORT;
  if (!isLong) return undefined;
  const where = folder ?? 'data';
  return `datasets: there is no ${join(where, name)}, which takes long to make: npm run dataset -- ${name} ${join(where, name)}, then --set datasets=${where}`;
}

function pathOf({ name }: Recipe, folder: string | undefined): string | undefined {
  if (folder === undefined) return undefined;
  const path = join(folder, name);
  return existsSync(path) ? path : undefined;
}

async function read({ name }: Recipe, path: string): Promise<BenchmarkData> {
  const dataset = await openDataset(path);
  const { recipe } = dataset.about.provenance;
  if (recipe !== name) {
    throw new InputError(
      `datasets: ${path} is ${recipe === undefined ? 'of no recipe' : `of ${recipe}`}, expected ${name}`,
    );
  }
  return inMemory(dataset, dataset.storedEpisodes());
}

async function make(recipe: Recipe): Promise<BenchmarkData> {
  const missing = missingData(recipe, undefined);
  if (missing !== undefined) throw new InputError(missing);
  const played = (await playRecipe(recipe))!;
  try {
    return inMemory(played, played.episodes());
  } finally {
    played.dispose();
  }
}

function inMemory(
  { observationSpace, actionSpace }: Pick<EpisodeSource, 'observationSpace' | 'actionSpace'>,
  stored: Iterable<StoredEpisode>,
): BenchmarkData {
  const hash = new ContentHash();
  const episodes = Array.from(stored, (episode) => {
    hash.add(episode);
    return episodeOf(episode);
  });
  return { source: new EpisodesInMemory({ observationSpace, actionSpace, episodes }), hash: hash.digest() };
}
