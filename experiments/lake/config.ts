import { z } from 'zod';
import { commonShape, engineSetting } from '../../cli/experiment/experiment.ts';
import { tunedSchema } from '../../cli/experiment/tuned.ts';
import {
  hasDensity,
  headingPolicies,
  type PolicyName,
  policyNames,
  SOFT_LAKE,
  softLakeSettings,
} from '../../common/lake.ts';
import { type AnyLakeId, allLakeGrains, lakeMap } from '../../envs/index.ts';
import { count, counted } from '../shared/settings.ts';
import {
  banditConditions,
  conditions as cloningConditions,
  type StudyName,
  softLakeTasks,
  studyCodes,
  taskKey,
} from './conditions.ts';
import { PPO_LAKE, readTuned, robotLakes, withRobots } from './tuned.ts';
import { wayNames } from './ways.ts';

export const choices = {
  studies: Object.keys(studyCodes) as StudyName[],
  policies: [...policyNames, ...wayNames.filter((way) => !isPolicy(way))],
  environments: ['Lake-v0', 'LakeStride-v0', 'SoftBandit-v0', 'OpponentBandit-v0', 'BumpBandit-v0', ...robotLakes],
  // Of the questions cloning alone can do without a density.
  byName: ['arrival', 'regret', ...robotLakes, ...policyNames.filter((name) => !hasDensity(name))],
} as const;

/** Some of the conditions of a part of a study; all of them unless some are named. */
const some = (conditions: readonly { readonly key: string }[]) => {
  const keys = conditions.map(({ key }) => key);
  return z
    .array(z.enum(keys).meta({ codes: {} }))
    .readonly()
    .default(keys);
};
const scales = (values: number[]) => z.array(z.number().positive()).min(1).default(values);

/** What demonstrators are cloned with, beside the settings of each policy. */
const cloning = z
  .strictObject({
    demonstrations: counted(1000, 'walks to learn from, half of them on each bank', 'walks'),
    steps: count(1e9).optional().meta({ description: 'length of a training; by default as tuned', unit: 'updates' }),
    batchSize: counted(256, 'pairs of observation and action of an update', 'pairs'),
    conditions: some(cloningConditions).describe('demonstrators beside the usual ones, of whom half take each bank'),
    bandit: z
      .strictObject({
        actions: counted(20_000, 'actions to learn from', 'actions'),
        steps: counted(2000, 'length of a training', 'updates', 1e9),
        learningRate: z.number().positive().default(0.03).describe('learning rate at first; half a cosine down to 0'),
      })
      .prefault({})
      .describe('cloning in one number'),
  })
  .prefault({});

/** What PPO trains with, beside the settings of each policy. */
const ppo = z
  .strictObject({
    steps: counted(100_000, 'length of a training, over all environments', 'steps', 1e9),
    envs: counted(8, 'parallel environments', 'environments', 10_000),
    horizon: counted(256, 'steps of each environment between updates', 'steps'),
  })
  .prefault({});

/** What the study of soft optima, and that of annealing, train with. */
const soft = z
  .strictObject({
    bandit: z
      .strictObject({
        steps: counted(4000, 'length of a training', 'updates'),
        batchSize: count()
          .multipleOf(2)
          .default(512)
          .meta({ description: 'actions of an update, in antithetic pairs', unit: 'actions' }),
        learningRate: z.number().positive().default(1.2e-2).describe('learning rate at first; half a cosine down to 0'),
        conditions: some(banditConditions).describe('temperatures, with and without a penalty in the water'),
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
        steps: z.int().nonnegative().max(1_000_000).default(0).meta({
          description: 'length of a training by SAC at stride 1.3 and τ = 0.1, over all environments; 0 leaves it out',
          unit: 'steps',
        }),
      })
      .prefault({}),
  })
  .prefault({});

