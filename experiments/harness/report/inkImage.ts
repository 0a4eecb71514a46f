import { encode } from 'fast-png';
import { themeColour } from '../../../envs/drawing/palette.ts';
import type { LegendEntry } from '../experiment.ts';

const RAMP = themeColour('ink');

/** The legend of {@link inkImage}s: from nothing to a panel's own peak. */
export const inkLegend: readonly LegendEntry[] = [
  {
    label: 'density, from 0 to the panel’s peak',
    swatch:
      '<svg aria-hidden="true" width="96" height="10"><defs><linearGradient id="ramp">' +
      `<stop stop-color="${RAMP}" stop-opacity="0"/><stop offset="1" stop-color="${RAMP}"/></linearGradient></defs>` +
      `<rect width="96" height="10" fill="url(#ramp)" stroke="${themeColour('faint')}"/></svg>`,
  },
];

/**
 * A density on a square grid as a picture: black, as opaque as it is dense. `#ink` says that the page may turn it white.
 * @param density row by row from the lowest
 * @param peak the density that is opaque, by default the highest
 */
export function inkImage(
  { size, density }: { readonly size: number; readonly density: readonly number[] },
  peak = Math.max(...density),
): string {
  const data = new Uint8Array(2 * size * size);
  density.forEach((value, i) => {
    const row = size - 1 - Math.floor(i / size);
    data[2 * (row * size + (i % size)) + 1] = Math.round((255 * value) / peak);
  });
  const png = encode({ width: size, height: size, data, channels: 2, depth: 8 });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}#ink`;
}
