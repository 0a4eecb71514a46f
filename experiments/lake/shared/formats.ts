/** Nats, to three digits. */
export const nats = (value: number): string => value.toFixed(3);

/** A share in per cent, with a space that does not break. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)}\u00a0%`;

/** How a column of a table has shares: per cent, which its head says. */
export const shareColumn = { format: (value: number) => (100 * value).toFixed(1), unit: '%' } as const;
