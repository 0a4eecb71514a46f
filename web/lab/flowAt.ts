import type { Spot } from './flowDensityCanvas.ts';
import { CELLS, type FlowData, type FlowState, POINTS } from './flowProtocol.ts';

/** What is known of a place: densities per unit of area, and of {@link POINTS} points how many are in its circle. */
export interface FlowAt {
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
