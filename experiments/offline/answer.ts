import type { Answer, SummaryRow } from '../../cli/experiment/experiment.ts';
import { withInterval } from '../../cli/experiment/summarize.ts';
import { plural, trueMinus } from '../../cli/experiment/text.ts';
import { policyBars } from '../../cli/report/answers.ts';
import { plainEnv } from '../shared/plainEnv.ts';
import { conditionLabel } from './conditionLabel.ts';
import { methodLabel } from './methodLabel.ts';
import { methodsOf } from './methods.ts';
import { type Comparison, FEWEST_SEEDS, plainNames, whenNotNeeded } from './whenNotNeeded.ts';

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
