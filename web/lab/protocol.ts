import type { Mode, StateDict } from 'oxbow';
import type { Walk } from '../../common/lake.ts';
import type { Setting } from './setting.ts';
import type { LabDensity, LabMetrics } from './sideView.ts';
import type { Stroke } from './strokes.ts';

/** What the page asks of the worker that trains one policy. */
export type Request =
  | {
      readonly kind: 'train';
      readonly setting: Setting;
      readonly policy: Setting['policies'][number];
      /** Ways to clone in place of those of scripted demonstrators. */
      readonly strokes?: readonly Stroke[];
    }
  /** What was trained before the page was loaded anew. */
  | { readonly kind: 'restore'; readonly setting: Setting; readonly kept: KeptPolicy }
  /** All that a training has left. */
  | { readonly kind: 'keep' }
  | { readonly kind: 'load'; readonly name: string; readonly json: string; readonly setting: Setting }
  | {
      readonly kind: 'probe';
      readonly x: number;
      readonly y: number;
      readonly snapshot?: number;
      readonly modes: boolean;
    }
  | { readonly kind: 'walk'; readonly blocked: Setting['blocked']; readonly snapshot?: number }
  | { readonly kind: 'file'; readonly format: 'onnx' | 'json'; readonly snapshot?: number };

/** What a worker gives of a policy that has learned: it, and its weights at each report. */
export interface KeptPolicy {
  readonly json: string;
  readonly snapshots: readonly StateDict[];
}

/** Bytes of weights that are kept of a side; what has more is done again after a reload. */
export const MOST_BYTES = 16_000_000;

/** Walks with the present weights, or those of a snapshot. */
export interface Walked {
  readonly metrics: LabMetrics;
  readonly walks: readonly Walk[];
  /** What they found blocked. */
  readonly blocked: Setting['blocked'];
}

/** How far a training is. */
export interface Report extends Walked {
  readonly step: number;
  readonly steps: number;
  /** What the learning curve shows: the held-out loss, the return, or KL(π ‖ π*) at the start. */
  readonly value: number | null;
  readonly snapshot: number;
  /** How many tensors the worker holds. */
  readonly tensors: number;
}

/** What the worker says. */
export type Reply =
  | { readonly kind: 'ready'; readonly engine: string }
  | ({ readonly kind: 'report' } & Report)
  /** Which policy a file holds. */
  | { readonly kind: 'loaded'; readonly policy: string; readonly env: Setting['env'] }
  | { readonly kind: 'done'; readonly metrics: LabMetrics; readonly seconds: number }
  | ({ readonly kind: 'walks' } & Walked)
  | { readonly kind: 'density'; readonly density: LabDensity; readonly modes?: readonly Mode[] }
  | { readonly kind: 'file'; readonly name: string; readonly bytes: Uint8Array }
  | { readonly kind: 'restored' }
  /** Undefined where it is too much to keep. */
  | { readonly kind: 'kept'; readonly kept: KeptPolicy | undefined }
  | { readonly kind: 'error'; readonly message: string };
