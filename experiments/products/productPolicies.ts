import type { Settings } from '../../cli/experiment/tuned.ts';
import { makePolicy, type Policy, type Rng } from '../../src/index.ts';
import type { AnySpace } from '../../src/policies/spaces.ts';

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
