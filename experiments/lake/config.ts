import { z } from 'zod';
import { type LakeId, lakeGrains, lakeMap } from '../../envs/index.ts';
import { commonShape, engineSetting } from '../harness/experiment.ts';
import { type Tuned, tunedSchema } from '../harness/tuning/tunedSchema.ts';
import type { HeadingPolicy } from './headings/headingPolicies.ts';
import { type PolicyName, policyNames } from './shared/lakePolicies.ts';
import { blockedSettings } from './studies/blocked/blockedSettings.ts';
import { fixedScaleSettings } from './studies/fixedScale/fixedScaleSettings.ts';
import { opponentSettings } from './studies/opponent/opponentSettings.ts';
import { otherWaysSettings } from './studies/otherWays/otherWaysSettings.ts';
import { type WayName, wayNames } from './studies/otherWays/ways.ts';
import { softSettings } from './studies/soft/softSettings.ts';
import { type StudyName, studyCodes } from './studies/studyCodes.ts';
import { type CloningSettings, type PpoSettings, readTuned, type SoftLakeSettings, type WaySettings } from './tuned.ts';
import { searchSpaces } from './tuning.ts';

export const choices = {
  studies: Object.keys(studyCodes) as StudyName[],
  policies: [...policyNames, ...wayNames.filter((way) => !isPolicy(way))],
  environments: ['Lake-v0', 'LakeStride-v0', 'SoftBandit-v0', 'OpponentBandit-v0', 'BumpBandit-v0'],
} as const;

/** @param most what memory holds with room to spare */
const count = (most = 1_000_000) => z.int().positive().max(most);

export const lakeSchema = z
  .strictObject({
    ...commonShape(choices, { seeds: 3, codes: studyCodes }),
    engine: engineSetting('wasm'),
    evaluationEpisodes: count().default(500).describe('walks of each trained policy, with sampled actions'),
    cloning: z
      .strictObject({
        demonstrations: count().default(1000).describe('walks to learn from, half of them on each bank'),
        steps: count(1e9).optional().describe('updates; by default as tuned'),
        batchSize: count().default(256).describe('pairs of observation and action of an update'),
        bandit: z
          .strictObject({
            actions: count().default(20_000).describe('to learn from'),
            steps: count(1e9).default(2000).describe('updates'),
            learningRate: z.number().positive().default(0.03).describe('the first of a cosine'),
          })
          .prefault({})
          .describe('cloning in one number'),
      })
      .prefault({}),
    ppo: z
      .strictObject({
        steps: count(1e9).default(100_000).describe('steps of all environments together'),
        envs: count(10_000).default(8).describe('parallel environments'),
        horizon: count().default(256).describe('steps of each environment between updates'),
      })
      .prefault({}),
    soft: softSettings,
    blocked: blockedSettings,
    opponent: opponentSettings,
    fixedScale: fixedScaleSettings,
    otherWays: otherWaysSettings,
    tuned: tunedSchema(searchSpaces, readTuned()).describe(
      'by study, environment and policy: what "oxbow tune lake" found',
    ),
  })
  .check(({ value: { cloning, environments, studies }, issues }) => {
    const { demonstrations, batchSize } = cloning;
    const refuse = (message: string) =>
      issues.push({ code: 'custom', input: batchSize, path: ['cloning', 'batchSize'], message });
    if (!studies.includes('cloning')) return;
    const pairs = demonstrations * Math.min(...environments.filter(isLake).map(fewestSteps));
    if (batchSize > pairs) refuse(`at most ${pairs}, which ${demonstrations} demonstrations surely hold`);
    if (environments.includes('SoftBandit-v0') && batchSize > cloning.bandit.actions) {
      refuse(`at most the ${cloning.bandit.actions} actions of the bandit`);
    }
  })
  .check(({ value: { ppo, soft, policies, studies, tuned }, issues }) => {
    const trained = [
      { study: 'ppo', by: ['ppo'], env: PPO_ENV, rollout: ppo },
      { study: 'soft', by: ['soft', 'blocked'], env: SOFT_ENV, rollout: soft.lake },
    ] as const;
    for (const { study, by, env, rollout } of trained) {
      if (!by.some((each) => studies.includes(each))) continue;
      const { horizon, envs } = rollout;
      for (const policy of policies) {
        const batchSize = tuned[study]![env]![policy]?.batchSize as number | undefined;
        if (batchSize === undefined || batchSize <= horizon * envs) continue;
        const message = `at most the ${horizon} × ${envs} = ${horizon * envs} steps of a rollout (horizon × envs)`;
        issues.push({ code: 'custom', input: batchSize, path: ['tuned', study, env, policy, 'batchSize'], message });
      }
    }
  });

export type LakeConfig = z.infer<typeof lakeSchema>;

/** PPO's question, whether a policy commits to one bank, is asked on the fine lake. */
export const PPO_ENV = 'Lake-v0' satisfies LakeId;

/** Headings are chosen on the stride lake, at one stride or another. */
export const SOFT_ENV = 'LakeStride-v0' satisfies LakeId;

/** The other ways are tried where one step decides. */
export const WAYS_ENV = 'LakeStride-v0' satisfies LakeId;

export function cloningSettings({ tuned, cloning }: LakeConfig, env: LakeId, policy: PolicyName): CloningSettings {
  const settings = tuned.cloning![env]![policy] as unknown as CloningSettings;
  return { ...settings, steps: cloning.steps ?? settings.steps };
}

export function ppoSettings(tuned: Tuned, policy: PolicyName): PpoSettings {
  return tuned.ppo![PPO_ENV]![policy] as unknown as PpoSettings;
}

/** What all conditions of the soft lake, and E3, train a policy over headings with. */
export function softLakeSettings({ tuned }: LakeConfig, policy: HeadingPolicy): SoftLakeSettings {
  return tuned.soft![SOFT_ENV]![policy] as unknown as SoftLakeSettings;
}

/** What one of the other ways is cloned with. */
export function waySettings({ tuned }: LakeConfig, way: WayName): WaySettings {
  return tuned['other-ways']![WAYS_ENV]![way] as unknown as WaySettings;
}

function isPolicy(name: string): name is PolicyName {
  return (policyNames as readonly string[]).includes(name);
}

function isLake(env: string): env is LakeId {
  return Object.hasOwn(lakeGrains, env);
}

/** Steps that no walk home can do without. */
function fewestSteps(env: LakeId): number {
  const { start, home } = lakeMap;
  return Math.ceil((Math.hypot(home.x - start.x, home.y - start.y) - home.radius) / lakeGrains[env].stride);
}
