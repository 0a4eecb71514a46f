import { encode } from 'fast-png';
import type { LegendEntry } from '../../cli/experiment/experiment.ts';
import { themeColour } from '../../envs/drawing/palette.ts';

const RAMP = themeColour('ink');

/** The legend of {@link densityImage}s: from nothing to the peak that all panels share. */
export function densityLegend(peak: number): LegendEntry[] {
  const stops = [0, 0.25, 0.5, 0.75, 1].map(
    (opacity) => `<stop offset="${opacity ** 2}" stop-color="${RAMP}" stop-opacity="${opacity}"/>`,
  );
  return [
    {
      label: `density, from 0 to ${Number(peak.toPrecision(2))}, in all panels alike`,
      swatch:
        `<svg aria-hidden="true" width="96" height="10"><defs><linearGradient id="ramp">${stops.join('')}</linearGradient></defs>` +
        `<rect width="96" height="10" fill="url(#ramp)" stroke="${themeColour('faint')}"/></svg>`,
    },
  ];
}

/** {@link inkImage} with opacities by the square root, so that what is broad is seen beside what is sharp. */
export function densityImage(
  { size, density }: { readonly size: number; readonly density: readonly number[] },
  peak: number,
): string {
  return inkImage({ size, density: density.map(Math.sqrt) }, Math.sqrt(peak));
}

/**
 * A density on a square grid as a picture: black, as opaque as it is dense. `#ink` says that the page may turn it white.
 * @param density row by row from the lowest
 * @param peak the density that is opaque; so is a higher one
 */
export function inkImage(
  { size, density }: { readonly size: number; readonly density: readonly number[] },
  peak: number,
): string {
  const data = new Uint8Array(2 * size * size);
  density.forEach((value, i) => {
    const row = size - 1 - Math.floor(i / size);
    data[2 * (row * size + (i % size)) + 1] = Math.round(255 * Math.min(1, value / peak));
  });
  const png = encode({ width: size, height: size, data, channels: 2, depth: 8 });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}#ink`;
}
