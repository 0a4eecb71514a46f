import { InputError } from '../../cli/experiment/errors.ts';
import { atEnd } from '../../datasets/episode.ts';
import { type Dataset, type DatasetAbout, type StoredEpisode, spaceToJson, usualDtypes } from '../../datasets/index.ts';
import { type Box, make } from '../../envs/index.ts';
import { Rng } from '../../src/index.ts';
import type { MazeDraw } from './mazeData.ts';
import type { PlayableRecipe } from './playRecipe.ts';

/** OGBench's tables with a robot's arm that have recipes. */
const tables = ['cube-single', 'scene', 'puzzle-3x3'];
/** Single tasks of a table. */
const TASKS = 5;
/** Numbers of an action: place, yaw and opening of the gripper, all relative. */
const ACTIONS = 5;

/** OGBench's experts at play: episodes of 1,000 steps. */
interface PlayRecipe {
  /** `cube-single-play`, as OGBench has it. */
  readonly name: string;
  readonly env: string;
  readonly episodes: number;
}

/** What play is worth to a single task. */
interface SingleTaskRecipe {
  /** `cube-single-play-singletask-task2`, as OGBench has it. */
  readonly name: string;
  /** Where a policy is tried that learns from it. */
  readonly env: string;
  /** The name of the recipe of the play. */
  readonly play: string;
  /** 1 to 5 */
  readonly task: number;
}

/** By name. */
export const playRecipes: ReadonlyMap<string, PlayRecipe> = new Map(
  tables.map((table) => {
    const name = `${table}-play`;
    return [name, { name, env: `gymnasium:ogbench:${table}-v0`, episodes: 1000 }];
  }),
);

/** By name. */
export const singleTaskRecipes: ReadonlyMap<string, SingleTaskRecipe> = new Map(
  tables.flatMap((table) =>
    Array.from({ length: TASKS }, (_, i): [string, SingleTaskRecipe] => {
      const [play, task] = [`${table}-play`, i + 1];
      const name = `${play}-singletask-task${task}`;
      return [name, { name, env: `gymnasium:ogbench:${table}-singletask-task${task}-v0`, play, task }];
    }),
  ),
);

/** The info that has the reward of each observation as a single task pays it. */
const rewardsOf = (task: number): string => `task${task}`;

/**
 * Play of OGBench's experts, in the Python that has the package: see `ogbench_play.py`. Infos `task1` to `task5` are what the single tasks pay for each
 * observation, minus the number of things that are not yet as they want them. Rewards are those of play: 1 where something is at its target.
 */
export function playDataset(
  { name, env: id, episodes: all }: PlayRecipe,
  { seed = 0, episodes = all }: MazeDraw = {},
): PlayableRecipe {
  const env = make(`gymnasium:experiments.offline.ogbench_play:${name}-v0`, { disableEnvChecker: true });
  const { observationSpace, actionSpace } = env as unknown as { observationSpace: Box; actionSpace: Box };
  const about: DatasetAbout = {
    environment: { id, options: { mode: 'data_collection', terminate_at_goal: false } },
    observationSpace: spaceToJson(observationSpace),
    actionSpace: spaceToJson(actionSpace),
    dtypes: usualDtypes(observationSpace, actionSpace),
    infos: Array.from({ length: TASKS }, (_, i) => rewardsOf(i + 1)),
    policies: [{ name: 'expert', kind: 'play', noise: 0.1, episodes }],
    provenance: { recipe: name, seed },
  };
  return {
    ...{ observationSpace, actionSpace, about, numEpisodes: episodes },
    *episodes() {
      const rng = new Rng(name).split(seed);
      for (let i = 0; i < episodes; i++) {
        const own = rng.split(i);
        let episode: StoredEpisode | undefined;
        // The generator leaves out episodes whose cube got out of sight.
        for (let trial = 0; episode === undefined; trial++)
          episode = playEpisode(env as unknown as PlayEnv, own.split(trial));
        yield episode;
      }
    },
    dispose: () => env.close(),
  };
}

