import type { Colours } from './canvas.ts';
import { CELLS, type FlowData, type FlowState, GRID, POINTS } from './flowSetting.ts';

/** What is drawn of a flow between two of its layers. */
interface FlowScene {
  /** Where points are behind each layer, noise first. */
  readonly stages: readonly Float32Array[];
  /** 0: the noise; the number of layers: the samples. */
  readonly position: number;
  readonly grid: boolean;
  readonly quadrants: readonly string[];
  /** Half-widths of what is seen behind each layer. */
  readonly extents: readonly number[];
}

/** Points that move through the layers, coloured by the quadrant of the noise that they come from, over the warped grid. */
export function drawFlow(context: CanvasRenderingContext2D, size: number, colours: Colours, scene: FlowScene): void {
  const { stages, extents, position, grid, quadrants } = scene;
  context.clearRect(0, 0, size, size);
  frame(context, size, colours);
  if (stages.length === 0) return;
  const before = Math.min(stages.length - 1, Math.floor(position));
  const after = Math.min(stages.length - 1, before + 1);
  const part = position - before;
  const between = (from: number, to: number) => from + part * (to - from);
  const [a, b] = [stages[before]!, stages[after]!];
  const extent = between(extents[before]!, extents[after]!);
  const at = (i: number, sign: 1 | -1) => (0.5 + (0.5 * sign * between(a[i]!, b[i]!)) / extent) * size;
  if (grid) {
    context.globalAlpha = 0.55;
    context.beginPath();
    for (let line = 0; line < 2 * GRID.lines; line++) {
      for (let i = 0; i < GRID.points; i++) {
        const row = 2 * (POINTS + line * GRID.points + i);
        if (i === 0) context.moveTo(at(row, 1), at(row + 1, -1));
        else context.lineTo(at(row, 1), at(row + 1, -1));
      }
    }
    context.stroke();
  }
  context.globalAlpha = 0.75;
  const noise = stages[0]!;
  for (let i = 0; i < POINTS; i++) {
    context.fillStyle = quadrants[(noise[2 * i]! < 0 ? 1 : 0) + (noise[2 * i + 1]! < 0 ? 2 : 0)]!;
    context.fillRect(at(2 * i, 1) - 1.4, at(2 * i + 1, -1) - 1.4, 2.8, 2.8);
  }
  context.globalAlpha = 1;
  const followed = a.length - 2;
  context.beginPath();
  context.arc(at(followed, 1), at(followed + 1, -1), 7, 0, 2 * Math.PI);
  context.fillStyle = colours.paper;
  context.fill();
  context.lineWidth = 2.5;
  context.strokeStyle = colours.ink;
  context.stroke();
  context.lineWidth = 1;
}

/** A place that is looked at, with the circle about it in which points are counted. */
interface Spot {
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

/** What is known of a place: densities per unit of area, and of {@link POINTS} points how many are in its circle. */
interface FlowAt {
  readonly flow: {
    readonly density: number;
    readonly points: number;
    /** How many the density expects. */
    readonly expected: number;
  };
  readonly data: { readonly density: number; readonly points: number };
}

/** The middle of the nearest cell, for which densities are exact. */
export function cellAt(x: number, y: number, extent: number): { readonly x: number; readonly y: number } {
  const nearest = (value: number) => {
    const cell = Math.min(CELLS - 1, Math.max(0, Math.floor(((value + extent) / (2 * extent)) * CELLS)));
    return -extent + ((cell + 0.5) * 2 * extent) / CELLS;
  };
  return { x: nearest(x), y: nearest(y) };
}

/** @param spot at the middle of a cell */
export function flowAt(spot: Spot, data: FlowData, state: FlowState): FlowAt {
  const extent = data.extents.at(-1)!;
  const at = cellOf(spot, extent);
  return {
    flow: {
      density: state.density[at]!,
      points: pointsWithin(spot, state.stages.at(-1)!),
      expected: POINTS * massWithin(spot, state.density, extent),
    },
    data: { density: data.density[at]!, points: pointsWithin(spot, data.points) },
  };
}

function cellOf({ x, y }: Spot, extent: number): number {
  const cell = (value: number) => Math.round(((value + extent) / (2 * extent)) * CELLS - 0.5);
  return CELLS * cell(y) + cell(x);
}

function pointsWithin({ x, y, radius }: Spot, points: Float32Array): number {
  let count = 0;
  for (let i = 0; i < POINTS; i++) if (Math.hypot(points[2 * i]! - x, points[2 * i + 1]! - y) <= radius) count++;
  return count;
}

/** Points along a side of a cell, by which the share of it that lies in the circle is found. */
const WITHIN = 5;

/** ∫ p over the circle, with p as it is at the middles of the cells. */
function massWithin({ x, y, radius }: Spot, density: Float32Array, extent: number): number {
  const width = (2 * extent) / (CELLS * WITHIN);
  const at = (i: number) => -extent + (i + 0.5) * width;
  const first = (middle: number) => Math.max(0, Math.floor((middle - radius + extent) / width));
  const last = (middle: number) => Math.min(CELLS * WITHIN - 1, Math.ceil((middle + radius + extent) / width));
  let sum = 0;
  for (let row = first(y); row <= last(y); row++) {
    for (let column = first(x); column <= last(x); column++) {
      if (Math.hypot(at(column) - x, at(row) - y) > radius) continue;
      sum += density[CELLS * Math.floor(row / WITHIN) + Math.floor(column / WITHIN)]!;
    }
  }
  return sum * width * width;
}
