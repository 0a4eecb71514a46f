import { z } from 'zod';

/**
 * A setting that counts something.
 * @param unit of what is counted
 * @param most what memory holds with room to spare
 */
export function counted(usual: number, description: string, unit: string, most = 1_000_000) {
  return z.int().positive().max(most).default(usual).meta({ description, unit });
}

/** A setting that counts something that the caller describes. */
export const count = (most = 1_000_000) => z.int().positive().max(most);
