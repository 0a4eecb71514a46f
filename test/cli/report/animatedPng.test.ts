import { decodeApng } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { animatedPng } from '../../../cli/report/animatedPng.ts';

/** A square of 10 on paper of 40 × 20. */
const drawing = (x: number, y: number, colour: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><rect x="${x}" y="${y}" width="10" height="10" fill="${colour}"/></svg>`;

describe('animatedPng', () => {
  it('has every drawing, pixel by pixel, of those behind the first only what has changed', async () => {
    const places = [
      [0, 0],
      [10, 10],
      [10, 10],
      [30, 0],
    ] as const;
    const file = await animatedPng(
      places.map(([x, y]) => drawing(x, y, '#f00')),
      { framesPerSecond: 10, width: 40 },
    );
    const { frames, width, height, numberOfFrames } = decodeApng(file);
    expect([width, height, numberOfFrames]).toEqual([40, 20, 4]);
    expect(frames.map(({ delayNumber, delayDenominator }) => delayNumber / delayDenominator)).toEqual([
      0.1, 0.1, 0.1, 1.1,
    ]);
    const shown = new Uint8Array(4 * width * height);
    frames.forEach(({ data }, i) => {
      // The decoder leaves clear what a frame does not hold.
      for (let j = 0; j < shown.length; j += 4) if (data[j + 3] !== 0) shown.set(data.slice(j, j + 4), j);
      const [left, top] = places[i]!;
      for (let y = 0; y < 20; y++) {
        for (let x = 0; x < 40; x++) {
          const isInside = x >= left && x < left + 10 && y >= top && y < top + 10;
          const colour = [...shown.slice(4 * (40 * y + x), 4 * (40 * y + x) + 4)];
          expect(colour, `${i}: ${x}, ${y}`).toEqual(isInside ? [255, 0, 0, 255] : [255, 255, 255, 255]);
        }
      }
    });
  });

  it('draws the colours of the palette, on light paper, and is as wide as is asked for', async () => {
    const file = await animatedPng([drawing(0, 0, 'var(--ink)')], { framesPerSecond: 10, width: 80 });
    const { width, height, frames } = decodeApng(file);
    expect([width, height]).toEqual([80, 40]);
    expect(frames[0]!.data[0]).toBeLessThan(60);
  });
});
