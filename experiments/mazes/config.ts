import { z } from 'zod';
import { commonShape, engineSetting } from '../../cli/experiment/experiment.ts';
import { type Settings, type Tuned, tunedSchema } from '../../cli/experiment/tuned.ts';
import { makePolicy, type Policy, type Rng } from '../../src/index.ts';
import type { AnySpace } from '../../src/spaces/plain.ts';
import { type MazeRecipe, mazeRecipes } from '../offline/mazeData.ts';
import { counted } from '../shared/settings.ts';
import found from './tuned.json' with { type: 'json' };

/**
 * How actions are chosen: samples; samples at a low temperature; the mode of most mass; the densest of 32 candidates; samples of noise that is held
 * for some steps, and those at the low temperature.
 */
const rules = ['sample', 'cool', 'mode', 'densest', 'hold', 'coolHold'] as const;
export type Rule = (typeof rules)[number];

interface Definition {
  /** In the registry. */
  readonly name: string;
  readonly options: Settings;
  /** As sentences name it. */
  readonly label: string;
  /** Those of whom it has the settings, where several classes were searched as one; its own unless given. */
  readonly settingsOf?: string;
  /** Those that differ for it. */
  readonly rules: readonly Rule[];
  /** Of a clone's loss on held-out pairs: nats where the class has a density, else a squared error of its own. */
  readonly loss: 'heldOutNats' | 'heldOutMatching';
  /** Whether it learns by GCIVL, else by cloning. */
  readonly byValues?: boolean;
  /** Relative cost of an update. */
  readonly cost: number;
}

const byDensity = { rules, loss: 'heldOutNats' } as const;

const mixture = (components: number): Definition => ({
  ...byDensity,
  name: 'mixture',
  options: { components, head: false },
  label: `mixture of ${components}`,
  settingsOf: 'mixture',
  cost: 1.2,
});

const clones = {
  // OGBench's GCBC, whose Gaussian has deviation 1: −log N(a; μ(o), I) is half the squared error, and a constant. The mean acts.
  regression: {
    name: 'gaussian',
    options: { scale: 'fixed', initialScale: 1 },
    label: 'regression',
    rules: ['mode'],
    loss: 'heldOutMatching',
    cost: 1,
  },
  // It has one action, which is its mode.
  'two-step-regression': {
    name: 'minimal-iterative',
    options: {},
    label: 'regression in two steps',
    rules: ['mode'],
    loss: 'heldOutMatching',
    cost: 1.8,
  },
  // Its mode is what is densest.
  gaussian: {
    ...byDensity,
    name: 'gaussian',
    options: { scale: 'state' },
    label: 'Gaussian',
    rules: ['sample', 'cool', 'mode', 'hold', 'coolHold'],
    cost: 1,
  },
  'mixture-2': mixture(2),
  'mixture-4': mixture(4),
  'mixture-8': mixture(8),
  'mixture-16': mixture(16),
  'autoregressive-mixture': {
    ...byDensity,
    name: 'autoregressive-mixture',
    options: { components: 8 },
    label: 'autoregressive mixture',
    cost: 1.5,
  },
  realnvp: { ...byDensity, name: 'realnvp', options: { head: false }, label: 'RealNVP', cost: 1.4 },
  spline: { ...byDensity, name: 'spline', options: { head: false }, label: 'spline flow', cost: 1.5 },
  'autoregressive-spline': {
    ...byDensity,
    name: 'autoregressive-spline',
    options: { head: false },
    label: 'autoregressive spline',
    cost: 1.5,
  },
  'flow-matching': {
    name: 'flow-matching',
    options: {},
    label: 'flow matching',
    rules: ['sample', 'cool', 'mode', 'hold', 'coolHold'],
    loss: 'heldOutMatching',
    cost: 1.2,
  },
} as const satisfies Record<string, Definition>;

/** A class that learns by GCIVL, with the options that it is cloned with. */
const byValues = (policy: keyof typeof clones): Definition => {
  const clone: Definition = clones[policy];
  return {
    ...clone,
    label: `GCIVL, ${clone.label}`,
    settingsOf: clone.settingsOf ?? policy,
    byValues: true,
    cost: clone.cost + 4,
  };
};

/** The classes that are compared: what they are in the registry, and the options that make them what they are. */
const POLICIES = {
  ...clones,
  'gcivl-regression': byValues('regression'),
  'gcivl-mixture-8': byValues('mixture-8'),
  'gcivl-spline': byValues('spline'),
} as const satisfies Record<string, Definition>;

export type MazePolicy = keyof typeof POLICIES;
export const mazePolicies = Object.keys(POLICIES) as MazePolicy[];

const definitionOf = (policy: MazePolicy): Definition => POLICIES[policy];

/** Those of a class in a maze: the ant has the point's, unless it has some of its own. */
export function mazeSettings(tuned: Tuned, env: MazeEnv, policy: MazePolicy): MazeSettings {
  const mazes = tuned.mazes!;
  return (mazes[env] ?? mazes[env.replace('Ant', 'Point')]!)[policy] as unknown as MazeSettings;
}

/** What cloning takes for a class, whatever the maze. */
export interface MazeSettings {
  readonly learningRate: number;
  /** Options that were searched. */
  readonly policy: Settings;
}

/** A policy of a class. */
export function makeMazePolicy(
  policy: MazePolicy,
  task: {
    readonly observationSpace: AnySpace;
    readonly actionSpace: AnySpace;
    /** All classes have about this many, ±10 %. */
    readonly parameters: number;
    readonly settings: Settings;
    readonly rng: Rng;
  },
): Policy {
  const { name, options } = definitionOf(policy);
  const { settings, ...spaces } = task;
  return makePolicy<string>(name, { ...spaces, ...options, ...settings });
}

