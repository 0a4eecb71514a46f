import { z } from 'zod';
import { commonShape, engineSetting } from '../../cli/experiment/experiment.ts';
import { type Settings, type Tuned, tunedSchema } from '../../cli/experiment/tuned.ts';
import { collectDemonstrations, type Demonstrations, demonstrationNoise, type Env, make } from '../../envs/index.ts';
import { makePolicy, type Policy, type Rng } from '../../src/index.ts';
import type { AnySpace } from '../../src/spaces/plain.ts';
import { count, counted } from '../shared/settings.ts';
import { ProductEnv } from './productEnv.ts';
import found from './tuned.json' with { type: 'json' };

interface Definition {
  /** In the registry. */
  readonly name: string;
  readonly options: Settings;
  /** As sentences name it. */
  readonly label: string;
  /** Those of whom it has the settings, where several classes were searched as one; its own unless given. */
  readonly settingsOf?: string;
  /** Whether its greedy action acts, in place of a sample. */
  readonly greedy?: boolean;
  /** Whether it has a density of the actions as they are demonstrated; it has unless this says no. */
  readonly hasDensity?: false;
  /** Relative cost of an update. */
  readonly cost: number;
}

const mixture = (components: number): Definition => ({
  name: 'mixture',
  options: { components, head: false },
  label: `mixture of ${components}`,
  settingsOf: 'mixture',
  cost: 1,
});

const matching = (steps: number): Definition => ({
  name: 'flow-matching',
  options: { steps },
  label: `flow matching, ${steps} steps`,
  settingsOf: 'flow-matching',
  hasDensity: false,
  cost: 1.3,
});

/** The classes that are compared: what they are in the registry, and the options that make them what they are. */
const POLICIES = {
  gaussian: { name: 'gaussian', options: { scale: 'state' }, label: 'Gaussian', cost: 1 },
  'gaussian-full': { name: 'gaussian-full', options: {}, label: 'Gaussian, full covariance', cost: 1 },
  'mixture-2': mixture(2),
  'mixture-4': mixture(4),
  'mixture-8': mixture(8),
  'mixture-16': mixture(16),
  'mixture-32': mixture(32),
  'mixture-64': mixture(64),
  'mixture-128': mixture(128),
  'mixture-256': mixture(256),
  // Independent of each other given the observation: a product of mixtures.
  'mixture-each-number': {
    name: 'autoregressive-mixture',
    options: { independent: true },
    label: 'mixture for each number',
    cost: 2.5,
  },
  // It knows which numbers belong together, and that lakes are independent: a control that no class is asked to reach.
  'mixture-each-lake': {
    name: 'autoregressive-mixture',
    options: { independent: true, block: 2 },
    label: 'mixture for each lake',
    cost: 2.5,
  },
  'autoregressive-mixture': {
    name: 'autoregressive-mixture',
    options: {},
    label: 'autoregressive mixture',
    cost: 2.5,
  },
  // It has no density beyond the bounds of an action, where noise leads: what is learned from is clipped to them.
  'autoregressive-bins': {
    name: 'autoregressive-categorical',
    options: {},
    label: 'autoregressive bins',
    hasDensity: false,
    cost: 2.5,
  },
  realnvp: { name: 'realnvp', options: { head: false }, label: 'RealNVP', cost: 1.5 },
  spline: { name: 'spline', options: { head: false }, label: 'spline flow', cost: 2 },
  'autoregressive-spline': {
    name: 'autoregressive-spline',
    options: { head: false },
    label: 'autoregressive spline',
    cost: 1.4,
  },
  'flow-matching-5': matching(5),
  'flow-matching-10': matching(10),
  'flow-matching-20': matching(20),
  // The mean of the data: −log N(a; μ(o), I) is half the squared error, and a constant. The mean acts.
  regression: {
    name: 'gaussian',
    options: { scale: 'fixed', initialScale: 1 },
    label: 'regression',
    greedy: true,
    hasDensity: false,
    cost: 0.8,
  },
  'two-step-regression': {
    name: 'minimal-iterative',
    options: {},
    label: 'regression in two steps',
    hasDensity: false,
    cost: 1.8,
  },
} as const satisfies Record<string, Definition>;

export type ProductPolicy = keyof typeof POLICIES;
export const productPolicies = Object.keys(POLICIES) as ProductPolicy[];

const definitionOf = (policy: ProductPolicy): Definition => POLICIES[policy];

/** A policy for lakes walked at once. */
export function makeProductPolicy(
  policy: ProductPolicy,
  task: {
    readonly observationSpace: AnySpace;
    readonly actionSpace: AnySpace;
    /** All classes have about this many, ±10 %: a flow spreads them over one small network a layer, the others have one wide one. */
    readonly parameters: number;
    /** Options that are searched. */
    readonly settings: Settings;
    readonly rng: Rng;
  },
): Policy {
  const { name, options } = definitionOf(policy);
  const { settings, ...spaces } = task;
  return makePolicy<string>(name, { ...spaces, ...options, ...settings });
}

/** Whether the class acts by its mean. */
export function isGreedy(policy: ProductPolicy): boolean {
  return definitionOf(policy).greedy === true;
}

