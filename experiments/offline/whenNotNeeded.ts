import { groupBy } from '../../cli/experiment/collections.ts';
import type { SummaryRow } from '../../cli/experiment/experiment.ts';
import { pairedDifference, pairedSeeds } from '../../cli/statistics/comparison.ts';
import { Rng } from '../../src/random.ts';
import { plainEnv } from '../shared/plainEnv.ts';
import { conditionLabel } from './conditionLabel.ts';

/**
 * What is compared in each study: every flow, exact or by flow matching, and the plain classes that may do as well. What a flow may do, a plain
 * class may: be the best of 32, say.
 */
const SIDES: Readonly<Record<string, { readonly flows: readonly string[] } & Record<Plain, readonly string[]>>> = {
  cloning: {
    flows: ['realnvp', 'spline', 'flow-matching'],
    gaussian: ['gaussian', 'regression'],
    mixture: ['mixture'],
  },
  offline: {
    flows: ['iql-realnvp', 'iql-spline', 'fql', 'nf-rlbc-spline', 'best-of-flow-matching'],
    gaussian: ['td3-bc', 'iql-gaussian', 'nf-rlbc-gaussian', 'best-of-gaussian'],
    mixture: ['iql-mixture'],
  },
};

export const plainNames = ['gaussian', 'mixture'] as const;
export type Plain = (typeof plainNames)[number];

/** Environments whose action is one number: an affine flow is a Gaussian there, and no flow to compare with one. */
const ONE_NUMBER: readonly string[] = ['Pendulum-v1'];
const isAffine = (policy: string): boolean => policy.endsWith('realnvp');

/** Fewer seeds say nothing for sure. */
export const FEWEST_SEEDS = 10;

/** So much less of a normalized score does not matter. */
const SAME = 0.05;

/** Who does as well as the best flow, on one dataset. */
export interface Comparison {
  /** `cloning one expert, LakeStride-v0` */
  readonly where: string;
  readonly study: string;
  readonly env: string;
  readonly condition: string;
  /** The flow with the highest score. */
  readonly flow: SummaryRow;
  /** The best of the Gaussians, and of the mixtures; undefined where the run has none. */
  readonly gaussian: SummaryRow | undefined;
  readonly mixture: SummaryRow | undefined;
  /** By how many seeds they are compared. */
  readonly seeds: number;
  /** Those of them that are surely not behind it by more than 5 %; none by fewer than {@link FEWEST_SEEDS} seeds, or where one is missing. */
  readonly enough: readonly Plain[];
  /** Those that the flow is surely ahead of. */
  readonly behind: readonly Plain[];
  /** Whether none of them does as well, and the flow is surely ahead of all of them. */
  readonly needed: boolean;
}

/**
 * On each dataset the best flow, and what a Gaussian and a mixture do beside it, each by the better of its samples and greedy actions. A plain
 * class does as well if the 95 % interval of the difference, over pairs of seeds, is above −5 % of the way from random to the expert; a flow is
 * needed if none does, and all of it is below 0 for each.
 * @param summary rows of all metrics
 */
export function whenNotNeeded(summary: readonly SummaryRow[]): Comparison[] {
  const measured = summary.filter(({ iqm, condition }) => iqm !== null && condition !== undefined);
  const groups = groupBy(measured, ({ study, env, condition }) => JSON.stringify([study, env, condition]));
  return [...groups.values()].flatMap((own): Comparison[] => {
    const { study, env, condition } = own[0]!;
    const { flows, gaussian, mixture } = SIDES[study]!;
    const flow = bestOf(own, ONE_NUMBER.includes(env) ? flows.filter((policy) => !isAffine(policy)) : flows);
    const plain = { gaussian: bestOf(own, gaussian), mixture: bestOf(own, mixture) };
    if (flow === undefined || (plain.gaussian ?? plain.mixture) === undefined) return [];
    const seeds = Math.max(...own.map(({ perSeed }) => perSeed.filter((score) => score !== null).length));
    const isSure = (a: SummaryRow | undefined, b: SummaryRow | undefined, lead: number) =>
      seeds >= FEWEST_SEEDS && a !== undefined && b !== undefined && leads(a, b, lead);
    const there = plainNames.filter((name) => plain[name] !== undefined);
    const enough = there.filter((name) => isSure(plain[name], flow, -SAME));
    const behind = there.filter((name) => isSure(flow, plain[name], 0));
    const needed = enough.length === 0 && behind.length === there.length;
    const where = `${study === 'cloning' ? 'cloning ' : ''}${conditionLabel(condition!)}, ${plainEnv(env)}`;
    return [{ where, study, env, condition: condition!, flow, ...plain, seeds, enough, behind, needed }];
  });
}

/**
 * Whether the 95 % interval of a − b over pairs of seeds is above `lead`. Where a seed is missing, as where a training diverged, nothing is sure:
 * the seeds that are left would flatter the method.
 */
function leads(a: SummaryRow, b: SummaryRow, lead: number): boolean {
  const { x, y } = pairedSeeds(a, b);
  if (x.length === 0 || x.length < a.perSeed.length) return false;
  const { low } = pairedDifference(x, y, { rng: new Rng('lead') });
  return low !== null && low >= lead;
}

/** The one with the highest score, of those that have one for every seed if there are such: where a training diverged the others flatter it. */
function bestOf(rows: readonly SummaryRow[], policies: readonly string[]): SummaryRow | undefined {
  const own = rows.filter((row) => row.metric === 'score' && policies.includes(row.policy));
  const whole = own.filter(({ perSeed }) => !perSeed.includes(null));
  const among = whole.length > 0 ? whole : own;
  return among.length === 0 ? undefined : among.reduce((a, b) => (b.iqm! > a.iqm! ? b : a));
}
