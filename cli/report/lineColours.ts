import { policyColours } from '../../envs/drawing/palette.ts';

/** Characters: two longer names do not fit side by side on a phone. */
const LONG_NAME = 16;

/**
 * The colour of lines by the field `policy`, with a legend below the chart.
 *
 * @param policies the experiment's full list, which fixes the colours.
 * @param present those that the chart shows.
 */
export function lineColours(policies: readonly string[], present: ReadonlySet<string>) {
  const { domain, range } = policyColours(policies);
  const shown = domain.map((policy, i) => ({ policy, colour: range[i]! })).filter(({ policy }) => present.has(policy));
  return {
    field: 'policy',
    type: 'nominal',
    scale: { domain: shown.map(({ policy }) => policy), range: shown.map(({ colour }) => colour) },
    legend: {
      title: null,
      orient: 'bottom',
      columns: shown.some(({ policy }) => policy.length > LONG_NAME) ? 1 : 2,
      symbolType: 'stroke',
      symbolStrokeWidth: 3,
      symbolOpacity: 1,
    },
  } as const;
}