/** An environment that acts by itself; its infos are in `ogbench_play.py`. */
interface PlayEnv {
  readonly observationSpace: Box;
  readonly actionSpace: Box;
  reset(options: { seed: string }): [observation: ArrayLike<number>, info: object];
  step(
    action: Float32Array,
  ): [observation: ArrayLike<number>, reward: number, terminated: boolean, truncated: boolean, info: PlayInfo];
}

/** What it did, `action0` to `action4`; at the last step rewards of the tasks, and whether the episode is one to keep. */
interface PlayInfo extends Readonly<Record<`action${number}`, number>> {
  readonly tasks?: readonly (readonly number[])[];
  readonly healthy?: boolean;
}

/** One episode; undefined where it is not to be kept. */
function playEpisode(env: PlayEnv, rng: Rng): StoredEpisode | undefined {
  const idle = new Float32Array(ACTIONS);
  const observations: number[] = [];
  const actions: number[] = [];
  const rewards: number[] = [];
  const [first] = env.reset({ seed: rng.seed });
  observations.push(...Array.from(first));
  for (;;) {
    const [observation, reward, , truncated, info] = env.step(idle);
    observations.push(...Array.from(observation));
    for (let i = 0; i < ACTIONS; i++) actions.push(info[`action${i}`]!);
    rewards.push(reward);
    if (!truncated) continue;
    if (!info.healthy) return undefined;
    const steps = rewards.length;
    return {
      observations: Float32Array.from(observations),
      actions: Float32Array.from(actions),
      rewards: Float64Array.from(rewards),
      terminations: atEnd(steps, false),
      truncations: atEnd(steps, true),
      infos: Object.fromEntries(info.tasks!.map((paid, i) => [rewardsOf(i + 1), Float64Array.from(paid)])),
      policy: 0,
    };
  }
}

/**
 * What play is worth to a single task, as OGBench relabels it: a step is paid for the observation that it begins with. Where that is 0, all is done and
 * the step ends the task; the rest of the episode is an episode of its own.
 * @throws InputError, if the dataset is not of the recipe's play
 */
export function singleTaskDataset({ name, env: id, play, task }: SingleTaskRecipe, played: Dataset): PlayableRecipe {
  const { about, observationSpace, actionSpace, numEpisodes: whole } = played;
  const { recipe = 'no recipe' } = about.provenance;
  if (recipe !== play || !about.infos.includes(rewardsOf(task))) {
    const got = `${recipe} with ${about.infos.join(', ') || 'no infos'}`;
    throw new InputError(`${played.path}: got a dataset of ${got}, expected one of ${play} with ${rewardsOf(task)}`);
  }
  function* episodes(): Iterable<StoredEpisode> {
    for (const episode of played.storedEpisodes()) yield* partsOf(episode, episode.infos![rewardsOf(task)]!);
  }
  let numEpisodes = 0;
  for (const _ of episodes()) numEpisodes += 1;
  return {
    ...{ observationSpace, actionSpace, numEpisodes, episodes },
    about: {
      ...about,
      environment: { id, options: {} },
      infos: [],
      policies: about.policies.map((policy) => ({ ...policy, episodes: whole })),
      provenance: { ...about.provenance, recipe: name, of: played.hash ?? null },
    },
    dispose() {},
  };
}

/** @param paid for each observation */
function* partsOf(
  { observations, actions, rewards: { length: steps } }: StoredEpisode,
  paid: Float64Array,
): Iterable<StoredEpisode> {
  const width = observations.length / (steps + 1);
  for (let from = 0, to = 1; to <= steps; to++) {
    const isDone = paid[to - 1] === 0;
    if (!isDone && to < steps) continue;
    yield {
      observations: observations.slice(from * width, (to + 1) * width),
      actions: actions.slice(from * ACTIONS, to * ACTIONS),
      rewards: paid.slice(from, to),
      terminations: atEnd(to - from, isDone),
      truncations: atEnd(to - from, !isDone),
      policy: 0,
    };
    from = to;
  }
}
