/** A seed for a stream that nobody seeded. */
export function unpredictableSeed(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('.');
}
