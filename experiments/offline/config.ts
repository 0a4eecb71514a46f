import { z } from 'zod';
import { commonShape, engineSetting } from '../../cli/experiment/experiment.ts';
import { type Tuned, tunedSchema } from '../../cli/experiment/tuned.ts';
import { count, counted } from '../shared/settings.ts';
import { type Kind, kindLabels, kinds, type Recipe, recipes } from './recipes.ts';
import found from './tuned.json' with { type: 'json' };

/** What learns: an agent, with the class of policies that it is given. */
export interface Method {
  readonly agent: 'cloning' | 'td3-bc' | 'iql' | 'fql' | 'nf-rlbc' | 'best-of';
  /** In the registry of policies. */
  readonly policy: string;
  /** Options that make the class what it is. */
  readonly options: Readonly<Record<string, unknown>>;
  /** How its policy can act. */
  readonly acts: readonly ('sampled' | 'greedy')[];
  /** Its name wherever it is read. */
  readonly label: string;
  /** Relative cost of an update. */
  readonly cost: number;
}

const classes = {
  gaussian: { policy: 'gaussian', options: { scale: 'state' } },
  mixture: { policy: 'mixture', options: { components: 4, head: false } },
  realnvp: { policy: 'realnvp', options: { head: false } },
  spline: { policy: 'spline', options: { head: false } },
  matching: { policy: 'flow-matching', options: {}, acts: ['sampled'] },
} as const;
const both = { acts: ['sampled', 'greedy'] } as const;
const byIql = { agent: 'iql', ...both } as const;
const byNfRlbc = { agent: 'nf-rlbc', ...both } as const;
const bestOf = { agent: 'best-of', acts: ['sampled'] } as const;

/**
 * By study. Cloning knows no rewards. Best of N is IQL with β = 0: a clone of the data, whose samples critics choose among. The Gaussian has the
 * part of a control in each, also where the paper has a flow. The order is that of tables and colours: a class has its colour in both studies, and FQL
 * and TD3+BC those of flow matching and regression, which are next to them.
 */
export const methods = {
  cloning: {
    gaussian: { agent: 'cloning', ...classes.gaussian, ...both, label: 'cloned Gaussian', cost: 1 },
    mixture: { agent: 'cloning', ...classes.mixture, ...both, label: 'cloned mixture of four', cost: 1.3 },
    realnvp: { agent: 'cloning', ...classes.realnvp, ...both, label: 'cloned RealNVP', cost: 1.4 },
    spline: { agent: 'cloning', ...classes.spline, ...both, label: 'cloned spline flow', cost: 1.8 },
    'flow-matching': { agent: 'cloning', ...classes.matching, label: 'cloned flow matching', cost: 1 },
    // The mean of the data: −log N(a; μ(o), I) is half the squared error, and a constant.
    regression: {
      agent: 'cloning',
      policy: 'gaussian',
      options: { scale: 'fixed', initialScale: 1 },
      acts: ['greedy'],
      label: 'regression to the mean',
      cost: 1,
    },
  },
  offline: {
    'iql-gaussian': { ...byIql, ...classes.gaussian, label: 'IQL with a Gaussian', cost: 2 },
    'iql-mixture': { ...byIql, ...classes.mixture, label: 'IQL with a mixture of four', cost: 2.3 },
    'iql-realnvp': { ...byIql, ...classes.realnvp, label: 'IQL with RealNVP', cost: 2.4 },
    'iql-spline': { ...byIql, ...classes.spline, label: 'IQL with a spline flow', cost: 3 },
    fql: { agent: 'fql', policy: 'implicit', options: {}, acts: ['sampled'], label: 'FQL', cost: 4 },
    'td3-bc': {
      agent: 'td3-bc',
      policy: 'gaussian',
      options: { squash: 'tanh' },
      acts: ['greedy'],
      label: 'TD3+BC',
      cost: 2,
    },
    'nf-rlbc-gaussian': { ...byNfRlbc, ...classes.gaussian, label: 'NF-RLBC with a Gaussian', cost: 2.5 },
    'nf-rlbc-spline': { ...byNfRlbc, ...classes.spline, label: 'NF-RLBC with a spline flow', cost: 6 },
    'best-of-gaussian': { ...bestOf, ...classes.gaussian, label: 'best of 32 by a Gaussian', cost: 2 },
    'best-of-flow-matching': { ...bestOf, ...classes.matching, label: 'best of 32 by flow matching', cost: 2 },
  },
} as const satisfies Record<string, Record<string, Method>>;

