import { formatHex, type Oklch } from 'culori';
import { decode, encode } from 'fast-png';
import { resolveColours, type Theme } from '../../envs/drawing/palette.ts';
import { startChromium } from '../../scripts/chromium.ts';
import { fingerprint } from '../../src/index.ts';

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

/** The keyword under which a picture says of which drawing it is. */
const SOURCE = 'Source';

/** A drawing as a PNG, as Chromium shows it. Letters are those of the machine; {@link drawingOf} tells the drawing, whatever its pixels. */
export async function pictureOf(
  svg: string,
  { width, height }: { width: number; height: number },
): Promise<Uint8Array> {
  const browser = await startChromium();
  try {
    const page = await browser.newPage({ viewport: { width, height } });
    await page.setContent(`<body style="margin: 0">${svg}`);
    const { data, channels, depth } = decode(await page.screenshot());
    return encode({ width, height, data, channels, depth, text: { [SOURCE]: fingerprint([svg]) } });
  } finally {
    await browser.close();
  }
}

/** Whether a PNG of {@link pictureOf} is of this drawing. */
export function isPictureOf(png: Uint8Array, svg: string): boolean {
  return decode(png).text[SOURCE] === fingerprint([svg]);
}
