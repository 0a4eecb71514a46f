import { join } from 'node:path';
import { measureWalks, type Walk } from '../../../../agents/lake.ts';
import type { JobContext, JobResult } from '../../../../cli/experiment/experiment.ts';
import type { Settings } from '../../../../cli/experiment/tuned.ts';
import { type Bank, lakeMap, type VectorEnv } from '../../../../envs/index.ts';
import { Actor, type Policy, type Rng, savePolicy } from '../../../../src/index.ts';
import type { LakeConfig } from '../../config.ts';
import { conditionLabel } from '../../shared/conditionLabel.ts';
import { successAtK } from '../../walks/successAtK.ts';
import { cloneWalks } from './cloneWalks.ts';
import { learnSoftReturn } from './learnSoftReturn.ts';
import { type Condition, makeLakes, makeWay, SOFT, WAYS_LAKE, type WayName } from './ways.ts';

/** What a job keeps for the figures. */
export interface WayData {
  readonly walks: readonly Walk[];
  /** Velocities at the start, vx₀, vy₀, vx₁, vy₁, … */
  readonly velocities: readonly number[];
  readonly parameters: number;
}

const KEPT_WALKS = 25;

/** What cloning takes for one of the ways. */
export interface WaySettings {
  /** The first of a cosine. */
  readonly learningRate: number;
  readonly policy: Settings;
}

/** The settings that were found for a way. */
export function waySettings({ tuned }: Pick<LakeConfig, 'tuned'>, way: WayName): WaySettings {
  return tuned['other-ways']![WAYS_LAKE]![way] as unknown as WaySettings;
}

/** Trains a way and measures its sampled walks, with both banks open and with each of them blocked. */
export async function trainWay(
  { way, condition }: { way: WayName; condition: Condition },
  config: LakeConfig,
  context: JobContext,
): Promise<JobResult & { data: WayData }> {
  const { evaluationEpisodes: episodes, otherWays } = config;
  const { rng, directory } = context;
  const tuned = condition === 'soft' ? undefined : waySettings(config, way);
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
  if (policy.config !== undefined) {
    const about = { way, condition: conditionLabel(condition), ...metrics };
    savePolicy(join(directory, 'policy.json'), policy, about);
  }
  const data = {
    walks,
    velocities: firstVelocities(policy, { condition, rng: rng.split('first velocities') }),
    parameters: policy.parameterCount(),
  };
  policy.dispose();
  return { metrics: { ...metrics, ...blocked, loss }, data };
}

const COUNT = 120;

/** Sampled velocities at the start, vx₀, vy₀, vx₁, vy₁, …; hidden noise is drawn anew for each. */
function firstVelocities(policy: Policy, { condition, rng }: { condition: Condition; rng: Rng }): number[] {
  const { start } = lakeMap;
  const size = policy.observationDim;
  const observations = rng.split('noise').fillNormal(new Float32Array(COUNT * size));
  for (let i = 0; i < COUNT; i++) {
    observations[size * i] = start.x;
    observations[size * i + 1] = start.y;
  }
  const actor = new Actor(policy, { rng: rng.split('actions'), batch: COUNT });
  const unit = condition === 'soft' ? 1 / SOFT.high[0]! : 1;
  const velocities = Array.from(actor.act(observations).action, (x) => Math.round(100 * unit * x) / 100);
  actor.dispose();
  return velocities;
}

const BANKS = ['upper', 'lower'] as const;
const TRIES = [1, 8] as const;

/**
 * A bank is blocked, and nobody tells the policy: how likely one of k walks, each with fresh draws, gets home, for the bank for which that is
 * least likely.
 * @param lakes makes so many lakes with a blocked bank
 * @param episodes walks for each bank, at least 8
 */
export function worstBank(
  lakes: (blocked: Bank) => (count: number) => VectorEnv,
  { policy, episodes, rng }: { policy: Policy; episodes: number; rng: Rng },
): Record<`worstBankAt${(typeof TRIES)[number]}`, number> {
  const successes = BANKS.map((bank) => {
    const { metrics } = measureWalks({ env: lakes(bank), policy, episodes, keep: 0, rng: rng.split(bank) });
    return Math.round(metrics.homeRate * episodes);
  });
  const at = (k: number) =>
    successAtK({ successes: Math.min(...successes), tries: episodes, k: Math.min(k, episodes) });
  return { worstBankAt1: at(TRIES[0]), worstBankAt8: at(TRIES[1]) };
}
