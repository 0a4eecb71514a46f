import { collectStepwise } from '../../agents/core/episodes.ts';
import { type DatasetAbout, type StoredEpisode, spaceToJson, usualDtypes } from '../../datasets/index.ts';
import { DatasetWriter, StoredDataset } from '../../datasets/storedDataset.ts';
import type { VectorEnv } from '../../envs/index.ts';
import { Rng } from '../../src/index.ts';
import type { ActingOptions } from '../../src/policies/acting.ts';
import { Turns } from '../../src/turns.ts';
import type { ActingPolicy } from './actingPolicies.ts';

/** What is collected. */
interface CollectSettings {
  readonly environment: { readonly id: string; readonly options: Readonly<Record<string, unknown>> };
  readonly policies: readonly ActingPolicy[];
  /** How many episodes each of them plays, one policy after another. */
  readonly counts: readonly number[];
  readonly seed: number;
  readonly greedy: boolean;
  /** How actions are chosen, where they are neither samples nor greedy as usual. */
  readonly acting?: ActingOptions;
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

/**
 * Plays the episodes of policies into a dataset, or goes on with one that was begun with the same settings.
 * @param env resets in the step that ends an episode
 * @returns the hash, null where `signal` has stopped it and what is whole stays, and those of the infos that no step had
 * @throws as `DatasetWriter` and `collectEpisodes` do
 */
export async function collectDataset(
  path: string,
  env: VectorEnv,
  settings: CollectSettings,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (collected: Collected) => void },
): Promise<Collected & { readonly hash: string | null; readonly missing: readonly string[] }> {
  const { policies, counts, seed, greedy, acting, noise } = settings;
  const infos = [...new Set(settings.infos)].sort();
  const planned = counts.reduce((a, b) => a + b, 0);
  const writer = new DatasetWriter(path, aboutOf(env, { ...settings, infos }), planned);
  const begun = writer.numEpisodes;
  const missing = new Set(infos);
  const note = (episode: StoredEpisode) => {
    for (const name of missing) if (!episode.infos![name]!.every(Number.isNaN)) missing.delete(name);
  };
  const turns = new Turns();
  const collected = () => ({ episodes: writer.numEpisodes, steps: writer.numSteps });
  onProgress(collected());
  let first = 0;
  for (const [i, count] of counts.entries()) {
    const skip = Math.max(0, writer.numEpisodes - first);
    first += count;
    if (skip >= count) continue;
    const stream = new Rng(seed).split(i).seed;
    const chosen = acting === undefined ? { greedy } : { acting };
    const own = { policy: policies[i]!.policy, env, episodes: count, skip, seed: stream, ...chosen, noise, infos };
    for (const episode of collectStepwise(own)) {
      if (episode !== undefined) {
        writer.append({ ...episode, policy: i });
        note(episode);
        onProgress(collected());
      }
      await turns.next();
      if (!signal.aborted) continue;
      writer.flush();
      return { ...collected(), hash: null, missing: [] };
    }
  }
  const hash = writer.finish();
  // Those that were there before may have had them.
  if (begun > 0 && missing.size > 0) for (const episode of new StoredDataset(path).storedEpisodes()) note(episode);
  return { ...collected(), hash, missing: [...missing] };
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
