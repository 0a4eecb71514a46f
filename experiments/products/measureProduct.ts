import { evaluate } from '../../agents/index.ts';
import type { LakeInfo, ProductInfo } from '../../envs/index.ts';
import type { Policy, Rng } from '../../src/index.ts';
import { makeProductLakes } from './productLakes.ts';

/** How walks of several lakes at once ended. */
export interface ProductWalks {
  /** Share of walks that drown in any lake. */
  readonly drownRate: number;
  /** Share of walks that get home on every lake. */
  readonly homeRate: number;
  /** Share of drowned among all single lakes of all walks. */
  readonly drownRateOfALake: number;
  /** How many of the 2ᵏ ways the walks take that get home on every lake. */
  readonly ways: number;
}

/** Environments side by side. */
const ENVS = 250;

/** Walks `episodes` times; with sampled actions, unless greedy. */
export function measureProduct({
  policy,
  lakes,
  episodes,
  greedy,
  rng,
}: {
  readonly policy: Policy;
  readonly lakes: number;
  readonly episodes: number;
  readonly greedy: boolean;
  readonly rng: Rng;
}): { metrics: ProductWalks; counts: Record<string, number> } {
  const measured = evaluate({
    policy,
    env: () => makeProductLakes(lakes) as never,
    numEnvs: Math.min(ENVS, episodes),
    episodes,
    greedy,
    rng,
  });
  return summarizeWalks(measured.episodes.map(({ info }) => (info as ProductInfo).parts as LakeInfo[]));
}

/**
 * What came of walks, and how many of those that got home on every lake took each way.
 * @param walks of each the last info of every lake
 */
export function summarizeWalks(walks: readonly (readonly Pick<LakeInfo, 'outcome' | 'bank'>[])[]): {
  metrics: ProductWalks;
  counts: Record<string, number>;
} {
  const home = walks.filter((lakes) => lakes.every(({ outcome }) => outcome === 'home'));
  const counts: Record<string, number> = {};
  for (const lakes of home) {
    const way = lakes.map(({ bank }) => (bank === 'upper' ? 'u' : 'l')).join('');
    counts[way] = (counts[way] ?? 0) + 1;
  }
  const drowned = ({ outcome }: Pick<LakeInfo, 'outcome'>) => outcome === 'drowned';
  const single = walks.flat();
  return {
    metrics: {
      drownRate: walks.filter((lakes) => lakes.some(drowned)).length / walks.length,
      homeRate: home.length / walks.length,
      drownRateOfALake: single.filter(drowned).length / single.length,
      ways: Object.keys(counts).length,
    },
    counts: Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