/** By which of the rules a class acts: those that differ for it. */
export function rulesOf(policy: MazePolicy): readonly Rule[] {
  return definitionOf(policy).rules;
}

/** The metric of its loss on held-out pairs: losses of different kinds have names of their own, and nothing may compare them. */
export function lossOf(policy: MazePolicy): Definition['loss'] {
  return definitionOf(policy).loss;
}

/** Whether a class learns by GCIVL. */
export function learnsValues(policy: MazePolicy): boolean {
  return definitionOf(policy).byValues ?? false;
}

/** A policy's name in a sentence. */
export function mazePolicyLabel(policy: string): string {
  return (POLICIES as Record<string, Definition>)[policy]?.label ?? policy;
}

/** Goals of a maze, one to each of OGBench's tasks. */
export const GOALS = 5;

const pointMazes = [
  'mujoco/OgbenchPointMazeMedium-v0',
  'mujoco/OgbenchPointMazeLarge-v0',
  'mujoco/OgbenchPointMazeGiant-v0',
  'mujoco/OgbenchPointMazeTeleport-v0',
] as const;
const antMazes = [
  'mujoco/OgbenchAntMazeMedium-v0',
  'mujoco/OgbenchAntMazeLarge-v0',
  'mujoco/OgbenchAntMazeGiant-v0',
  'mujoco/OgbenchAntMazeTeleport-v0',
] as const;
const environments = [...pointMazes, ...antMazes] as const;
export type MazeEnv = (typeof environments)[number];

/** Those of the primary endpoint: several ways lead from most cells to most others. */
export const severalWays: readonly string[] = pointMazes.slice(1);

const kinds = ['navigate', 'stitch'] as const;
export type MazeKind = (typeof kinds)[number];

/** `mujoco/OgbenchPointMazeLarge-v0` as `large`, the ant's as `ant-large`. */
export function mazeOf(env: string): string {
  return env
    .replace(/^.*PointMaze|-v\d+$/g, '')
    .replace(/^.*AntMaze/, 'ant-')
    .toLowerCase();
}

/** How the data of a kind are made. */
export function recipeOf(env: MazeEnv, kind: MazeKind): MazeRecipe {
  return [...mazeRecipes.values()].find((recipe) => recipe.env === env && recipe.kind === kind)!;
}

export const choices = {
  studies: ['mazes'],
  policies: mazePolicies,
  environments,
  byName: [
    'mixture-2',
    'mixture-4',
    'mixture-16',
    'realnvp',
    'gcivl-regression',
    'gcivl-mixture-8',
    'gcivl-spline',
    ...antMazes,
  ],
} as const;

/** The settings of each class, the same in all mazes; those of the ant's are the point's. */
const tuned: Tuned = {
  mazes: Object.fromEntries(
    pointMazes.map((env) => [
      env,
      Object.fromEntries(
        mazePolicies.map((policy) => [
          policy,
          (found as Record<string, Settings>)[definitionOf(policy).settingsOf ?? policy]!,
        ]),
      ),
    ]),
  ),
};

export const mazesSchema = z.strictObject({
  ...commonShape(choices, { seeds: 3, codes: { mazes: 'E13' } }),
  engine: engineSetting('auto'),
  data: z
    .array(z.enum(kinds))
    .min(1)
    .refine((names) => new Set(names).size === names.length, 'each at most once')
    .readonly()
    .default(kinds)
    .describe('kinds of data to learn from; each is a condition'),
  share: z
    .number()
    .positive()
    .max(1)
    .default(1)
    .meta({ description: 'how many of the episodes that OGBench has are made, the first ones', unit: 'share' }),
  temperature: z.number().positive().max(1).default(0.25).describe('of the rules "cool" and "coolHold"'),
  draws: counted(3, 'how many times data are drawn; seed s learns from draw s modulo this many', 'draws', 1000),
  firstDraw: z.int().nonnegative().default(0).describe('the number of the first draw: the seed of its recipe'),
  actionNoise: z.number().nonnegative().default(0.1).meta({
    description:
      'standard deviation of normal noise on what is learned from: clipping has made many actions equal to a bound, which no density has',
    unit: 'halves of the width between the bounds',
  }),
  rules: z
    .array(z.enum(rules))
    .min(1)
    .refine((names) => new Set(names).size === names.length, 'each at most once')
    .readonly()
    .default(rules)
    .describe('how actions are chosen; a class leaves out those that are the same for it'),
  hold: counted(20, 'for how long noise is held by the rules that do; 20 steps of full length cross a cell', 'steps'),
  evaluationEpisodes: counted(10, 'episodes to each of the five goals, by each rule', 'episodes', 100_000),
  parameters: counted(40_000, 'size of every policy, ±10 %', 'parameters'),
  steps: counted(20_000, 'length of every training', 'updates', 1e9),
  batchSize: counted(256, 'pairs of an update', 'pairs', 100_000),
  tuned: tunedSchema(tuned).describe('settings by environment and policy; found with as many trials for each class'),
});

export type MazesConfig = z.infer<typeof mazesSchema>;

/** The seconds that a job takes on a quiet core, but for the data, which the first job of a process makes. */
export function seconds(
  { env, policy }: { readonly env: MazeEnv; readonly policy: MazePolicy },
  config: MazesConfig,
): number {
  const { cost } = definitionOf(policy);
  const updates = (config.steps * config.batchSize) / 256;
  const acts = rulesOf(policy).filter((rule) => config.rules.includes(rule)).length;
  const episode = (antMazes as readonly string[]).includes(env) ? 5 : 0.65;
  return 2 + 2e-8 * cost * config.parameters * updates + episode * acts * config.evaluationEpisodes;
}