export type Study = keyof typeof methods;
export type MethodName = keyof (typeof methods)['cloning'] | keyof (typeof methods)['offline'];

const studies = Object.keys(methods) as Study[];

/** The names of a study's methods, in the order of tables and colours: no figure has more, so that each has a colour of its own. */
export function methodsOf(study: string): string[] {
  return Object.keys((methods as Record<string, object>)[study] ?? {});
}

/** The names of all of them. */
export const methodNames = Object.values(methods).flatMap((own) => Object.keys(own)) as MethodName[];

/** What a study has of that name; undefined where it is of the other one. */
export function methodOf(study: string, name: string): Method | undefined {
  return (methods as Record<string, Record<string, Method>>)[study]?.[name];
}

/** The kinds of data of each study: cloning knows no rewards, and so nothing of what is bad among good. */
export const kindsOf: Readonly<Record<Study, readonly Kind[]>> = {
  cloning: ['expert', 'two-experts'],
  offline: ['mixed', 'uneven', 'medium', 'medium-replay'],
};

/** Environments whose data and trainings take minutes: of them the question is asked. */
const asked = ['LakeStride-v0', 'Pendulum-v1'] as const;

/** Those that a run has if it names them. */
const byName = [
  'Lake-v0',
  'mujoco/PointLake-v0',
  'mujoco/PointLakeStride-v0',
  'mujoco/AntLake-v0',
  'mujoco/AntLakeStride-v0',
  'mujoco/HalfCheetah-v5',
  'mujoco/Hopper-v5',
  'mujoco/Walker2d-v5',
] as const;

export const choices = {
  studies,
  policies: methodNames,
  environments: [...asked, ...byName],
  byName,
} as const;

/** The recipe of the data of a kind in an environment; undefined if there is none. */
export function recipeOf(env: string, kind: string): Recipe | undefined {
  return [...recipes.values()].find((recipe) => recipe.task.env === env && recipe.kind === kind);
}

export const offlineSchema = z.strictObject({
  // Seeds that nothing is chosen by.
  ...commonShape(choices, { seeds: 10, first: 1200 }),
  engine: engineSetting('auto'),
  data: z
    .array(z.enum(kinds))
    .min(1)
    .refine((names) => new Set(names).size === names.length, 'each at most once')
    .readonly()
    .default(kinds.filter((kind) => kind !== 'medium-replay'))
    .describe('kinds of data to learn from; each is a condition'),
  datasets: z
    .string()
    .optional()
    .describe(
      'folder of datasets that "oxbow dataset make" has made, each by the name of its recipe; those of robots must be there, others are made anew where they are not',
    ),
  evaluationEpisodes: counted(
    200,
    'episodes of each trained policy, by samples and by greedy actions',
    'episodes',
    100_000,
  ),
  parameters: counted(18_000, 'size of every policy, ±10 %; critics are beside it', 'parameters'),
  criticHidden: z
    .array(count(4096))
    .min(1)
    .default([64, 64])
    .describe('widths of the hidden layers of all networks beside the policy'),
  steps: count(1e9).optional().meta({ description: 'length of every training; by default as tuned', unit: 'updates' }),
  batchSize: counted(128, 'pairs or transitions of an update', 'transitions', 100_000),
  tuned: tunedSchema(found.tuned as Tuned).describe(
    'settings by study, environment and method, the same for all kinds of data; found with as many trials for each method',
  ),
});

export type OfflineExperimentConfig = z.infer<typeof offlineSchema>;

/** How the name of a method reads: that of one study is of no other. */
export function methodLabel(name: string): string {
  return studies.map((study) => methodOf(study, name)?.label).find((label) => label !== undefined) ?? name;
}

/** How a condition, the kind of the data, reads. */
export function conditionLabel(condition: string): string {
  return kindLabels[condition as Kind] ?? condition;
}
