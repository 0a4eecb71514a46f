import { join } from 'node:path';
import { BehaviorCloning, evaluate, Gcivl } from '../../agents/index.ts';
import type { JobContext, JobResult } from '../../cli/experiment/experiment.ts';
import { ContentHash, type EpisodeSource, EpisodesInMemory, episodeOf, splitEpisodes } from '../../datasets/index.ts';
import { make, SyncVectorEnv } from '../../envs/index.ts';
import { cosineSchedule, type Policy, Rng, savePolicy } from '../../src/index.ts';
import type { ActingOptions } from '../../src/policies/acting.ts';
import { type MazeRecipe, mazeDataset } from '../offline/mazeData.ts';
import { trainClone } from '../shared/cloning.ts';
import {
  GOALS,
  learnsValues,
  lossOf,
  type MazeEnv,
  type MazeKind,
  type MazePolicy,
  type MazesConfig,
  makeMazePolicy,
  mazeOf,
  mazeSettings,
  type Rule,
  recipeOf,
  rulesOf,
} from './config.ts';

/** What a job keeps beside its metrics. */
interface MazeJobData {
  readonly parameters: number;
  /** Of what it has learned from, before actions had noise: the SHA-256 of the dataset. */
  readonly dataset: string;
}

/** Share of the episodes whose loss says which weights are kept. */
const HELD_OUT = 0.04;

/**
 * Clones the walks of a maze with goals in hindsight, or learns from them by GCIVL, and goes to the maze's five goals by each rule of acting. Metrics
 * are, for a rule, the share of all episodes that get to their goal, `mode`, and those of each goal, `modeGoal1` to `modeGoal5`; and of clones the least
 * loss on held-out episodes, see {@link lossOf}, whose weights are kept.
 */
export async function cloneMaze(
  {
    env,
    condition,
    policy: name,
    seed,
  }: { readonly env: MazeEnv; readonly condition: MazeKind; readonly policy: MazePolicy; readonly seed: number },
  config: MazesConfig,
  { rng, report, directory }: JobContext,
): Promise<JobResult & { data: MazeJobData }> {
  const draw = config.firstDraw + (seed % config.draws);
  const { source, hash, ...data } = mazeData(recipeOf(env, condition), draw, config);
  const { observationSpace, actionSpace } = source;
  const { learningRate, policy: settings } = mazeSettings(config.tuned, env, name);
  const { parameters } = config;
  const spaces = { observationSpace, actionSpace } as never as Record<'observationSpace' | 'actionSpace', never>;
  const policy = makeMazePolicy(name, { ...spaces, parameters, settings, rng: rng.split('policy') });
  const learning = { policy, data, learningRate, config, rng: rng.split('training'), report };
  const losses = learnsValues(name)
    ? await learnValues({ ...learning, env, condition })
    : await clone({ ...learning, loss: lossOf(name) });
  const goes = measureGoals({
    policy,
    env,
    acting: actingOf(name, config),
    episodes: config.evaluationEpisodes,
    rng: rng.split('evaluation'),
  });
  const metrics = { ...goes, ...losses };
  savePolicy(join(directory, 'policy.json'), policy, { env, data: condition, draw });
  const size = policy.parameterCount();
  policy.dispose();
  return { metrics, data: { parameters: size, dataset: hash } };
}

interface Learning {
  readonly policy: Policy;
  readonly data: Pick<MazeData, 'train' | 'validation'>;
  readonly learningRate: number;
  readonly config: MazesConfig;
  readonly rng: Rng;
  readonly report: JobContext['report'];
}

/** @returns the least loss on held-out episodes, and its step */
async function clone({
  policy,
  data: { train, validation },
  learningRate,
  config: { steps, batchSize },
  rng,
  report,
  loss: name,
}: Learning & { readonly loss: ReturnType<typeof lossOf> }): Promise<Record<string, number | null>> {
  const agent = new BehaviorCloning({
    policy,
    dataset: train,
    validation,
    hindsight: 'future',
    outside: 'keep',
    normalizeObservations: true,
    batchSize,
    learningRate: cosineSchedule(learningRate),
    reportEvery: Math.max(1, Math.round(steps / 10)),
  });
  const { validationLoss, bestStep } = await trainClone(agent, { steps, rng, report, share: 0.5 });
  agent.dispose();
  return { [name]: validationLoss, bestStep };
}

/**
 * By OGBench's options: γ is 0.995 in the giant maze, half of the policy's goals are any state where walks are short. Values learn at a rate of 0.001;
 * the last weights are kept. @returns the mean value at the end
 */
