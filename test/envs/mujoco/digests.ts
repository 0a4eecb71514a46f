import { createHash } from 'node:crypto';

/** Eight digits for each field that has numbers, by its name: where any bit is another, so are they. */
export function digests(fields: ReadonlyMap<string, readonly number[]>): Record<string, string> {
  const filled = [...fields].filter(([, numbers]) => numbers.length > 0);
  return Object.fromEntries(filled.map(([name, numbers]) => [name, digest(numbers)]));
}

function digest(numbers: readonly number[]): string {
  return createHash('sha256').update(Float64Array.from(numbers)).digest('hex').slice(0, 8);
}
