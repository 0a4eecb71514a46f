/** The half-width of a square that holds the curves of densities. */
export function headingExtent(...densities: readonly (readonly number[])[]): number {
  return 1.05 * Math.sqrt(Math.max(...densities.flat()));
}