/** Whether −log π of demonstrated actions can be compared between the class and others. */
export function hasDensity(policy: ProductPolicy): boolean {
  return definitionOf(policy).hasDensity ?? true;
}

/** A policy's name in a sentence. */
export function productLabel(policy: string): string {
  return (POLICIES as Record<string, Definition>)[policy]?.label ?? policy;
}

/** How many components a mixture of all numbers has; undefined of the other classes. */
export function componentsOf(policy: ProductPolicy): number | undefined {
  const { name, options } = definitionOf(policy);
  return name === 'mixture' ? (options.components as number) : undefined;
}

/**
 * Whether the class is run there: mixtures have from an eighth to four times as many components as there are ways, and large policies are run
 * with even numbers of lakes, which halves what they cost.
 */
export function isRun(study: ProductStudy, policy: ProductPolicy, lakes: number): boolean {
  if (study === 'products-large' && lakes % 2 === 1) return false;
  const components = componentsOf(policy);
  return components === undefined || (components >= 2 ** lakes / 8 && components <= 4 * 2 ** lakes);
}

/** Milliseconds of an update by minibatches of 256 on a quiet core, about. */
export function updateTime(policy: ProductPolicy, lakes: number, parameters: number): number {
  const outputs = (componentsOf(policy) ?? 0) * (1 + 4 * lakes);
  return 0.2 + definitionOf(policy).cost * 1.4e-5 * parameters + 1.2e-3 * outputs;
}

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

/** The questions, and their codes beside those of the lake: the same at two sizes of policies. */
export const studyCodes = { products: 'E8', 'products-large': 'E8-large' } as const;
export type ProductStudy = keyof typeof studyCodes;

export const choices = {
  studies: ['products', 'products-large'],
  policies: productPolicies,
  environments: [PRODUCT_LAKE],
  byName: ['products-large'],
} as const;

/** Of which numbers of lakes settings are the same; they were searched at the first but for the last, there at 6. */
const BANDS = { '1-2': [1, 2], '3-4': [3, 4], '5-8': [5, 6, 7, 8] } as const;

export const bandOf = (lakes: number): string =>
  Object.entries(BANDS).find(([, band]) => (band as readonly number[]).includes(lakes))![0];

/** The settings of each class, by band of lakes. */
const tuned: Tuned = {
  products: {
    [PRODUCT_LAKE]: Object.fromEntries(
      productPolicies.map((policy) => [
        policy,
        (found as Record<string, Settings>)[definitionOf(policy).settingsOf ?? policy]!,
      ]),
    ),
  },
};

/** Steps that no walk home can do without. */
const FEWEST_STEPS = 3;

export const productsSchema = z
  .strictObject({
    ...commonShape(choices, { seeds: 3, codes: studyCodes }),
    engine: engineSetting('auto'),
    lakes: z
      .array(z.int().min(1).max(8))
      .min(1)
      .refine((lakes) => new Set(lakes).size === lakes.length, 'each at most once')
      .readonly()
      .default([1, 2, 3, 4, 5, 6, 7, 8])
      .meta({ description: 'how many lakes are walked at once; each number is a condition', unit: 'lakes' }),
    demonstrations: counted(
      1000,
      'walks to learn from on one lake; on k lakes at once there are k times as many, each of all k lakes',
      'walks',
      10_000,
    ),
    heldOut: counted(2000, 'fresh walks by which likelihoods are judged', 'walks', 100_000),
    evaluationEpisodes: counted(1000, 'walks of each trained policy', 'walks', 100_000),
    parameters: z
      .strictObject({
        products: counted(18_000, 'size of every policy, ±10 %, whatever the number of lakes', 'parameters'),
        'products-large': counted(72_000, 'size of every policy in the second study', 'parameters'),
      })
      .prefault({}),
    steps: count(1e9).optional().meta({ description: 'length of a training; by default as tuned', unit: 'updates' }),
    batchSize: counted(256, 'pairs of observation and action of an update', 'pairs'),
    tuned: tunedSchema(tuned).describe(
      'settings by environment, policy and number of lakes, for both sizes; found with as many trials for each class',
    ),
  })
  .check(({ value: { batchSize, demonstrations, lakes }, issues }) => {
    const walks = demonstrations * Math.min(...lakes);
    if (batchSize <= FEWEST_STEPS * walks) return;
    const message = `at most ${FEWEST_STEPS * walks}, which ${walks} demonstrations surely hold`;
    issues.push({ code: 'custom', input: batchSize, path: ['batchSize'], message });
  });

export type ProductsConfig = z.infer<typeof productsSchema>;

/** The key of k lakes walked at once. */
export const conditionOf = (lakes: number): string => `k-${lakes}`;

/** k of the key of a condition. */
export const lakesOf = (condition: string): number => Number(condition.slice(2));

/** How a condition reads: `1 lake`, `3 lakes`. */
export function conditionLabel(condition: string): string {
  const lakes = lakesOf(condition);
  return `${lakes} lake${lakes === 1 ? '' : 's'}`;
}
