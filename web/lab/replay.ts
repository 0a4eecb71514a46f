import type { Walk } from '../../agents/lake.ts';
import type { LabMetrics } from './labPolicy.ts';
import stored from './replay.json' with { type: 'json' };
import type { Setting } from './setting.ts';

/** A policy at one moment of its training. */
export interface ReplayFrame {
  /** Updates until then. */
  readonly step: number;
  readonly metrics: LabMetrics;
  readonly walks: readonly Walk[];
  /** The density of the direction of the first step, as `LabDensity` has it. */
  readonly density: readonly number[];
}

/** The training of one policy. */
export interface ReplaySide {
  readonly policy: Setting['policies'][number];
  /** Updates in all. */
  readonly steps: number;
  readonly frames: readonly ReplayFrame[];
  /** What its last walks are worth where one bank is blocked, which it has not been told. */
  readonly blocked: Readonly<Record<'upper' | 'lower', LabMetrics>>;
}

/** What the lab opens with. `npm run site:replay` makes it with the lab's own training. */
export interface Replay {
  readonly seed: number;
  /** Walks that are cloned. */
  readonly demonstrations: number;
  /** Demonstrators of either bank: some of their walks, and where the first step of all of them goes. */
  readonly demonstrators: Readonly<
    Record<'upper' | 'lower', Pick<ReplayFrame, 'walks' | 'density'> & { readonly count: number }>
  >;
  /** Both policies, where half of the demonstrators are on each bank. */
  readonly divided: readonly ReplaySide[];
  /** And where all of them go by the upper one. */
  readonly agreed: readonly ReplaySide[];
}

export const replay = stored as unknown as Replay;
