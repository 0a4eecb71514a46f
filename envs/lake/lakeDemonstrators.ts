import { z } from 'zod';
import { parseOptions } from '../../src/options/parse.ts';
import type { Rng } from '../../src/random.ts';
import type { EpisodeScript, ScriptedEpisode } from '../core/episodeScript.ts';
import {
  demonstratedRadius,
  demonstrationNoise,
  demonstrationPaths,
  demonstrator,
  drawBanks,
} from './demonstrations.ts';
import { type AnyLakeId, allLakeGrains } from './grains.ts';
import type { LakeAction } from './lakeOptions.ts';

export const lakeDemonstratorOptions = z.strictObject({
  upperShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('share of the walks that go by the upper bank, exact up to rounding'),
  noise: z
    .number()
    .nonnegative()
    .default(demonstrationNoise)
    .describe('standard deviation of the normal noise on each component of the velocity, whose length is 1'),
  path: z
    .enum(demonstrationPaths)
    .default('shortest')
    .describe("the way round; 'shortest', or 'rightAngle', first off the axis at a right angle, then the shortest"),
  failures: z
    .boolean()
    .default(false)
    .describe('whether walks are kept that do not get home; else another by the same bank takes the place of each'),
});

/** Options of {@link LakeDemonstrators}. */
export interface LakeDemonstratorsOptions extends z.input<typeof lakeDemonstratorOptions> {
  readonly envId: AnyLakeId;
  /** What an action of the environment is; a velocity by default. */
  readonly action?: LakeAction;
}

/**
 * The scripted walkers of `collectDemonstrations` for whoever plays episodes, as `collectEpisodes` does. Unless `failures` are kept, a walk
 * that does not get home is played again, by the same bank.
 *
 * Velocities are not clipped to [−1, 1]. Of longer ones the lake takes the direction. A clip would turn them, and give many noisy ones the
 * same number 1, which has no density.
 *
 * @example
 * collectEpisodes({ policy: new LakeDemonstrators({ envId: 'LakeStride-v0', upperShare: 0.4 }), env: 'LakeStride-v0', episodes: 100 });
 */
export class LakeDemonstrators implements EpisodeScript {
  readonly envId: AnyLakeId;
  readonly action: LakeAction;
  /** With the defaults of what is not given. */
  readonly options: Readonly<z.output<typeof lakeDemonstratorOptions>>;

  /** @throws if the environment is no lake, or for an unknown option or one out of range */
  constructor({ envId, action = 'velocity', ...options }: LakeDemonstratorsOptions) {
    if (!Object.hasOwn(allLakeGrains, envId)) {
      throw new Error(
        `LakeDemonstrators: envId: got ${envId}, expected one of ${Object.keys(allLakeGrains).join(', ')}`,
      );
    }
    this.envId = envId;
    this.action = action;
    this.options = parseOptions('LakeDemonstrators', lakeDemonstratorOptions, options);
  }

  plans(episodes: number, rng: Rng): (number: number, rng: Rng) => ScriptedEpisode {
    const { envId, action } = this;
    const { upperShare, noise, path, failures } = this.options;
    const banks = drawBanks(episodes, upperShare, rng);
    return (number, own) => {
      const radius = demonstratedRadius(envId, own);
      const act = demonstrator({ bank: banks[number]!, radius, path, noise, action, rng: own });
      return { act, keeps: ({ outcome }) => failures || outcome === 'home' };
    };
  }
}
