import { join } from 'node:path';
import { savePolicy } from '../../../../src/index.ts';
import type { JobContext, JobResult } from '../../../harness/experiment.ts';
import { type LakeConfig, waySettings } from '../../config.ts';
import type { Walk } from '../../walks/measureWalks.ts';
import { measureWalks } from '../../walks/measureWalks.ts';
import { cloneWalks } from './cloneWalks.ts';
import { firstVelocities } from './firstVelocities.ts';
import { learnSoftReturn } from './learnSoftReturn.ts';
import { makeLakes } from './makeLakes.ts';
import { type Condition, makeWay, type WayName } from './ways.ts';
import { worstBank } from './worstBank.ts';

/** What a job keeps for the figures. */
export interface WayData {
  readonly walks: readonly Walk[];
  /** Velocities at the start, vx₀, vy₀, vx₁, vy₁, … */
  readonly velocities: readonly number[];
  readonly parameters: number;
}

const KEPT_WALKS = 25;

/** Trains a way and measures its sampled walks, with both banks open and with each of them blocked. */
export async function trainWay(
  { way, condition }: { way: WayName; condition: Condition },
  config: LakeConfig,
  context: JobContext,
): Promise<JobResult & { data: WayData }> {
  const { evaluationEpisodes: episodes, otherWays } = config;
  const { rng, directory } = context;
  const tuned = condition === 'soft return' ? undefined : waySettings(config, way);
  const policy = makeWay(way, { condition, settings: tuned?.policy ?? {}, rng: rng.split('policy') });
  let loss: number | null = null;
  if (tuned === undefined) await learnSoftReturn(policy, { way, settings: otherWays.soft, context });
  else {
    const { fewNoiseSamples, ...settings } = otherWays.cloning;
    const noiseSamples = condition === 'cloned' ? settings.noiseSamples : fewNoiseSamples;
    loss = cloneWalks(policy, {
      way,
      settings: { ...settings, noiseSamples },
      learningRate: tuned.learningRate,
      context,
    });
  }
  const lakes = (blocked?: 'upper' | 'lower') => (count: number) =>
    makeLakes(count, { way, condition, blocked: blocked ?? 'none' });
  const { metrics, walks } = measureWalks({
    env: lakes(),
    policy,
    episodes,
    keep: KEPT_WALKS,
    rng: rng.split('evaluation'),
  });
  const blocked = worstBank(lakes, { policy, episodes, rng: rng.split('blocked') });
  if (policy.config !== undefined) savePolicy(join(directory, 'policy.json'), policy, { way, condition, ...metrics });
  const data = {
    walks,
    velocities: firstVelocities(policy, { condition, rng: rng.split('first velocities') }),
    parameters: policy.parameterCount(),
  };
  policy.dispose();
  return { metrics: { ...metrics, ...blocked, loss }, data };
}
