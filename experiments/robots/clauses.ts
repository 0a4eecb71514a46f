import {
  type Conclusion,
  type Criterion,
  concludeClauses,
  DECIDING_SEEDS,
  pairedSeeds,
} from '../../cli/experiment/conclusion.ts';
import type { SummaryRow } from '../../cli/experiment/experiment.ts';
import { plural } from '../../cli/experiment/text.ts';
import { equivalentRows } from '../shared/equivalentRows.ts';
import { plainEnv } from '../shared/plainEnv.ts';
import { agentLabel } from '../shared/scored/agentLabel.ts';
import { ofCell } from '../shared/scored/cell.ts';
import { cells, choices } from './cells.ts';

const question = 'Does a flow or a mixture in the Gaussian’s place change what robots learn?';

/** Fixed on 2026-11-28, before any run, and not changed since. On 2026-11-27 it also had "or the flow within 10 % below", which is left out. */
const prediction =
  'No class wins: greedy returns of mixture, RealNVP and spline are within ±10 % of the Gaussian’s, by PPO and by SAC, on HalfCheetah, Hopper and Walker2d';

const GAUSSIAN = 'gaussian';
/** The difference that does not matter, as a share of the Gaussian's return. */
const SAME = 0.1;

interface Comparison {
  /** `a spline by PPO on Hopper-v5` */
  readonly name: string;
  readonly criterion: Criterion;
  /** How many seeds have both. */
  readonly pairs: number;
  /** Whether its interquartile mean is above the Gaussian's. */
  readonly isAbove: boolean;
}

/** Each class beside the Gaussian, by greedy returns, wherever both were trained. */
function comparisons(summary: readonly SummaryRow[]): Comparison[] {
  const asked = cells.filter(({ env }) => !choices.byName.some((name) => name === env));
  return asked.flatMap((cell) => {
    const rows = ofCell(cell, summary).filter(({ metric, iqm }) => metric === 'greedyReturn' && iqm !== null);
    const gaussian = rows.find(({ policy }) => policy === GAUSSIAN);
    if (gaussian === undefined) return [];
    const where = `${agentLabel(cell.study)} on ${plainEnv(cell.env)}`;
    return rows.flatMap((row) => {
      if (row === gaussian) return [];
      const criterion = equivalentRows(row, gaussian, {
        label: `${row.policy} − ${GAUSSIAN}, ${where}`,
        bound: SAME * Math.abs(gaussian.iqm!),
        format: (value) => value.toFixed(0),
      });
      if (criterion === undefined) return [];
      const pairs = pairedSeeds(row, gaussian).x.length;
      const judged =
        pairs < DECIDING_SEEDS ? { ...criterion, holds: undefined, note: `${pairs} seeds decide nothing` } : criterion;
      return [{ name: `${row.policy} by ${where}`, criterion: judged, pairs, isAbove: row.iqm! > gaussian.iqm! }];
    });
  });
}

/** What became of the prediction. @param summary rows of all metrics */
export function concludeRobots(summary: readonly SummaryRow[]): Conclusion {
  const compared = comparisons(summary);
  const answer = answerOf(compared);
  return concludeClauses(
    { question, prediction, ...(answer && { answer }) },
    compared.map(({ criterion }) => criterion),
    Math.max(0, ...compared.map(({ pairs }) => pairs)),
  );
}

function answerOf(compared: readonly Comparison[]): Conclusion['answer'] {
  if (compared.length === 0) return undefined;
  const which = (holds: Criterion['holds']) => compared.filter(({ criterion }) => criterion.holds === holds);
  const [same, apart, open] = [which(true), which(false), which(undefined)];
  const list = (side: readonly Comparison[]) => side.map(({ name }) => name).join('; ');
  const above = apart.filter(({ isAbove }) => isAbove);
  const below = apart.filter(({ isAbove }) => !isAbove);
  const rest = [
    ...(above.length > 0 ? [`Ahead: ${list(above)}.`] : []),
    ...(below.length > 0 ? [`Behind: ${list(below)}.`] : []),
    ...(open.length > 0 ? [`Not decided: ${list(open)}.`] : []),
  ];
  const text = `Of ${plural(compared.length, 'comparison')} with the Gaussian, ${same.length} are within ±10 % of its greedy return.`;
  return { text: [text, ...rest].join(' ') };
}
