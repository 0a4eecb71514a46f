/** A share in per cent, a dash where there is none. */
export function percent(share: number | null | undefined): string {
  return share == null ? '–' : `${(100 * share).toFixed(1)}\u00a0%`;
}
