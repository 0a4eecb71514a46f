/** Cells of the circle. */
const DIRECTIONS = 180;
/** Standard deviation of the kernel, radians: 3°. */
const BANDWIDTH = Math.PI / 60;

/**
 * The density of the direction of velocities, per radian, at the middles of {@link DIRECTIONS} equal cells from −π on: a mean of normal
 * kernels on the circle. A speed above full speed changes no direction, so that this is the law of what the walker does.
 * @param velocities vx₀, vy₀, vx₁, …; one that stands still counts for nothing
 */
export function directionDensity(velocities: ArrayLike<number>): number[] {
  const width = (2 * Math.PI) / DIRECTIONS;
  const counts = new Float64Array(DIRECTIONS);
  let moving = 0;
  for (let i = 0; i < velocities.length; i += 2) {
    const [vx, vy] = [velocities[i]!, velocities[i + 1]!];
    if (vx === 0 && vy === 0) continue;
    moving += 1;
    counts[Math.min(DIRECTIONS - 1, Math.floor((Math.atan2(vy, vx) + Math.PI) / width))]! += 1;
  }
  if (moving === 0) return [...counts];
  const reach = Math.ceil((4 * BANDWIDTH) / width);
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, k) =>
    Math.exp(-0.5 * (((k - reach) * width) / BANDWIDTH) ** 2),
  );
  const mass = width * moving * kernel.reduce((sum, weight) => sum + weight, 0);
  return Array.from(counts, (_, cell) =>
    kernel.reduce((sum, weight, k) => sum + (weight * counts[(cell + k - reach + DIRECTIONS) % DIRECTIONS]!) / mass, 0),
  );
}
