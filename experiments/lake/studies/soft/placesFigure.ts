import type { TopLevelSpec } from 'vega-lite';
import { themeColour } from '../../../../envs/drawing/palette.ts';
import { lineColours } from '../../../harness/report/lineColours.ts';
import { policyNames } from '../../shared/lakePolicies.ts';

/** KL at a place of a line about the start. */
export interface PlaceKl {
  /** Where on the line, lengths. */
  readonly at: number;
  /** Nats. */
  readonly kl: number;
}

/** Lines are cut above this, nats. */
export const MOST_KL = 4;

/** KL along a line about the start: trained policies in their colours, and the best Gaussian at each place, dashed. */
export function placesFigure(
  title: string,
  measured: readonly (PlaceKl & { readonly policy: string })[],
  best: readonly PlaceKl[],
): TopLevelSpec {
  const x = { field: 'at', type: 'quantitative', title, scale: { nice: false, zero: false }, axis: { grid: false } };
  const y = { field: 'kl', type: 'quantitative', title: 'KL, nats', scale: { domain: [0, MOST_KL], nice: false } };
  return {
    width: 'container',
    height: 200,
    layer: [
      {
        data: { values: best },
        mark: { type: 'line', strokeDash: [5, 4], strokeWidth: 1.5, color: themeColour('ink'), clip: true },
        encoding: { x, y },
      },
      {
        data: { values: measured },
        mark: { type: 'line', strokeWidth: 1.6, clip: true },
        encoding: { x, y, color: lineColours(policyNames, new Set(measured.map(({ policy }) => policy))) },
      },
    ],
  } as unknown as TopLevelSpec;
}
