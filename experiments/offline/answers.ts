import type { Answer, Remark, SummaryRow } from '../../cli/experiment/experiment.ts';
import { groupBy, withInterval } from '../../cli/experiment/summarize.ts';
import { plural, trueMinus } from '../../cli/experiment/text.ts';
import { policyBars } from '../../cli/report/answers.ts';
import { pairedDifference } from '../../cli/statistics/comparison.ts';
import { Rng } from '../../src/random.ts';
import { pairedSeeds } from '../shared/equivalenceTest.ts';
import { plainEnv } from '../shared/report.ts';
import { conditionLabel, methodLabel, methodsOf } from './config.ts';

const number = (score: number): string => trueMinus((100 * score).toFixed(1));
const UNIT = '\u00a0%';

/**
 * First where a Gaussian or a mixture surely does as well as the best flow, then where a flow is ahead of both, with the numbers of the largest gap, or, if it
 * is nowhere, where the one of them is furthest behind that does not everywhere. Of too few seeds it says so, and gives the numbers alone.
 * @param summary rows of all metrics
 */
export function answerOf(summary: readonly SummaryRow[]): Answer | undefined {
  const compared = whenNotNeeded(summary);
  if (compared.length === 0) return undefined;
  const seeds = Math.max(...compared.map((comparison) => comparison.seeds));
  const gap = largestGap(compared.filter(({ needed }) => needed));
  const behind = furthestBehind(compared);
  const shown = gap ?? behind?.comparison ?? largestGap(compared)!;
  const most =
    gap !== undefined
      ? ` A flow is furthest ahead on ${gap.where}: ${numbersOf(gap)}.`
      : behind !== undefined
        ? ` A ${NAME[behind.plain]} is furthest behind on ${behind.comparison.where}: ${numbersOf(behind.comparison)}.`
        : '';
  const text =
    seeds < FEWEST_SEEDS
      ? `Too few seeds to tell where a Gaussian or a mixture does as well as the best flow: ${seeds} of at least ${FEWEST_SEEDS}. So far, on ${shown.where}: ${numbersOf(shown)}.`
      : `${whereEnough(compared)}${most}`;
  return { text, chart: chartOf(summary, shown) };
}

const NAME = { gaussian: 'Gaussian', mixture: 'mixture' };

function whereEnough(compared: readonly Comparison[]): string {
  const counted = plainNames.flatMap((plain) => {
    const among = compared.filter((comparison) => comparison[plain] !== undefined);
    if (among.length === 0) return [];
    const [enough, others] = [true, false].map((does) => among.filter((one) => one.enough.includes(plain) === does));
    const isFew = enough!.length <= others!.length;
    const where =
      enough!.length === 0 || others!.length === 0
        ? ''
        : ` (${isFew ? placesOf(enough!) : `all but ${placesOf(others!)}`})`;
    return [{ plain, text: `on ${enough!.length} of ${plural(among.length, 'dataset')}${where}` }];
  });
  const parts = counted.map(({ plain, text }, i) =>
    i === 0 ? `A ${NAME[plain]} surely does as well as the best flow ${text}` : `a ${NAME[plain]} ${text}`,
  );
  return `${parts.join(', ')}.`;
}

const placesOf = (compared: readonly Comparison[]): string => compared.map(({ where }) => where).join('; ');

/** A Gaussian and a mixture, those that there are, the better one first. */
const plainOf = ({ gaussian, mixture }: Comparison): SummaryRow[] =>
  [gaussian, mixture].filter((row) => row !== undefined).sort((a, b) => b.iqm! - a.iqm!);

/** The one in which the flow is furthest ahead of the better of the others, or least behind it. */
function largestGap(compared: readonly Comparison[]): Comparison | undefined {
  const lead = (comparison: Comparison) => comparison.flow.iqm! - plainOf(comparison)[0]!.iqm!;
  return [...compared].sort((a, b) => lead(b) - lead(a))[0];
}

