import { encode } from 'fast-png';
import { PIXELS, SIDE } from './digits.ts';

const GAP = 2;

/** Digits side by side in rows, white on black, as SVG that holds one bitmap. */
export function digitSheet(digits: Uint8Array, columns: number): string {
  const count = digits.length / PIXELS;
  const cell = SIDE + GAP;
  const width = columns * cell - GAP;
  const height = Math.ceil(count / columns) * cell - GAP;
  // Grey and opacity: between digits the page shows.
  const data = new Uint8Array(2 * width * height);
  for (let i = 0; i < count; i++) {
    const [left, top] = [(i % columns) * cell, Math.floor(i / columns) * cell];
    for (let pixel = 0; pixel < PIXELS; pixel++) {
      const at = 2 * ((top + Math.floor(pixel / SIDE)) * width + left + (pixel % SIDE));
      data[at] = digits[i * PIXELS + pixel]!;
      data[at + 1] = 255;
    }
  }
  const png = Buffer.from(encode({ width, height, data, channels: 2, depth: 8 })).toString('base64');
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">` +
    `<image width="${width}" height="${height}" href="data:image/png;base64,${png}"/></svg>`
  );
}

/** Digits as {@link Pictures} hold them. */
export function digitBytes(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}
