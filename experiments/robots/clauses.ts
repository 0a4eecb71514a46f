import type { Conclusion, SummaryRow } from '../../cli/experiment/experiment.ts';
import { plural } from '../../cli/experiment/text.ts';
import { equivalenceTest, pairedSeeds } from '../../cli/statistics/comparison.ts';
import { Rng } from '../../src/random.ts';
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
/** Fewer pairs of seeds decide nothing. */
const FEWEST_PAIRS = 10;

/** A class beside the Gaussian, by greedy returns. */
interface Comparison {
  /** `a spline by PPO on Hopper-v5` */
  readonly name: string;
  readonly verdict: 'same' | 'ahead' | 'behind' | 'open';
}

/** Each class beside the Gaussian, wherever both were trained. */
function comparisons(summary: readonly SummaryRow[]): Comparison[] {
  const asked = cells.filter(({ env }) => !choices.byName.some((name) => name === env));
  return asked.flatMap((cell) => {
    const rows = ofCell(cell, summary).filter(({ metric, iqm }) => metric === 'greedyReturn' && iqm !== null);
    const gaussian = rows.find(({ policy }) => policy === GAUSSIAN);
    if (gaussian === undefined) return [];
    return rows
      .filter((row) => row !== gaussian)
      .map((row) => {
        const name = `${row.policy} by ${agentLabel(cell.study)} on ${plainEnv(cell.env)}`;
        const { x, y } = pairedSeeds(row, gaussian);
        if (x.length < FEWEST_PAIRS) return { name, verdict: 'open' };
        const bound = SAME * Math.abs(gaussian.iqm!);
        const { verdict } = equivalenceTest(x, y, { bound, rng: new Rng('equivalence') });
        if (verdict !== 'different') return { name, verdict: verdict === 'equivalent' ? 'same' : 'open' };
        return { name, verdict: row.iqm! > gaussian.iqm! ? 'ahead' : 'behind' };
      });
  });
}

/** What came of the question. @param summary rows of all metrics */
export function concludeRobots(summary: readonly SummaryRow[]): Conclusion {
  const compared = comparisons(summary);
  if (compared.length === 0) return { question, prediction };
  const list = (label: string, wanted: Comparison['verdict']) => {
    const names = compared.filter(({ verdict }) => verdict === wanted).map(({ name }) => name);
    return names.length === 0 ? [] : [`${label}: ${names.join('; ')}.`];
  };
  const same = compared.filter(({ verdict }) => verdict === 'same').length;
  const text = `Of ${plural(compared.length, 'comparison')} with the Gaussian, ${same} are within ±10 % of its greedy return.`;
  const rest = [...list('Ahead', 'ahead'), ...list('Behind', 'behind'), ...list('Not decided', 'open')];
  return { question, prediction, answer: { text: [text, ...rest].join(' ') } };
}
