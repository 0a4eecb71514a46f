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
