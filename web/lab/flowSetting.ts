import { hashOf, LARGEST_SEED, readHash } from './hash.ts';

/** What the flow page can be asked for, in words. The page does not load the flows and the data: its worker does. */
export const flowChoices = {
  target: {
    'two-moons': 'two moons',
    '8-gaussians': '8 Gaussians',
    checkerboard: 'checkerboard',
    rings: 'rings',
    pinwheel: 'pinwheel',
    banana: 'the tutorial’s banana',
  },
  family: {
    spline: 'neural spline',
    realnvp: 'RealNVP',
    maf: 'masked autoregressive',
    glow: 'Glow',
    mlp: 'the tutorial’s MLP flow',
    nice: 'NICE',
  },
} as const;

export type FlowFamily = keyof typeof flowChoices.family;

/** How many layers a family has unless one says so. */
export const USUAL_LAYERS: Readonly<Record<FlowFamily, number>> = {
  spline: 4,
  realnvp: 4,
  maf: 4,
  glow: 4,
  mlp: 6,
  nice: 4,
};
/** The least and the most that can be asked for. */
export const FLOW_LIMITS = { layers: [1, 12], steps: [100, 20_000], seed: [0, LARGEST_SEED] } as const;

/** What is learned, by what, for how long. */
export interface FlowSetting {
  readonly target: keyof typeof flowChoices.target;
  readonly family: FlowFamily;
  readonly layers: number;
  readonly steps: number;
  readonly seed: number;
}

export const usualFlowSetting: FlowSetting = { target: 'two-moons', family: 'spline', layers: 4, steps: 2000, seed: 0 };

/** The part of a URL behind `#` that stands for a setting: what differs from the usual one, layers from those of its family. */
export function flowToHash(setting: FlowSetting): string {
  return hashOf(setting, { ...usualFlowSetting, layers: USUAL_LAYERS[setting.family] });
}

/** The setting of such a part; what it does not name, or names wrongly, is as usual. */
export function flowFromHash(hash: string): FlowSetting {
  const { choice, number } = readHash(hash);
  const family = choice('family', flowChoices.family, usualFlowSetting.family);
  return {
    target: choice('target', flowChoices.target, usualFlowSetting.target),
    family,
    layers: number('layers', FLOW_LIMITS.layers, USUAL_LAYERS[family]),
    steps: number('steps', FLOW_LIMITS.steps, usualFlowSetting.steps),
    seed: number('seed', FLOW_LIMITS.seed, usualFlowSetting.seed),
  };
}

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
