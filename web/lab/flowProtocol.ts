import type { FlowSetting } from './flowSetting.ts';

/** What the flow page asks of its worker, which serves one setting: first to show the flow untrained, then to train it. */
export type FlowRequest =
  | { readonly kind: 'show'; readonly setting: FlowSetting }
  | { readonly kind: 'train'; readonly steps: number }
  | { readonly kind: 'follow'; readonly x: number; readonly y: number };

/** A flow with its present weights. */
export interface FlowState {
  /**
   * Where points are behind each layer, noise first; each x₀, y₀, x₁, y₁, … The first {@link POINTS} are draws of the base, then come
   * the lines of a grid, and the point that is followed.
   */
  readonly stages: readonly Float32Array[];
  /** p at the middles of the cells of {@link CELLS}² over [−extent, extent]², row by row from the lowest y, per unit of area. */
  readonly density: Float32Array;
}

/** What is learned, without the flow. */
export interface FlowData {
  /** Draws of it: x₀, y₀, x₁, y₁, … */
  readonly points: Float32Array;
  /** Its own density, as {@link FlowState} has the flow's. */
  readonly density: Float32Array;
  /** Half-widths of what is seen behind each layer of the flow, noise first, the data's last. */
  readonly extents: readonly number[];
  /** Nats. */
  readonly entropy: number | null;
}

/** What the worker says. */
export type FlowReply =
  | ({ readonly kind: 'data' } & FlowData)
  | ({ readonly kind: 'state' } & FlowState)
  | {
      readonly kind: 'report';
      readonly step: number;
      /** Held-out negative log-likelihood, nats. */
      readonly value: number;
    }
  | { readonly kind: 'stages'; readonly stages: FlowState['stages'] }
  | { readonly kind: 'done'; readonly seconds: number }
  | { readonly kind: 'error'; readonly message: string };

/** Draws of the base that are shown, and of the data. */
export const POINTS = 700;
/** Cells along a side of a density. */
export const CELLS = 80;
/** The grid: lines both ways, each of so many points, over [−extent, extent]². */
export const GRID = { lines: 13, points: 37, extent: 3 } as const;