/** Where a flow is most ahead of a plain class that does not do as well, surely, and of which. */
function furthestBehind(compared: readonly Comparison[]) {
  const found = compared.flatMap((comparison) =>
    comparison.behind
      .filter((plain) => !comparison.enough.includes(plain))
      .map((plain) => ({ comparison, plain, lead: comparison.flow.iqm! - comparison[plain]!.iqm! })),
  );
  return found.sort((a, b) => b.lead - a.lead)[0];
}

function numbersOf(comparison: Comparison): string {
  const told = [comparison.flow, ...plainOf(comparison)].map(
    (row) => `${methodLabel(row.policy)} ${withInterval(row, number, UNIT)}`,
  );
  return `${told.join(', ')} (0${UNIT} is random, 100${UNIT} the expert)`;
}

function chartOf(summary: readonly SummaryRow[], { study, env, condition }: Comparison): NonNullable<Answer['chart']> {
  const own = summary.filter(
    (row) => row.study === study && row.env === env && row.condition === condition && row.metric === 'score',
  );
  return {
    caption: `normalized score, sampled or greedy, ${study === 'cloning' ? 'cloning ' : ''}${conditionLabel(condition)}, ${plainEnv(env)}`,
    most: 1,
    bars: policyBars(own, {
      policies: methodsOf(study),
      format: (score) => `${number(score)}${UNIT}`,
      label: methodLabel,
    }),
  };
}

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

const plainNames = ['gaussian', 'mixture'] as const;
type Plain = (typeof plainNames)[number];

/** Environments whose action is one number: an affine flow is a Gaussian there, and no flow to compare with one. */
const ONE_NUMBER: readonly string[] = ['Pendulum-v1'];
const isAffine = (policy: string): boolean => policy.endsWith('realnvp');

/** Fewer seeds say nothing for sure. */
const FEWEST_SEEDS = 10;

/** So much less of a normalized score does not matter. */
const SAME = 0.05;

/** Who does as well as the best flow, on one dataset. */
interface Comparison {
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
function whenNotNeeded(summary: readonly SummaryRow[]): Comparison[] {
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

/** From here on both of two banks are said to be kept: of what remains, one has 18 % or more. */
const BOTH = 1.6;
/** A walker that drowns more often keeps nothing. */
const DROWNED = 0.1;

/**
 * Which methods keep both banks of a lake whose banks pay the same, and get home. Nothing of a run that has no such data.
 * @param summary rows of all metrics
 */
export function modesRemark(summary: readonly SummaryRow[]): Remark[] {
  const even = summary.filter(({ condition, iqm }) => ['two-experts', 'medium'].includes(condition!) && iqm !== null);
  const groups = groupBy(
    even.filter(({ metric }) => metric === 'modes' || metric === 'drowned'),
    ({ study, env, condition }) => JSON.stringify([study, env, condition]),
  );
  const found = [...groups.values()].flatMap((own) => {
    const { study, env, condition } = own[0]!;
    const value = (policy: string, metric: string) =>
      own.find((row) => row.policy === policy && row.metric === metric)?.iqm;
    const policies = [...new Set(own.map(({ policy }) => policy))];
    const kept = policies.filter(
      (policy) => (value(policy, 'modes') ?? 0) >= BOTH && (value(policy, 'drowned') ?? 1) <= DROWNED,
    );
    const who = kept.map(methodLabel).join(', ');
    const where = `${study === 'cloning' ? 'cloning ' : ''}${conditionLabel(condition!)}, ${plainEnv(env)}`;
    return [`on ${where}: ${kept.length === 0 ? 'none' : who}`];
  });
  if (found.length === 0) return [];
  const seeds = Math.max(...even.map(({ perSeed }) => perSeed.filter((value) => value !== null).length));
  const answer =
    seeds < FEWEST_SEEDS
      ? `Too few seeds to tell: ${seeds} of at least ${FEWEST_SEEDS}. So far, ${found.join('; ')}.`
      : found.map((part) => `O${part.slice(1)}.`).join(' ');
  return [
    {
      question: 'Who keeps both banks where both pay the same, and drowns in at most 10 % of the walks?',
      answer,
    },
  ];
}
