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
  /** Whether its greedy action acts, in place of a sample. */
  readonly greedy?: boolean;
  /** Relative cost of an update. */
  readonly cost: number;
}

const mixture = (components: number, cost: number): Definition => ({
  name: 'mixture',
  options: { components, head: false },
  cost,
});

/** The classes that are compared: what they are in the registry, and the options that make them what they are. */
const POLICIES = {
  gaussian: { name: 'gaussian', options: { scale: 'state' }, cost: 1 },
  'mixture-2': mixture(2, 1.1),
  'mixture-4': mixture(4, 1.15),
  'mixture-8': mixture(8, 1.2),
  'mixture-16': mixture(16, 1.5),
  realnvp: { name: 'realnvp', options: { head: false }, cost: 1.25 },
  spline: { name: 'spline', options: { head: false }, cost: 1.5 },
  'autoregressive-spline': { name: 'autoregressive-spline', options: { head: false }, cost: 1.7 },
  // The mean of the data: −log N(a; μ(o), I) is half the squared error, and a constant. The mean acts.
  regression: { name: 'gaussian', options: { scale: 'fixed', initialScale: 1 }, greedy: true, cost: 1 },
} as const satisfies Record<string, Definition>;

export type ProductPolicy = keyof typeof POLICIES;
export const productPolicies = Object.keys(POLICIES) as ProductPolicy[];

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
  const { name, options } = POLICIES[policy];
  const { settings, ...spaces } = task;
  return makePolicy<string>(name, { ...spaces, ...options, ...settings });
}

/** Whether the class acts by its mean, and is no density. */
export function isDeterministic(policy: ProductPolicy): boolean {
  return (POLICIES[policy] as Definition).greedy === true;
}

/** What an update costs relative to the Gaussian's. */
export function policyCost(policy: ProductPolicy): number {
  return POLICIES[policy].cost;
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

/** The question, and its code beside those of the lake. */
export const studyCodes = { products: 'E8' } as const;

export const choices = {
  studies: ['products'],
  policies: productPolicies,
  environments: [PRODUCT_LAKE],
} as const;

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
      .default([1, 2, 3, 4])
      .meta({ description: 'how many lakes are walked at once; each number is a condition', unit: 'lakes' }),
    demonstrations: counted(
      1000,
      'walks to learn from on one lake; on k lakes at once there are k times as many, each of all k lakes',
      'walks',
      10_000,
    ),
    heldOut: counted(2000, 'fresh walks by which likelihoods are judged', 'walks', 100_000),
    evaluationEpisodes: counted(1000, 'walks of each trained policy', 'walks', 100_000),
    parameters: counted(18_000, 'size of every policy, ±10 %, whatever the number of lakes', 'parameters'),
    steps: count(1e9).optional().meta({ description: 'length of a training; by default as tuned', unit: 'updates' }),
    batchSize: counted(256, 'pairs of observation and action of an update', 'pairs'),
    tuned: tunedSchema(found.tuned as Tuned).describe(
      'settings by study, environment and policy, the same for any number of lakes; found with as many trials for each class',
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

const LABELS: Readonly<Record<string, string>> = {
  gaussian: 'Gaussian',
  realnvp: 'RealNVP',
  spline: 'spline flow',
  'autoregressive-spline': 'autoregressive spline',
};

/** A policy's name in a sentence. */
export function productLabel(policy: string): string {
  return LABELS[policy] ?? policy.replace(/^mixture-/, 'mixture of ');
}
