import { themeColour } from '../../../../envs/drawing/palette.ts';
import type { LegendEntry } from '../../../harness/experiment.ts';
import { OPACITY } from './valueFigure.ts';

/** The legend of value figures that have these bounds. */
export function valueLegend([low, high]: readonly [low: number, high: number]): LegendEntry[] {
  const ink = themeColour('ink');
  return [
    {
      label: `V from ${low.toFixed(1).replace('-', '−')} (and less) to ${high.toFixed(1)}`,
      swatch:
        '<svg aria-hidden="true" width="96" height="10"><defs><linearGradient id="values">' +
        `<stop stop-color="${ink}" stop-opacity="0"/><stop offset="1" stop-color="${ink}" stop-opacity="${OPACITY}"/></linearGradient></defs>` +
        `<rect width="96" height="10" fill="url(#values)" stroke="${themeColour('faint')}"/></svg>`,
    },
    {
      label: 'headings of the soft optimum',
      swatch: `<svg aria-hidden="true" width="24" height="10" viewBox="0 0 24 10"><path d="M2 5q14-5 20-3q-6 3-20 3q14 0 20 3q-6 2-20-3z" fill="${ink}"/></svg>`,
    },
  ];
}