async function learnValues({
  policy,
  data: { train },
  learningRate,
  config: { steps, batchSize },
  rng,
  report,
  env,
  condition,
}: Learning & { readonly env: MazeEnv; readonly condition: MazeKind }): Promise<Record<string, number | null>> {
  const agent = new Gcivl({
    policy,
    dataset: train,
    rng: rng.split('values'),
    normalizeObservations: true,
    batchSize,
    learningRate: cosineSchedule(learningRate),
    valueLearningRate: 1e-3,
    valueHidden: [128, 128],
    gamma: mazeOf(env).endsWith('giant') ? 0.995 : 0.99,
    policyRandomGoalShare: condition === 'stitch' ? 0.5 : 0,
    reportEvery: Math.max(1, Math.round(steps / 10)),
  });
  let last: number | null = null;
  for await (const { step, policyLoss, valueLoss, value } of agent.train({ steps, rng })) {
    last = value ?? null;
    report((0.5 * step) / steps, { step, loss: policyLoss!, valueLoss: valueLoss!, value: value! });
  }
  agent.dispose();
  return { value: last };
}

/** The rules of a run by which a class acts, as options of what acts. */
export function actingOf(
  policy: MazePolicy,
  { rules, hold, temperature }: Pick<MazesConfig, 'rules' | 'hold' | 'temperature'>,
): Map<Rule, ActingOptions> {
  const others: Partial<Record<Rule, ActingOptions>> = {
    hold: { hold },
    cool: { temperature },
    coolHold: { temperature, hold },
  };
  const own = rulesOf(policy).filter((rule) => rules.includes(rule));
  return new Map(own.map((rule) => [rule, others[rule] ?? ({ rule } as ActingOptions)]));
}

/** Environments side by side that have one goal. */
const ENVS = 20;

/** Shares of episodes that get to their goals, from the same starts by each rule. @param episodes to each goal */
export function measureGoals({
  policy,
  env: id,
  acting,
  episodes,
  rng,
}: {
  readonly policy: Policy;
  readonly env: MazeEnv;
  readonly acting: ReadonlyMap<Rule, ActingOptions>;
  readonly episodes: number;
  readonly rng: Rng;
}): Record<string, number> {
  // Environment i plays the episodes i, i + n, … of n environments: all of them have its goal, since n is a multiple of the goals.
  const env = new SyncVectorEnv(
    Array.from({ length: GOALS * Math.min(ENVS, episodes) }, (_, i) => () => make(id, { task: 1 + (i % GOALS) })),
    { autoresetMode: 'sameStep' },
  );
  try {
    const shares = [...acting].flatMap(([rule, acting]) => {
      const measured = evaluate({ policy, env, episodes: GOALS * episodes, acting, rng });
      const reached = measured.episodes.filter(({ info }) => info.outcome === 'success');
      const each = Array.from({ length: GOALS }, (_, goal): [string, number] => {
        const own = reached.filter(({ info }) => info.task === `task${goal + 1}`);
        return [`${rule}Goal${goal + 1}`, own.length / episodes];
      });
      return [[rule, reached.length / (GOALS * episodes)] as const, ...each];
    });
    return Object.fromEntries(shares);
  } finally {
    env.close();
  }
}

interface MazeData {
  readonly source: EpisodeSource;
  readonly train: EpisodeSource;
  readonly validation: EpisodeSource;
  readonly hash: string;
}

/** What this process has made: jobs that come later have it at once. */
const known = new Map<string, MazeData>();

/** A draw of the data of a recipe, with noise on the actions. */
export function mazeData(
  recipe: MazeRecipe,
  draw: number,
  { share, actionNoise }: Pick<MazesConfig, 'share' | 'actionNoise'>,
): MazeData {
  const key = `${recipe.name} ${draw} ${share} ${actionNoise}`;
  const found = known.get(key) ?? makeData(recipe, draw, { share, actionNoise });
  known.set(key, found);
  return found;
}

function makeData(
  recipe: MazeRecipe,
  draw: number,
  { share, actionNoise }: Pick<MazesConfig, 'share' | 'actionNoise'>,
): MazeData {
  // Both parts of a split have one.
  const count = Math.max(2, Math.round(share * recipe.episodes));
  const played = mazeDataset(recipe, { seed: draw, episodes: count });
  const noise = new Rng(recipe.name).split('action noise').split(draw);
  const hash = new ContentHash();
  try {
    const { observationSpace, actionSpace } = played;
    const episodes = Array.from(played.episodes(), (episode) => {
      hash.add(episode);
      return episodeOf({ ...episode, actions: episode.actions.map((value) => value + noise.normal(0, actionNoise)) });
    });
    const source = new EpisodesInMemory({ observationSpace, actionSpace, episodes });
    return { source, ...splitEpisodes(source, { validation: HELD_OUT, seed: draw }), hash: hash.digest() };
  } finally {
    played.dispose();
  }
}
