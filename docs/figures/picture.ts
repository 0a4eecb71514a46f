import { decode, encode } from 'fast-png';
import { startChromium } from '../../scripts/chromium.ts';
import { fingerprint } from '../../src/index.ts';

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
