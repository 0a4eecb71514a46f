import type { StoredEpisode } from '../../../datasets/index.ts';
import { type Env, make } from '../../../envs/index.ts';
import { marginRange, shortestPathDirection } from '../../../envs/lake/demonstrations.ts';
import { type AnyLakeId, allLakeGrains } from '../../../envs/lake/grains.ts';
import { lake } from '../../../envs/lake/lakeMap.ts';
import type { Rng } from '../../../src/index.ts';

/** Which walks {@link demonstratedEpisodes} gives. */
export interface DemonstratedEpisodes {
  readonly env: string;
  readonly envOptions: Readonly<Record<string, number>>;
  readonly episodes: number;
  /** Share of the walks by the upper bank, exact up to rounding. */
  readonly upperShare: number;
  /** Standard deviation of the noise on each component of the velocity. */
  readonly noise: number;
  readonly rng: Rng;
}

/**
 * Walks round a lake as episodes of a dataset, of the demonstrators that `collectDemonstrations` has: by the shortest path that keeps a distance of its own
 * from the shore. None is thrown away. Actions are those that the environment
 * got: it takes velocities beyond the bounds of its space, too.
 */
export function* demonstratedEpisodes({
  env: id,
  envOptions,
  episodes,
  upperShare,
  noise,
  rng,
}: DemonstratedEpisodes): Generator<StoredEpisode, void, void> {
  const { margin } = allLakeGrains[id as AnyLakeId];
  const env = make<Float32Array, Float32Array>(id, envOptions as never);
  try {
    const [walks, banks] = [rng.split('walks'), rng.split('banks').permutation(episodes)];
    const upper = Math.round(upperShare * episodes);
    for (let i = 0; i < episodes; i++) {
      const radius = lake.radius + margin * walks.uniform(...marginRange);
      const bank = banks[i]! < upper ? 'upper' : 'lower';
      const seed = i === 0 ? { seed: rng.split('env').seed } : undefined;
      yield walked(env, seed, ({ x, y }) => {
        const way = shortestPathDirection({ x, y }, radius, bank);
        return Float32Array.of(walks.normal(way.x, noise), walks.normal(way.y, noise));
      });
    }
  } finally {
    env.close();
  }
}

function walked(
  env: Env<Float32Array, Float32Array>,
  reset: { seed: string } | undefined,
  act: (position: { readonly x: number; readonly y: number }) => Float32Array,
): StoredEpisode {
  let [observation] = env.reset(reset);
  const observations = [...observation];
  const [actions, rewards]: [number[], number[]] = [[], []];
  for (;;) {
    const velocity = act({ x: observation[0]!, y: observation[1]! });
    const [next, reward, terminated, truncated] = env.step(velocity);
    observations.push(...next);
    actions.push(...velocity);
    rewards.push(reward);
    observation = next;
    if (!terminated && !truncated) continue;
    const atEnd = (is: boolean) => Uint8Array.from(rewards, (_, t) => Number(is && t === rewards.length - 1));
    return {
      observations: Float32Array.from(observations),
      actions: Float32Array.from(actions),
      rewards: Float64Array.from(rewards),
      terminations: atEnd(terminated),
      truncations: atEnd(truncated),
    };
  }
}
