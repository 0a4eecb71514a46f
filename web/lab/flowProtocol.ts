/** What the flow page asks of its worker. */
export type FlowRequest =
  | {
      readonly kind: 'train';
      readonly family: string;
      readonly target: string;
      readonly seed: number;
      readonly steps: number;
    }
  /** The target alone. */
  | { readonly kind: 'show'; readonly target: string; readonly seed: number }
  | { readonly kind: 'follow'; readonly x: number; readonly y: number };

/** Where points are behind each layer, noise first; each x₀, y₀, x₁, y₁, … */
type Stages = readonly Float32Array[];

/** What the worker says. */
export type FlowReply =
  | {
      readonly kind: 'target';
      readonly target: string;
      /** Draws of it: x₀, y₀, x₁, y₁, … */
      readonly points: Float32Array;
      /** Half-widths of what is seen behind each layer of the flow, noise first, the target's last. */
      readonly extents: readonly number[];
      /** Nats. */
      readonly entropy: number | null;
    }
  | {
      readonly kind: 'report';
      readonly step: number;
      readonly steps: number;
      /** Held-out negative log-likelihood, nats. */
      readonly value: number;
      /** The first {@link POINTS} are draws of the base, then come the lines of a grid, and the point that is followed. */
      readonly stages: Stages;
    }
  | { readonly kind: 'stages'; readonly stages: Stages }
  | { readonly kind: 'done'; readonly seconds: number }
  | { readonly kind: 'error'; readonly message: string };

/** Draws of the base that are shown. */
export const POINTS = 700;
/** The grid: lines both ways, each of so many points, over [−extent, extent]². */
export const GRID = { lines: 13, points: 37, extent: 3 } as const;
