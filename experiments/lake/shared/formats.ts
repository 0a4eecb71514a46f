/** Nats, to three digits. */
export const nats = (value: number): string => value.toFixed(3);
