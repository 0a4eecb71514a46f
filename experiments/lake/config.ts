import { z } from 'zod';
import { type LakeId, lakeGrains, lakeMap } from '../../envs/index.ts';
import { commonShape, engineSetting } from '../harness/experiment.ts';
import { tunedSchema } from '../harness/tuning/tunedSchema.ts';
import { headingPolicies } from './headings/headingPolicies.ts';
import { softLakeSettings } from './headings/softLakeSettings.ts';
import { SOFT_LAKE } from './headings/softLakeTask.ts';
import { type PolicyName, policyNames } from './shared/lakePolicies.ts';
import { wayNames } from './studies/otherWays/ways.ts';
import { softLakeTasks, taskKey } from './studies/soft/lakeConditions.ts';
import { type StudyName, studyCodes } from './studies/studyCodes.ts';
import { readTuned } from './tuned.ts';
import { searchSpaces } from './tuning.ts';
import { PPO_LAKE } from './walks/ppoTraining.ts';

export const choices = {
  studies: Object.keys(studyCodes) as StudyName[],
  policies: [...policyNames, ...wayNames.filter((way) => !isPolicy(way))],
  environments: ['Lake-v0', 'LakeStride-v0', 'SoftBandit-v0', 'OpponentBandit-v0', 'BumpBandit-v0'],
} as const;

/** @param most what memory holds with room to spare */
const count = (most = 1_000_000) => z.int().positive().max(most);
const scales = (values: number[]) => z.array(z.number().positive()).min(1).default(values);

/** What demonstrators are cloned with, beside the settings of each policy. */
const cloning = z
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
  .prefault({});

/** What PPO trains with, beside the settings of each policy. */
const ppo = z
  .strictObject({
    steps: count(1e9).default(100_000).describe('steps of all environments together'),
    envs: count(10_000).default(8).describe('parallel environments'),
    horizon: count().default(256).describe('steps of each environment between updates'),
  })
  .prefault({});

/** What the study of soft optima, and that of annealing, train with. */
const soft = z
  .strictObject({
    bandit: z
      .strictObject({
        steps: count().default(4000).describe('updates'),
        batchSize: count().multipleOf(2).default(512).describe('actions of an update, in antithetic pairs'),
        learningRate: z.number().positive().default(1.2e-2).describe('the first of a cosine'),
      })
      .prefault({}),
    lake: softLakeSettings
      .extend({
        tasks: z
          .array(
            z.strictObject({
              stride: z.number().min(0.001).max(4),
              temperature: z.number().min(0.003).max(100),
              policies: z.array(z.enum(headingPolicies)).readonly().default(headingPolicies),
            }),
          )
          .refine(
            (tasks) => new Set(tasks.map(taskKey)).size === tasks.length,
            'tasks that differ in stride or temperature',
          )
          .default([...softLakeTasks])
          .describe('lakes, each with those of the policies that are trained there'),
      })
      .prefault({}),
    sac: z
      .strictObject({
        steps: z
          .int()
          .nonnegative()
          .max(1_000_000)
          .default(0)
          .describe('steps of all environments together by SAC at stride 1.3 and τ = 0.1; 0 leaves it out'),
      })
      .prefault({}),
  })
  .prefault({});

/** What policies go on training with where a bank is blocked; before, they train as those of the soft lake. */
const blocked = z
  .strictObject({
    fineTuning: z
      .strictObject({
        steps: count().default(20_480).describe('steps of all environments together'),
        envs: count().default(32).describe('parallel environments'),
        horizon: count().default(32).describe('steps of each environment between updates'),
        epochs: count().default(6).describe('passes over the steps of an update'),
        batchSize: count().default(256).describe('steps of a minibatch'),
        learningRate: z.number().positive().default(5e-4),
      })
      .refine(({ batchSize, envs, horizon }) => batchSize <= envs * horizon, 'batchSize: at most envs × horizon')
      .prefault({}),
  })
  .prefault({});

/** What the study of opponents trains with. */
const opponent = z
  .strictObject({
    bandit: z
      .strictObject({
        steps: count().default(40_960).describe('episodes of all environments together'),
        envs: count().default(64).describe('parallel environments, each with an opponent of its own'),
        horizon: count().default(16).describe('episodes of each environment between updates'),
        epochs: count().default(4).describe('passes over the episodes of an update'),
        batchSize: count().default(256).describe('episodes of a minibatch'),
        learningRate: z.number().positive().default(3e-3).describe('the first of a cosine'),
      })
      .refine(
        ({ batchSize, envs, horizon }) => batchSize <= envs * horizon,
        'batchSize: at most the envs × horizon episodes between updates',
      )
      .prefault({}),
  })
  .prefault({});

/** What the study of fixed scales trains with; on the lake it has PPO's settings. */
const fixedScale = z
  .strictObject({
    bandit: z
      .strictObject({
        scales: scales([0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1, 1.05, 1.1, 1.2]).describe('σ, rising'),
        updates: count(100_000).default(150),
        episodes: count(10_000).default(256).describe('of an update'),
        learningRate: z.number().positive().default(0.05).describe('the first of a cosine'),
      })
      .prefault({}),
    lake: z.strictObject({ scales: scales([0.3, 1]).describe('σ of each velocity') }).prefault({}),
  })
  .prefault({});

/** What the study of other ways of being multimodal trains with, beside the settings of each of them. */
const otherWays = z
  .strictObject({
    cloning: z
      .strictObject({
        demonstrations: count().default(1000).describe('walks to learn from, half of them on each bank'),
        steps: count().default(1200).describe('updates'),
        walks: count().default(16).describe('walks of an update'),
        noiseSamples: count().default(32).describe('draws of the hidden noise over which a likelihood is averaged'),
        fewNoiseSamples: count().default(8).describe('draws where there are few'),
      })
      .refine(({ demonstrations, walks }) => walks <= demonstrations, {
        path: ['walks'],
        message: 'at most the demonstrations',
      })
      .prefault({}),
    soft: z
      .strictObject({
        temperature: z.number().positive().default(0.02).describe('the weight of the entropy, at the end'),
        steps: count().default(16_000).describe('environment steps of those that learn from a replay'),
        ppoSteps: count().default(120_000).describe('environment steps of those that PPO trains'),
      })
      .prefault({}),
  })
  .prefault({});

export const lakeSchema = z
  .strictObject({
    ...commonShape(choices, { seeds: 3, codes: studyCodes }),
    engine: engineSetting('wasm'),
    evaluationEpisodes: count().default(500).describe('walks of each trained policy, with sampled actions'),
    cloning,
    ppo,
    soft,
    blocked,
    opponent,
    fixedScale,
    otherWays,
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
      { study: 'ppo', by: ['ppo'], env: PPO_LAKE, rollout: ppo },
      { study: 'soft', by: ['soft', 'blocked'], env: SOFT_LAKE, rollout: soft.lake },
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
