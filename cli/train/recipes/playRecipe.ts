import { collectEpisodes } from '../../../agents/index.ts';
import { type DatasetAbout, type StoredEpisode, spaceToJson, usualDtypes } from '../../../datasets/index.ts';
import { LakeDemonstrators, make, type Space } from '../../../envs/index.ts';
import type { AnyLakeId } from '../../../envs/lake/grains.ts';
import { Rng } from '../../../src/index.ts';
import type { Actor, Recipe } from './recipe.ts';
import { type RecipePolicies, type RecipeProgress, recipePolicies, type Snapshot } from './recipePolicies.ts';

/** A recipe that is ready to be played. */
export interface PlayableRecipe {
  readonly observationSpace: Space;
  readonly actionSpace: Space;
  readonly numEpisodes: number;
  /** What its dataset says of itself, but for the command that makes it. */
  readonly about: DatasetAbout;
  /** The same ones at each call. Each names its policy by the place in `about.policies`. */
  episodes(): Iterable<StoredEpisode>;
  dispose(): void;
}

/** Some episodes of one of the policies. */
interface Player {
  readonly about: Record<string, string | number>;
  readonly count: number;
  play(seed: string): Iterable<StoredEpisode>;
}

/**
 * Trains the policies that a recipe needs. The environment must have been loaded (`loadEnv`).
 * @returns undefined, if the signal has stopped it
 * @throws as `recipePolicies` does
 */
export async function playRecipe(recipe: Recipe, progress: RecipeProgress = {}): Promise<PlayableRecipe | undefined> {
  const { task, name, parts } = recipe;
  const { env, envOptions } = task;
  const trained = new Map<number, RecipePolicies>();
  const dispose = () => {
    for (const each of trained.values()) each.dispose();
  };
  try {
    for (const { actor } of parts) {
      if (actor.by !== 'training' || trained.has(actor.seed)) continue;
      const whole = parts.some(
        ({ actor: other }) => other.by === 'training' && other.seed === actor.seed && other.at === 'end',
      );
      trained.set(actor.seed, await recipePolicies(recipe, actor.seed, whole, progress));
      if (progress.signal?.aborted) {
        dispose();
        return undefined;
      }
    }
    const players = parts.flatMap(({ actor, episodes }) => playersOf(recipe, actor, episodes, trained));
    const { observationSpace, actionSpace } = spacesOf(recipe);
    return {
      observationSpace,
      actionSpace,
      numEpisodes: players.reduce((sum, { count }) => sum + count, 0),
      about: {
        environment: { id: env, options: envOptions },
        observationSpace: spaceToJson(observationSpace),
        actionSpace: spaceToJson(actionSpace),
        dtypes: usualDtypes(observationSpace, actionSpace),
        infos: [],
        policies: players.map(({ about, count }) => ({ ...about, episodes: count })),
        provenance: { recipe: name },
      },
      *episodes() {
        const rng = new Rng(name);
        for (const [policy, { play }] of players.entries()) {
          for (const episode of play(rng.split(policy).seed)) yield { ...episode, policy };
        }
      },
      dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

function spacesOf({ task: { env: id, envOptions } }: Recipe): { observationSpace: Space; actionSpace: Space } {
  const env = make(id, envOptions as never);
  const { observationSpace, actionSpace } = env as unknown as { observationSpace: Space; actionSpace: Space };
  env.close();
  return { observationSpace, actionSpace };
}

function playersOf(
  { task: { env, envOptions, training } }: Recipe,
  actor: Actor,
  episodes: number,
  trained: ReadonlyMap<number, RecipePolicies>,
): Player[] {
  const where = { env, envOptions: envOptions as never };
  switch (actor.by) {
    case 'random':
      return [
        {
          about: { name: 'random' },
          count: episodes,
          play: (seed) => collectEpisodes({ ...where, policy: 'random', episodes, seed }),
        },
      ];
    case 'demonstrator': {
      const { upperShare, noise } = actor;
      const about = { name: 'demonstrator', upperShare, noise };
      const policy = new LakeDemonstrators({ envId: env as AnyLakeId, upperShare, noise, failures: true });
      return [{ about, count: episodes, play: (seed) => collectEpisodes({ ...where, policy, episodes, seed }) }];
    }
    case 'training': {
      const { policy, snapshots, medium } = trained.get(actor.seed)!;
      const last = snapshots.length - 1;
      const [from, to] = { end: [last, last], medium: [medium, medium], 'to-medium': [0, medium] }[actor.at];
      const used = snapshots.slice(from, to! + 1);
      return used.flatMap(({ step, return: mean, weights }: Snapshot, i): Player[] => {
        const share = (n: number) => Math.floor((n * episodes) / used.length);
        const count = share(i + 1) - share(i);
        if (count === 0) return [];
        const about = { name: training!.policy, agent: training!.agent, seed: actor.seed, step, greedyReturn: mean };
        return [
          {
            about,
            count,
            *play(seed: string) {
              policy.loadStateDict(weights);
              yield* collectEpisodes({ ...where, policy, episodes: count, seed });
            },
          },
        ];
      });
    }
  }
}
