import { bounded, type Criteria, type Criterion } from '../../cli/experiment/conclusion.ts';
import type { SummaryRow } from '../../cli/experiment/experiment.ts';
import { trueMinus } from '../../cli/experiment/text.ts';
import { conditionLabel, conditionOf } from './conditions.ts';

export const question =
  'Which classes of policies keep 2ᵏ ways open, where k lakes are walked at once: is a number of components needed that grows with the ways?';

/** Fixed on 2026-11-27, before any run, and not changed since. */
export const prediction =
  'Gaussian ≥ 1 − 0.65ᵏ; mixture of 2ᵏ′ components fails where k > k′ (≥ 20 %); RealNVP, spline, autoregressive spline and flow matching ≤ 5 %·k with the ' +
  'same settings at every k (share of walks that drown in any lake)';

/** The numbers of lakes that the prediction is about. */
export const PREDICTED_LAKES = [1, 2, 3, 4] as const;

interface Clause {
  /** As the prediction has it. */
  readonly words: string;
  readonly policy: string;
  readonly lakes: readonly number[];
  /** Where the share of walks that drown lies, by the prediction. */
  bounds(lakes: number): { readonly atLeast: number } | { readonly atMost: number };
}

const power = (base: number, exponent: number): number =>
  Array<number>(exponent)
    .fill(base)
    .reduce((a, b) => a * b, 1);

/** The prediction, a clause for each class that it names. The classes that the run does not have are left out of the verdict. */
const clauses: readonly Clause[] = [
  {
    words: 'Gaussian ≥ 1 − 0.65ᵏ',
    policy: 'gaussian',
    lakes: PREDICTED_LAKES,
    bounds: (lakes) => ({ atLeast: 1 - power(0.65, lakes) }),
  },
  ...[1, 2, 3].map(
    (enough): Clause => ({
      words: `mixture of ${2 ** enough} components fails where k > ${enough} (≥ 20 %)`,
      policy: `mixture-${2 ** enough}`,
      lakes: PREDICTED_LAKES.filter((lakes) => lakes > enough),
      bounds: () => ({ atLeast: 0.2 }),
    }),
  ),
  ...(
    [
      ['RealNVP', 'realnvp'],
      ['spline', 'spline'],
      ['autoregressive spline', 'autoregressive-spline'],
      ['flow matching', 'flow-matching'],
    ] as const
  ).map(
    ([name, policy]): Clause => ({
      words: `${name} ≤ 5 %·k with the same settings at every k`,
      policy,
      lakes: PREDICTED_LAKES,
      bounds: (lakes) => ({ atMost: 0.05 * lakes }),
    }),
  ),
];

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/**
 * Each clause by the 95 % intervals at every number of lakes that it speaks of: it holds where all of them lie within its bounds, it does not where one
 * lies beyond, and else is not decided.
 * @param rows of the share of walks that drown in any lake
 */
export function clausesOf(rows: readonly SummaryRow[]): Criteria {
  return clauses.map(({ words, policy, lakes, bounds }): Criterion | undefined => {
    const own = rows.filter((row) => row.policy === policy);
    if (own.length === 0) return undefined;
    const judged = lakes.map((count) => {
      const row = own.find(({ condition }) => condition === conditionOf(count));
      const label = conditionLabel(conditionOf(count));
      if (row === undefined) return { text: `${label}: not run`, holds: undefined };
      return bounded(row, { label, format: percent, ...bounds(count) });
    });
    const marked = judged.map(({ text, holds }) =>
      holds === true ? text : `${text} (${holds === false ? 'missed' : 'open'})`,
    );
    const missed = judged.some(({ holds }) => holds === false);
    return {
      text: trueMinus(`${words}: ${marked.join('; ')}`),
      holds: missed ? false : judged.every(({ holds }) => holds === true) || undefined,
    };
  });
}
