import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../cli/experiment/errors.ts';
import { playRecipe } from '../../cli/train/recipes/playRecipe.ts';
import type { Recipe } from '../../cli/train/recipes/recipes.ts';
import {
  ContentHash,
  type EpisodeSource,
  EpisodesInMemory,
  episodeOf,
  openDataset,
  type StoredEpisode,
} from '../../datasets/index.ts';

/** Data that a job learns from. */
export interface BenchmarkData {
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
export function benchmarkData(recipe: Recipe, folder: string | undefined): Promise<BenchmarkData> {
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
  return `datasets: there is no ${join(where, name)}, which takes long to make: oxbow dataset make ${name} ${join(where, name)}, then --set datasets=${where}`;
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
