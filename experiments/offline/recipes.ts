import { readFileSync } from 'node:fs';
import { InputError } from '../../cli/experiment/errors.ts';
import type { AnyLakeId } from '../../envs/lake/lakeGrains.ts';
import { expectedOneOf } from '../../src/options/describe.ts';

/** What the upper bank of an uneven lake pays more. */
const UPPER_BONUS = 0.5;

/**
 * Mean returns of random walks, 10,000 by points, 1,000 by balls, 50 by ants, and of demonstrators without noise, each with a distance of its own from
 * the shore. With a bonus for the upper bank a random walk earns as much as without, to two digits.
 */
const lakeReferences: Readonly<Record<AnyLakeId, Task['reference']>> = {
  'Lake-v0': { random: -0.41, expert: 0.89 },
  'LakeStride-v0': { random: -0.67, expert: 0.93 },
  'mujoco/PointLake-v0': { random: -0.39, expert: 0.88 },
  'mujoco/PointLakeStride-v0': { random: -0.63, expert: 0.92 },
  'mujoco/AntLake-v0': { random: -0.36, expert: 0.88 },
  'mujoco/AntLakeStride-v0': { random: -0.71, expert: 0.92 },
};

/** `mujoco/PointLakeStride-v0` as `point-lake-stride`. */
const plainName = (env: string): string =>
  env
    .replace(/^mujoco\//, '')
    .replace(/-v\d+$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, '-')
    .toLowerCase();

const random = (episodes: number): Part => ({ actor: { by: 'random' }, episodes });
const walkers = (episodes: number, upperShare: number, noise: number): Part => ({
  actor: { by: 'demonstrator', upperShare, noise },
  episodes,
});
const trained = (episodes: number, at: (Actor & { by: 'training' })['at'], seed = 0): Part => ({
  actor: { by: 'training', seed, at },
  episodes,
});

function recipesOf(task: Task, parts: Partial<Record<Kind, readonly Part[]>>): Recipe[] {
  return Object.entries(parts).map(([kind, own]) => ({
    name: `${task.name}-${kind}`,
    kind: kind as Kind,
    task,
    parts: own,
  }));
}

/** Walks of demonstrators: with noise 0.1 they are experts, with more of it they drown, on the stride lake above all. */
function lakeRecipes(env: AnyLakeId): Recipe[] {
  const task: Task = { name: plainName(env), env, envOptions: {}, reference: lakeReferences[env] };
  const { random: lowest, expert } = task.reference;
  const uneven: Task = {
    ...task,
    envOptions: { upperBonus: UPPER_BONUS },
    reference: { random: lowest, expert: expert + UPPER_BONUS },
  };
  return [
    ...recipesOf(task, {
      expert: [walkers(1000, 1, 0.1)],
      'two-experts': [walkers(500, 1, 0.1), walkers(500, 0, 0.1)],
      medium: [walkers(1500, 0.4, 0.3)],
      'medium-replay': [random(300), walkers(300, 0.4, 1), walkers(300, 0.4, 0.6), walkers(600, 0.4, 0.3)],
    }),
    ...recipesOf(uneven, { uneven: [walkers(1500, 0.4, 0.3)] }),
  ];
}

/** Data of one training, and of two: experts that were trained with different seeds. */
function trainedRecipes(task: Task, episodes: number): Recipe[] {
  const half = episodes / 2;
  return recipesOf(task, {
    expert: [trained(episodes, 'end')],
    'two-experts': [trained(half, 'end'), trained(half, 'end', 1)],
    medium: [trained(episodes, 'medium')],
    'medium-replay': [trained(episodes, 'to-medium')],
  });
}

/** A task whose data come from trainings: 0 is what 1,000 random episodes return, 1 what 1,000 greedy ones of the training with seed 0 do. */
const learned = (env: string, training: RecipeTraining, [random, expert]: readonly [number, number]): Task => ({
  name: plainName(env),
  env,
  envOptions: {},
  reference: { random, expert },
  training,
});

const pendulum = learned(
  'Pendulum-v1',
  { agent: 'sac', policy: 'gaussian', steps: 10_000, evaluateEvery: 250, agentOptions: { reportEvery: 250 } },
  [-1230, -145],
);

/** PPO's million steps take minutes, and SAC's networks for robots hours. */
const robotTraining: RecipeTraining = { agent: 'ppo', policy: 'gaussian', steps: 1_000_000, evaluateEvery: 50_000 };

const robot = (env: string, returns: readonly [number, number]): Recipe[] =>
  trainedRecipes(learned(env, robotTraining, returns), 1000);

const all: readonly Recipe[] = [
  ...trainedRecipes(pendulum, 100),
  ...recipesOf(pendulum, { mixed: [random(50), trained(35, 'medium'), trained(15, 'end')] }),
  ...(Object.keys(lakeReferences) as AnyLakeId[]).flatMap(lakeRecipes),
  ...robot('mujoco/HalfCheetah-v5', [-288, 1759]),
  ...robot('mujoco/Hopper-v5', [16, 3481]),
  ...robot('mujoco/Walker2d-v5', [2, 6111]),
];

/** The benchmark datasets, by name. */
export const recipes: ReadonlyMap<string, Recipe> = new Map(all.map((recipe) => [recipe.name, recipe]));

/** @throws InputError, if there is none of that name */
export function recipeNamed(name: string): Recipe {
  const recipe = recipes.get(name);
  if (recipe === undefined) throw new InputError(`got ${name}, ${expectedOneOf(name, [...recipes.keys()])}`);
  return recipe;
}

/** A return as a share of the way from random, 0, to the expert, 1. */
export function normalizedScore({ reference: { random: lowest, expert } }: Task, mean: number): number {
  return (mean - lowest) / (expert - lowest);
}

/** Who acts in a part of a dataset. */
export type Actor =
  /** Actions from their space. */
  | { readonly by: 'random' }
  /**
   * Scripted walkers round a lake, by the shortest path that keeps off the shore as each of them likes, with normal noise on the velocity. Whoever drowns
   * stays in the data.
   */
  | { readonly by: 'demonstrator'; readonly upperShare: number; readonly noise: number }
  /**
   * What a training has made, by samples, which the seed tells from others: its policy at the end; at the first evaluation with a third of the way
   * from random to expert (`medium`); or those of all evaluations until then, an equal share of the episodes each (`to-medium`).
   */
  | { readonly by: 'training'; readonly seed: number; readonly at: 'end' | 'medium' | 'to-medium' };

/** Episodes of one of them. */
export interface Part {
  readonly actor: Actor;
  readonly episodes: number;
}

/** The training that a recipe's policies come from: the preset of an agent, with this many steps. */
interface RecipeTraining {
  readonly agent: string;
  readonly policy: string;
  readonly steps: number;
  /** An evaluation, of 20 greedy episodes, is at the agent's first report at or behind each multiple of so many steps. */
  readonly evaluateEvery: number;
  /** Beside those of the preset. */
  readonly agentOptions?: Readonly<Record<string, number>>;
}

/** Where recipes are made: an environment, and what a return is measured by. */
export interface Task {
  /** How names of recipes begin: `pendulum`. */
  readonly name: string;
  readonly env: string;
  readonly envOptions: Readonly<Record<string, number>>;
  /** Mean returns that count as 0 and 1. */
  readonly reference: { readonly random: number; readonly expert: number };
  readonly training?: RecipeTraining;
}

/** How a dataset is made. The same recipe makes the same episodes, to the bit. */
export interface Recipe {
  /** `pendulum-medium` */
  readonly name: string;
  readonly kind: Kind;
  readonly task: Task;
  /** One after another. */
  readonly parts: readonly Part[];
}

/** The kinds of benchmark data, and how each reads. */
export const kindLabels = {
  expert: 'one expert',
  'two-experts': 'two experts',
  medium: 'medium',
  'medium-replay': 'the way to medium',
  mixed: 'good and bad episodes',
  uneven: 'uneven banks',
} as const;

/** One of them. */
export type Kind = keyof typeof kindLabels;

/** All of them. */
export const kinds = Object.keys(kindLabels) as Kind[];

/** What a recipe has made: the content hash, and a few facts beside it. */
export interface ListedDataset {
  readonly episodes: number;
  readonly steps: number;
  /** The mean. */
  readonly return: number;
  readonly hash: string;
}

/** The datasets that were made for the list in the docs, by recipe; those of the others nobody has looked at. */
export function listedDatasets(): Readonly<Record<string, ListedDataset>> {
  return JSON.parse(readFileSync(new URL('hashes.json', import.meta.url), 'utf8'));
}
