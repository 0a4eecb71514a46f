import { formatHex, type Oklch } from 'culori';
import { resolveColours, type Theme } from '../../envs/drawing/palette.ts';

/** How light a hue is, and how far from grey: a contrast of at least 3 to the paper of its theme. */
const TONES = { light: { l: 0.58, c: 0.15 }, dark: { l: 0.74, c: 0.13 } } as const;

/** A colour of the circle of hues, degrees, for what stands for no policy: in a file it becomes that of the file's theme. */
export function hue(degrees: number): string {
  return `var(--hue-${degrees})`;
}

/** The drawing with the colours of one theme. */
export function coloured(drawing: string, theme: Theme): string {
  const hued = drawing.replace(/var\(--hue-([\d.]+)\)/g, (_, degrees) => {
    const colour: Oklch = { mode: 'oklch', ...TONES[theme], h: Number(degrees) };
    return formatHex(colour);
  });
  return resolveColours(hued, theme);
}
