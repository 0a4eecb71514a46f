import { CELLS } from './flowProtocol.ts';
import type { Colours } from './lakeCanvas.ts';

/** A place that is looked at, with the circle about it in which points are counted. */
export interface Spot {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** The darker, the denser, up to its peak; over [−extent, extent]². */
export function drawFlowDensity(
  context: CanvasRenderingContext2D,
  size: number,
  colours: Colours,
  density: Float32Array,
): void {
  context.clearRect(0, 0, size, size);
  context.drawImage(picture(density, colours.ink), 0, 0, size, size);
  frame(context, size, colours);
}

/** Points of the plane, over [−extent, extent]². */
export function drawPoints(
  context: CanvasRenderingContext2D,
  size: number,
  colours: Colours,
  points: Float32Array,
  extent: number,
): void {
  context.clearRect(0, 0, size, size);
  context.fillStyle = colours.ink;
  const at = (value: number) => (0.5 + (0.5 * value) / extent) * size;
  for (let i = 0; i < points.length; i += 2) context.fillRect(at(points[i]!) - 1, at(-points[i + 1]!) - 1, 2, 2);
  frame(context, size, colours);
}

/** The circle about a place, with a ring that stands out on any ground. */
export function drawSpot(
  context: CanvasRenderingContext2D,
  size: number,
  colours: Colours,
  { x, y, radius }: Spot,
  extent: number,
): void {
  const at = (value: number) => (0.5 + (0.5 * value) / extent) * size;
  for (const [colour, width] of [
    [colours.paper, 4],
    [colours.lower, 2],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    context.arc(at(x), at(-y), (0.5 * radius * size) / extent, 0, 2 * Math.PI);
    context.stroke();
  }
  context.lineWidth = 1;
}

function frame(context: CanvasRenderingContext2D, size: number, colours: Colours): void {
  context.strokeStyle = colours.faint;
  context.strokeRect(0.5, 0.5, size - 1, size - 1);
}

/** Ink, as opaque as it is dense. */
function picture(density: Float32Array, ink: string): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = CELLS;
  const context = canvas.getContext('2d')!;
  context.fillStyle = ink;
  context.fillRect(0, 0, CELLS, CELLS);
  const image = context.getImageData(0, 0, CELLS, CELLS);
  const peak = Math.max(peakOf(density), 1e-30);
  density.forEach((value, i) => {
    const row = CELLS - 1 - Math.floor(i / CELLS);
    image.data[4 * (row * CELLS + (i % CELLS)) + 3] = Math.round((255 * value) / peak);
  });
  context.putImageData(image, 0, 0);
  return canvas;
}

/** The largest value of a density. */
export function peakOf(density: Float32Array): number {
  return density.reduce((most, value) => Math.max(most, value), 0);
}