/** What policies go on training with where a bank is blocked; before, they train as those of the soft lake. */
const blocked = z
  .strictObject({
    fineTuning: z
      .strictObject({
        steps: counted(20_480, 'length of a training, over all environments', 'steps'),
        envs: counted(32, 'parallel environments', 'environments'),
        horizon: counted(32, 'steps of each environment between updates', 'steps'),
        epochs: counted(6, 'passes over the steps of an update', 'passes'),
        batchSize: counted(256, 'size of a minibatch', 'steps'),
        learningRate: z.number().positive().default(5e-4).describe('learning rate of policy and value function'),
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
        steps: counted(40_960, 'length of a training, over all environments', 'episodes'),
        envs: counted(64, 'parallel environments, each with an opponent of its own', 'environments'),
        horizon: counted(16, 'episodes of each environment between updates', 'episodes'),
        epochs: counted(4, 'passes over the episodes of an update', 'passes'),
        batchSize: counted(256, 'size of a minibatch', 'episodes'),
        learningRate: z.number().positive().default(3e-3).describe('learning rate at first; half a cosine down to 0'),
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
        scales: scales([0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1, 1.05, 1.1, 1.2]).meta({
          description: 'σ of the policy, rising',
          unit: 'action',
        }),
        updates: counted(150, 'length of the ascent at each σ', 'updates', 100_000),
        episodes: counted(256, 'episodes of an update', 'episodes', 10_000),
        learningRate: z.number().positive().default(0.05).describe('learning rate at first; half a cosine down to 0'),
      })
      .prefault({}),
    lake: z
      .strictObject({
        scales: scales([0.3, 1]).meta({ description: 'σ of each of the two numbers of a velocity', unit: 'velocity' }),
      })
      .prefault({}),
  })
  .prefault({});

/** What the study of other ways of being multimodal trains with, beside the settings of each of them. */
const otherWays = z
  .strictObject({
    cloning: z
      .strictObject({
        demonstrations: counted(1000, 'walks to learn from, half of them on each bank', 'walks'),
        steps: counted(1200, 'length of a training', 'updates'),
        walks: counted(16, 'walks of an update', 'walks'),
        noiseSamples: counted(32, 'draws of the hidden noise over which a likelihood is averaged', 'draws'),
        fewNoiseSamples: counted(8, 'draws of the hidden noise where there are few', 'draws'),
      })
      .refine(({ demonstrations, walks }) => walks <= demonstrations, {
        path: ['walks'],
        message: 'at most the demonstrations',
      })
      .prefault({}),
    soft: z
      .strictObject({
        temperature: z
          .number()
          .positive()
          .default(0.02)
          .meta({ description: 'τ, the weight of the entropy, at the end', unit: 'reward per nat' }),
        steps: counted(16_000, 'length of the trainings that learn from a replay', 'steps'),
        ppoSteps: counted(120_000, 'length of the trainings by PPO', 'steps'),
      })
      .prefault({}),
  })
  .prefault({});

/** What E0 and E2 anew take beside the settings of E0 and E2. */
const anew = z
  .strictObject({
    ppoSteps: counted(150_000, 'length of a training by PPO on the stride lake, over all environments', 'steps', 1e9),
    measuredWalks: counted(200, 'walks along which the soft regret is measured', 'walks'),
    floors: z
      .strictObject({
        cells: count(400)
          .multipleOf(8)
          .default(24)
          .meta({ description: 'cells of the grid, along one side', unit: 'cells' }),
        points: counted(180, 'headings at each state', 'headings', 10_000),
        updates: counted(200, 'length of each search for a density', 'updates'),
        rounds: counted(3, 'how often a class is projected anew', 'rounds', 100),
      })
      .prefault({}),
  })
  .prefault({});

export const lakeSchema = z
  .strictObject({
    ...commonShape(choices, { seeds: 3, codes: studyCodes }),
    engine: engineSetting('auto'),
    evaluationEpisodes: counted(500, 'walks of each trained policy, with sampled actions', 'walks'),
    cloning,
    ppo,
    soft,
    blocked,
    opponent,
    fixedScale,
    otherWays,
    anew,
    tuned: tunedSchema(withRobots(readTuned())).describe(
      'settings by study, environment and policy, found with as many trials for each class',
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

function isLake(env: string): env is AnyLakeId {
  return Object.hasOwn(allLakeGrains, env);
}

/** Steps that no walk home can do without. */
function fewestSteps(env: AnyLakeId): number {
  const { start, home } = lakeMap;
  return Math.ceil((Math.hypot(home.x - start.x, home.y - start.y) - home.radius) / allLakeGrains[env].stride);
}
