/** π(· | here) over velocities, on a square grid, row by row from the lowest vy. */
export interface VelocityDensity {
  readonly kind: 'velocity';
  readonly extent: number;
  readonly size: number;
  readonly density: Float32Array;
  /** vx₀, vy₀, vx₁, … */
  readonly samples: Float32Array;
}

/** π(· | here) over headings, at the middles of equal cells of the circle from −π on, per radian. */
export interface HeadingDensity {
  readonly kind: 'heading';
  readonly density: readonly number[];
  /** The soft optimum there, and how far the policy is from it, nats; null where nobody chooses: in the water and at home. */
  readonly truth: { readonly density: readonly number[]; readonly kl: number } | null;
  /** Headings, radians. */
  readonly samples: Float32Array;
}

export type LabDensity = VelocityDensity | HeadingDensity;

/** The samples as the walker goes by them: a heading at full speed, a velocity at most at full speed. */
export function sampledVelocities({ kind, samples }: LabDensity): (readonly [vx: number, vy: number])[] {
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
