import type { Mode } from 'oxbow';
import type { Walk, WalkMetrics } from '../../common/lake.ts';
import type { Setting } from './setting.ts';

/** How so many walks ended, and of a policy over headings KL(π ‖ π*) at the start, nats. */
export type LabMetrics = WalkMetrics & { readonly walks: number; readonly kl?: number };

/** What one half of the lab shows, wherever it comes from: a stored training, one of this page, demonstrators. */
export interface SideView {
  /** Whose walks they are. */
  readonly title: string;
  /** Beside it: how far its training is. */
  readonly note?: string;
  /** Whose colour its density has: a policy's, or a bank's. */
  readonly hue: string;
  readonly metrics: Pick<LabMetrics, 'drownRate' | 'homeRate' | 'upperShare' | 'kl'> | undefined;
  readonly walks: readonly Walk[];
  /** What the walks found blocked. */
  readonly blocked: Setting['blocked'];
  readonly density: (Pick<LabDensity, 'kind' | 'density' | 'truth'> & Partial<Pick<LabDensity, 'samples'>>) | undefined;
  readonly modes?: readonly Mode[] | undefined;
  /** Where the density is taken. */
  readonly probe: { readonly x: number; readonly y: number };
}

/** Which way a policy goes next from one place. */
export interface LabDensity {
  /** What an action is: a velocity, of which at most full speed is taken, or a heading. */
  readonly kind: 'velocity' | 'heading';
  /** The density of the direction of the step, per radian, at the middles of equal cells of the circle from −π on. */
  readonly density: readonly number[];
  /**
   * The soft optimum there, and how far the policy is from it, nats; null where nobody chooses: in the water and at home. Undefined
   * where none is known.
   */
  readonly truth?: { readonly density: readonly number[]; readonly kl: number } | null;
  /** How far the policy is from a Gaussian there, nats; undefined of headings, and where modes are not searched. */
  readonly negentropy?: number | undefined;
  /** Actions as the policy gives them: vx₀, vy₀, vx₁, … or headings, radians. */
  readonly samples: Float32Array;
}

/** The samples as the walker goes by them: a heading at full speed, a velocity at most at full speed. */
export function sampledVelocities({
  kind,
  samples,
}: Pick<LabDensity, 'kind' | 'samples'>): (readonly [vx: number, vy: number])[] {
  if (kind === 'heading') return Array.from(samples, (angle) => [Math.cos(angle), Math.sin(angle)]);
  return Array.from({ length: samples.length / 2 }, (_, i) => {
    const [vx, vy] = [samples[2 * i]!, samples[2 * i + 1]!];
    const speed = Math.max(1, Math.hypot(vx, vy));
    return [vx / speed, vy / speed];
  });
}

/** Samples that are drawn as arrows. */
export const SAMPLES = 24;

/** A policy's actions at a position, as they are drawn. */
export interface ActionView {
  density(x: number, y: number): LabDensity;
}

/** A number of nats, a dash where there is none. */
export function nats(value: number | null | undefined): string {
  if (value == null) return '–';
  const [size, isBelow] = [Math.abs(value).toFixed(3), value < -0.0005];
  return `${isBelow ? '−' : ''}${size} nats`;
}

/** A share in per cent, a dash where there is none. */
export function percent(share: number | null | undefined): string {
  return share == null ? '–' : `${(100 * share).toFixed(1)}\u00a0%`;
}
