import type { Point } from '../../../envs/lake/lakeMap.ts';

/**
 * A density over headings, at the middles of equal cells from −π on, as a closed curve about the state: the further from it, the denser,
 * on a square-root scale, so that areas are masses.
 */
export function headingCurve(density: readonly number[]): Point[] {
  return Array.from({ length: density.length + 1 }, (_, i) => {
    const angle = ((i + 0.5) / density.length) * 2 * Math.PI - Math.PI;
    const radius = Math.sqrt(density[i % density.length]!);
    return { x: radius * Math.cos(angle), y: radius * Math.sin(angle) };
  });
}

/** The half-width of a square that holds the curves of densities. */
export function headingExtent(...densities: readonly (readonly number[])[]): number {
  return 1.05 * Math.sqrt(Math.max(...densities.flat()));
}
