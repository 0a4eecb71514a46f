import { collectStepwise } from '../../agents/core/episodes.ts';
import { Turns } from '../../agents/core/loops.ts';
import { type DatasetAbout, type StoredEpisode, spaceToJson, usualDtypes } from '../../datasets/index.ts';
import { DatasetWriter, StoredDataset } from '../../datasets/storedDataset.ts';
import type { VectorEnv } from '../../envs/index.ts';
import { Rng } from '../../src/index.ts';
import type { ActingPolicy } from './actingPolicies.ts';

/** What is collected. */
interface CollectSettings {
  readonly environment: { readonly id: string; readonly options: Readonly<Record<string, unknown>> };
  readonly policies: readonly ActingPolicy[];
  /** How many episodes each of them plays, one policy after another. */
  readonly counts: readonly number[];
  readonly seed: number;
  readonly greedy: boolean;
  readonly noise: number;
  readonly infos: readonly string[];
  /** How it came to be: what else the dataset is to say. */
  readonly provenance: Readonly<Record<string, unknown>>;
}

/** How far a collecting is. */
export interface Collected {
  readonly episodes: number;
  readonly steps: number;
}

/** What has come of it. */
interface CollectedDataset extends Collected {
  /** Null if it was stopped before the end. */
  readonly hash: string | null;
  /** Those of the infos that no step had. */
  readonly missing: readonly string[];
}

/**
 * Plays the episodes of policies into a dataset, or goes on with one that was begun with the same settings.
 * @param env resets in the step that ends an episode
 * @param onProgress told after each episode
 * @param signal stops it: what is whole stays
 * @throws as `DatasetWriter` and `collectEpisodes` do
 */
export async function collectDataset(
  path: string,
  env: VectorEnv,
  settings: CollectSettings,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (collected: Collected) => void },
): Promise<CollectedDataset> {
  const { policies, counts, seed, greedy, noise } = settings;
  const infos = [...new Set(settings.infos)].sort();
  const writer = new DatasetWriter(
    path,
    aboutOf(env, { ...settings, infos }),
    counts.reduce((a, b) => a + b, 0),
  );
  const begun = writer.numEpisodes;
  const missing = new Set(infos);
  const note = (episode: StoredEpisode) => {
    for (const name of missing) if (!episode.infos![name]!.every(Number.isNaN)) missing.delete(name);
  };
  const turns = new Turns();
  onProgress({ episodes: writer.numEpisodes, steps: writer.numSteps });
  let first = 0;
  for (const [i, count] of counts.entries()) {
    const skip = Math.max(0, writer.numEpisodes - first);
    first += count;
    if (skip >= count) continue;
    const stream = new Rng(seed).split(i).seed;
    const own = { policy: policies[i]!.policy, env, episodes: count, skip, seed: stream, greedy, noise, infos };
    for (const episode of collectStepwise(own)) {
      if (episode !== undefined) {
        writer.append({ ...episode, policy: i });
        note(episode);
        onProgress({ episodes: writer.numEpisodes, steps: writer.numSteps });
      }
      await turns.next();
      if (!signal.aborted) continue;
      writer.flush();
      return { episodes: writer.numEpisodes, steps: writer.numSteps, hash: null, missing: [] };
    }
  }
  const hash = writer.finish();
  // Those that were there before may have had them.
  if (begun > 0 && missing.size > 0) for (const episode of new StoredDataset(path).storedEpisodes()) note(episode);
  return { episodes: writer.numEpisodes, steps: writer.numSteps, hash, missing: [...missing] };
}

function aboutOf(env: VectorEnv, { environment, policies, counts, infos, provenance }: CollectSettings): DatasetAbout {
  const { singleObservationSpace: observationSpace, singleActionSpace: actionSpace } = env;
  const about = {
    environment,
    observationSpace: spaceToJson(observationSpace),
    actionSpace: spaceToJson(actionSpace),
    dtypes: usualDtypes(observationSpace, actionSpace),
    infos,
    policies: policies.map((each, i) => ({ ...each.about, episodes: counts[i]! })),
    provenance,
  };
  return about as unknown as DatasetAbout;
}
