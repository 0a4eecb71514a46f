import {
  collectDemonstrations,
  type Demonstrations,
  demonstrationNoise,
  type Env,
  make,
  ProductEnv,
} from '../../envs/index.ts';
import type { Rng } from '../../src/index.ts';

/** The lake on which one step decides. */
export const PRODUCT_LAKE = 'LakeStride-v0';

/** Walks of demonstrators on several lakes at once. */
export interface ProductDemonstrations {
  /** `[rows, 2k]`: positions, lake by lake. */
  readonly observations: Float32Array;
  /** `[rows, 2k]`: velocities as commanded. */
  readonly actions: Float32Array;
  /** The first row of each walk, and how many it has. */
  readonly walks: readonly { readonly offset: number; readonly length: number }[];
  /** The demonstrations of each lake by itself: walk i there is part of walk i here. */
  readonly lakes: readonly Demonstrations[];
}

/** k stride lakes walked at once: 2k numbers, 2ᵏ ways. */
export function makeProductLakes(lakes: number): ProductEnv {
  return new ProductEnv(Array.from({ length: lakes }, () => () => make(PRODUCT_LAKE)));
}

/**
 * Walks on k lakes at once, each lake by a demonstrator of its own: those that E1 clones (`collectDemonstrations`), half of them on each bank, drawn for
 * each lake independently, so that every way is as likely. A demonstrator who is home stands there, with the noise of the others on a velocity
 * of 0, until all are.
 *
 * @param walks how many walks of all k lakes together
 */
export function productDemonstrations({
  lakes: count,
  walks,
  rng,
}: {
  readonly lakes: number;
  readonly walks: number;
  readonly rng: Rng;
}): ProductDemonstrations {
  const lakes = Array.from({ length: count }, (_, lake) =>
    collectDemonstrations({ envId: PRODUCT_LAKE, episodes: walks, rng: rng.split('lakes').split(lake) }),
  );
  const noise = rng.split('standing');
  const env: Env<Float32Array, Float32Array> = makeProductLakes(count);
  const observations: number[] = [];
  const actions: number[] = [];
  const rows = Array.from({ length: walks }, (_, walk) => {
    const own = lakes.map(({ episodes, actions }) => ({ ...episodes[walk]!, actions }));
    const length = Math.max(...own.map((episode) => episode.length));
    const offset = observations.length / (2 * count);
    let [observation] = env.reset();
    for (let step = 0; step < length; step++) {
      const action = Float32Array.from(
        own.flatMap((episode) => {
          const row = 2 * (episode.offset + step);
          if (step < episode.length) return [episode.actions[row]!, episode.actions[row + 1]!];
          return [noise.normal(0, demonstrationNoise), noise.normal(0, demonstrationNoise)];
        }),
      );
      observations.push(...observation);
      actions.push(...action);
      [observation] = env.step(action);
    }
    return { offset, length };
  });
  env.close();
  return {
    observations: Float32Array.from(observations),
    actions: Float32Array.from(actions),
    walks: rows,
    lakes,
  };
}
