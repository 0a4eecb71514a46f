import { bounded, type Criteria } from '../../../harness/conclusion.ts';
import { equivalentRows } from '../../../harness/equivalentRows.ts';
import type { SummaryRow } from '../../../harness/experiment.ts';
import { percent } from '../../shared/percent.ts';

const TWO_MODES = ['mixture-2', 'mixture', 'spline'] as const;

/** Who commits gets home at most so often where the bank is blocked. */
const NEVER = 0.1;
/** A policy with two modes gets home so often within eight tries, … */
const SURE = 0.9;
/** … and so often against an opponent: its lesser bank is then as even as E2 and E6 ask for. */
const EVEN = 0.35;
/** The largest difference that does not matter between success and what the walks of the open lake let expect. */
const SAME_SHARE = 0.05;

const points = (value: number) => `${value < 0 ? '−' : '+'}${percent(Math.abs(value))}`;

/** The claims about a blocked bank, and about an opponent on the lake. */
export function blockedCriteria(rows: readonly SummaryRow[]): Criteria {
  const of = (policy: string, metric: string) => rows.find((row) => row.policy === policy && row.metric === metric);
  const commits = (metric: string, what: string) =>
    bounded(of('gaussian', metric), { label: `gaussian, ${what}`, atMost: NEVER, format: percent });
  const keepsBoth = (metric: string, what: string, atLeast: number) =>
    TWO_MODES.map((policy) => bounded(of(policy, metric), { label: `${policy}, ${what}`, atLeast, format: percent }));
  return [
    commits('success1', 'worst bank, 1 try'),
    commits('success8', 'worst bank, 8 tries'),
    ...TWO_MODES.map((policy) =>
      equivalentRows(of(policy, 'success1'), of(policy, 'lesserHome'), {
        label: `${policy}, worst bank, 1 try − home by the bank used less`,
        bound: SAME_SHARE,
        format: points,
      }),
    ),
    ...keepsBoth('success8', 'worst bank, 8 tries', SURE),
    commits('opponentHome', 'opponent, home'),
    ...keepsBoth('opponentHome', 'opponent, home', EVEN),
  ];
}
